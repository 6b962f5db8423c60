"""Whether a drain may be, and what it and its end will move. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keepalived.observed.cluster import ClusterState
from keepalived.plan.election import Election, drain_change, observed, restore_change
from keepalived.plan.notified import movers, notified_in_words
from keepalived.spec.cluster import Cluster

MOST_WITHOUT_A_LOOK = 2.0  # seconds


def drain_refusal(state: ClusterState, targets: Collection[str]) -> str | None:
    """Why the `targets` may not all be drained: no node would be left to serve an address. None when they may.

    Targets that are drained already change nothing and are no reason to refuse.
    """
    if all((node := state.nodes[name]) and node.drained for name in targets):
        return None
    return nobody_left(state, targets)


def nobody_left(state: ClusterState, targets: Collection[str]) -> str | None:
    """Which addresses no node beside the `targets` could serve, and why none of them; None: there is one for each."""
    return left_alone(observed(state), targets)


def left_alone(election: Election, targets: Collection[str]) -> str | None:
    """The same, asked of an election."""
    for instance, addresses in election.addresses.items():
        if not set(election.can_serve(instance)) <= set(targets):
            continue
        if targets and not election.candidates[instance].keys() & set(targets):
            continue  # none of them takes part in it: their drain makes it neither better nor worse
        reasons = []
        for name in election.nodes:
            unread_or_drained = name in election.unread or election.is_drained(name)
            leaves = name in targets and name in election.candidates[instance] and not unread_or_drained
            reasons.append(f"{name} is to be drained" if leaves else str(election.why_not(instance, name)))
        return f"no node would be left to serve {', '.join(addresses)}: {', '.join(reasons)}"
    return None


def expected_moves(state: ClusterState, drained: Mapping[str, bool]) -> list[str]:
    """`10.10.0.2 goes from server01 to server02`, for every address that moves when the flags are as in `drained`."""
    return moves_in(state.cluster, observed(state), drained)


def moves_in(cluster: Cluster, election: Election, drained: Mapping[str, bool]) -> list[str]:
    """The same, asked of an election."""
    after = _after(cluster, election, drained)
    return [
        f"{address} goes from {' and '.join(before) or 'no node'} to {new}"
        for instance, addresses in election.addresses.items()
        for address in addresses
        if (new := after.winner(instance))
        and (before := election.holders(address)) != [new]
        and (before or not election.unread)
    ]


def soonest_move(state: ClusterState, node: str, *, back: bool) -> float:
    """The seconds in which no address can move yet, once `node` is drained, or with `back` in service again.

    0 where none is to move, where nobody holds it now, and with `nopreempt`, where somebody must act first. The daemons
    may run with other intervals than the cluster file's: it is MOST_WITHOUT_A_LOOK at most.
    """
    cluster, now = state.cluster, observed(state)
    after = _after(cluster, now, {node: not back})
    moving = [
        instance
        for instance, addresses in now.addresses.items()
        if (holders := {*now.holders(addresses[0])}) and after.winner(instance) not in holders
    ]
    if any(cluster.instances[instance].nopreempt for instance in cluster.instances):
        return 0
    return min([MOST_WITHOUT_A_LOOK, *map(cluster.soonest_takeover_seconds, moving)]) if moving else 0


def _after(cluster: Cluster, election: Election, drained: Mapping[str, bool]) -> Election:
    return election.after(*((drain_change if out else restore_change)(cluster, name) for name, out in drained.items()))


def notified(state: ClusterState, drained: Mapping[str, bool]) -> list[str]:
    """Who runs notify commands or sends mail when the flags are as in `drained`, in words."""
    before = observed(state)
    return notified_in_words(state.cluster, movers(before, _after(state.cluster, before, drained)))


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
    if drained and done and (moving := expected_moves(state, dict.fromkeys(done, True))):
        words.append(f"{state.cluster.name}: {', '.join(done)} is drained already, and {', '.join(moving)}")
    elif done:
        words.append(f"{state.cluster.name}: {', '.join(done)} {'is' if len(done) == 1 else 'are'} {already} already")
    if due:
        moving = expected_moves(state, dict.fromkeys(due, drained))
        after = _after(state.cluster, observed(state), dict.fromkeys(due, drained))
        why = " (nopreempt)" if any(after.keeps(instance) for instance in after.candidates) else ""
        follows = ", ".join(moving) or f"nothing moves: {state.who_holds()}{why}"
        words.append(f"{state.cluster.name}: {verb} {', '.join(due)}; {follows}")
        words += notified(state, dict.fromkeys(due, drained))
    return words
