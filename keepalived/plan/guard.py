"""Whether a drain may be, and what it and its end will move. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keepalived.observed.cluster import ClusterState


def refusal(state: ClusterState, targets: Collection[str]) -> str | None:
    """Why the `targets` may not all be drained: no node would be left to serve an address. None when they may.

    Targets that are drained already change nothing and are no reason to refuse.
    """
    if all((node := state.nodes[name]) and node.drained for name in targets):
        return None
    return nobody_left(state, targets)


def nobody_left(state: ClusterState, targets: Collection[str]) -> str | None:
    """Which addresses no node beside the `targets` could serve, and why none of them; None: there is one for each."""
    for instance, settings in state.cluster.instances.items():
        reasons = []
        for name in state.nodes:
            node = state.nodes[name]
            if name in targets and node and not node.drained:
                reasons.append(f"{name} is to be drained")
            elif why := state.unable(name, instance):
                reasons.append(why)
            else:
                break
        else:
            return f"no node would be left to serve {', '.join(settings.addresses)}: {', '.join(reasons)}"
    return None


def expected_moves(state: ClusterState, drained: Mapping[str, bool]) -> list[str]:
    """`10.10.0.2 goes from server01 to server02`, for every address that moves when the flags are as in `drained`."""
    moves = []
    for instance, settings in state.cluster.instances.items():
        priorities = {name: said.effective_priority for name, said in state.speaking(instance).items()}
        for name in priorities.keys() & drained.keys():
            priorities[name] = state.cluster.effective_priority(name, drained=drained[name])
        best = max(priorities, key=priorities.__getitem__, default=None)
        for address in settings.addresses:
            holders = state.holders(address)
            if best and holders != [best] and (holders or not state.unread()):
                moves.append(f"{address} goes from {' and '.join(holders) or 'no node'} to {best}")
    return moves


def drain_plan(state: ClusterState, targets: Collection[str]) -> list[str]:
    """What a drain of the `targets` will do, in words."""
    return _plan(state, targets, drained=True)


def restore_plan(state: ClusterState, targets: Collection[str]) -> list[str]:
    """What putting the `targets` back in service will do, in words."""
    return _plan(state, targets, drained=False)


def _plan(state: ClusterState, targets: Collection[str], *, drained: bool) -> list[str]:
    verb, already = ("drain", "drained") if drained else ("restore", "in service")
    done = [name for name in targets if (node := state.nodes[name]) and node.drained == drained]
    due = [name for name in targets if name not in done]
    words = []
    if done:
        words.append(f"{state.cluster.name}: {', '.join(done)} {'is' if len(done) == 1 else 'are'} {already} already")
    if due:
        moves = expected_moves(state, dict.fromkeys(due, drained))
        follows = ", ".join(moves) or f"nothing moves: {state.who_holds()}"
        words.append(f"{state.cluster.name}: {verb} {', '.join(due)}; {follows}")
    return words
