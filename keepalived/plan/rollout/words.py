"""The plan of a rollout in words: what is done to each node, who takes over from it, and who holds in the end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import VrrpState
from keepalived.plan.election import Change, Election, drain, observed, restore
from keepalived.plan.rollout.due import Work

WORDS: dict[Work, str] = {
    "start": "start keepalived",
    "restart": "restart keepalived",
    "reload": "reload keepalived",
    "restore": "put it back in service (an earlier deploy ended before it could)",
    "replace": "replace the file, which differs in comments only",
}


def successor(state: ClusterState, name: str) -> str | None:
    """Who takes over what `name` holds when it is drained; None when a part of it would be left with nobody."""
    takers = _takers(observed(state), name).values()
    return None if None in takers else " and ".join(dict.fromkeys(map(str, takers))) or None


def _takers(election: Election, name: str) -> dict[str, str | None]:
    """Who takes over each instance that `name` holds, or any at all: of the others that can serve, the winner."""
    held = [
        instance for instance, candidates in election.candidates.items() if candidates[name].holds
    ] or election.candidates
    return {
        instance: election.winner(instance, [other for other in election.can_serve(instance) if other != name])
        for instance in held
    }


def in_words(
    state: ClusterState, work: Mapping[str, Work], batches: Collection[Collection[str]], parting: Collection[str]
) -> list[str]:
    """A line for each node, in order. `parting`: the instances whose advert settings change."""
    cluster = state.cluster
    if not batches:
        return []
    words = [f"{cluster.name}: {len(work)} of {len(cluster.nodes)} nodes to change; {state.who_holds()}"]
    if parting:
        words.append(
            f"  the new advert settings of {', '.join(sorted(parting))} are incompatible with the old: a node that "
            "holds nothing takes the addresses as well, then their holder drops them"
        )
    now = observed(state)
    for number, batch in enumerate(batches, 1):
        for name in batch:
            hand = _hand_over(now, state, name) if work[name] == "restart" and not parting else ""
            words.append(f"  {number}. {name}: {hand}{WORDS[work[name]]}")
        now = now.after(*(_changed(state, name, work[name]) for name in batch if work[name] != "replace"))
    after = outcome(state, work)
    for instance, settings in cluster.instances.items():
        winner = after.winner(instance)
        for address in settings.addresses:
            if winner and state.holders(address) != [winner]:
                words.append(f"  afterwards {address} ({instance}) is on {winner}")
    return words


def _hand_over(now: Election, state: ClusterState, name: str) -> str:
    """What a holder does before its restart. `now`: the election when it is its turn."""
    node, held = state.nodes[name], now.holds(name)
    if node is None or not held:
        return ""
    takers = _takers(now, name)
    if None in takers.values():
        return "no other node can take over: "
    if node.running_flag is None:
        return "its daemon looks at no flag that this repository knows, so it cannot hand over: "
    gets: dict[str | None, list[str]] = {}
    for instance, taker in takers.items():
        gets.setdefault(taker, []).extend(address for address in now.addresses[instance] if address in held)
    handed = [f"{', '.join(addresses)} to {taker}" for taker, addresses in gets.items()]
    return f"hand {', '.join(handed)}, "


def outcome(state: ClusterState, work: Mapping[str, Work]) -> Election:
    """The election once all `work` is done: new priorities where nodes change, flags as they are but for a deploy's."""
    return observed(state).after(*(_changed(state, name, what) for name, what in work.items() if what != "replace"))


def _changed(state: ClusterState, name: str, what: Work) -> Change:
    node = state.nodes[name]
    flag = node.draining_flag if node else None  # a deploy carries one at an old path over to the new one
    drained = flag is not None and flag.run != "deploy"
    change = (drain if drained else restore)(state.cluster, name)
    states: dict[str, VrrpState] = {
        instance: "BACKUP"
        for instance in state.cluster.instances
        if what == "start" or state.said(name, instance) is None  # the instance is new on this node
    }
    return replace(change, states=states)
