"""The plan of a rollout in words: what is done to each node, who takes over from it, and who holds in the end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.election import Election, observed
from keepalived.plan.notified import notified_in_words
from keepalived.plan.rollout.due import Work, reload_carries
from keepalived.plan.rollout.outcome import outcome, taker_from, turned
from keepalived.plan.rollout.refusals import lost_in_words

WORK_WORDS: dict[Work, str] = {
    "start": "start keepalived",
    "restart": "restart keepalived",
    "reload": "reload keepalived",
    "restore": "put it back in service (an earlier deploy ended before it could)",
    "replace": "replace the file, which differs in comments only",
}


def successors(state: ClusterState, name: str) -> list[str] | None:
    """The nodes that take over what `name` holds when it is drained; None when a part would be left with nobody."""
    takers = list(_takers(observed(state), name).values())
    return None if None in takers else list(dict.fromkeys(map(str, takers))) or None


def _takers(election: Election, name: str) -> dict[str, str | None]:
    """Who takes over each instance that `name` holds, or any at all: of the others that can serve, the winner."""
    held = [instance for instance in election.candidates if election.held(instance, name)] or [
        instance for instance, candidates in election.candidates.items() if name in candidates
    ]
    return {instance: taker_from(election, instance, name) for instance in held}


def rollout_in_words(
    state: ClusterState,
    texts: Mapping[str, str],
    work: Mapping[str, Work],
    batches: Collection[Collection[str]],
    parting: Collection[str],
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
    now, told = observed(state), {instance: list[str]() for instance in cluster.instances}
    for number, batch in enumerate(batches, 1):
        for name in batch:
            node, hand, done = state.nodes[name], "", WORK_WORDS[work[name]]
            if node and now.holds(name) and work[name] == "restart" and not parting:
                stays = _not_handed_over(now, node, name)
                hand = f"{stays}: " if stays else _hand_over(now, name)
                if stays and reload_carries(node, texts[name]):
                    done = WORK_WORDS["reload"]  # as operations/change.py does then
            words.append(f"  {number}. {name}: {hand}{done}")
            for instance, nodes in told.items():
                if name in now.candidates[instance] and work[name] in ("start", "restart", "restore"):
                    taker = _takers(now, name).get(instance) if hand else None
                    nodes += [name, *([taker] if taker else [])]
        now = turned(now, state, {name: work[name] for name in batch})
    after = outcome(state, work, batches)
    for instance in cluster.instances:
        winner = after.winner(instance)
        for address in cluster.held(instance):
            if winner and state.holders(address) != [winner]:
                where = "" if address == instance else f" ({instance})"
                words.append(f"  afterwards {address}{where} is on {winner}")
    words += notified_in_words(cluster, told)
    return words


def replaced_in_words(state: ClusterState, texts: Mapping[str, str], work: Collection[str]) -> list[str]:
    """A line for each keepalived.conf that somebody else wrote or changed, and that is replaced."""
    words = []
    for name in work:
        node = state.nodes[name]
        if node and node.configuration.origin in ("edited", "foreign"):
            who = "somebody else wrote" if node.configuration.origin == "foreign" else "somebody has changed"
            lost = lost_in_words(node, texts[name])
            words.append(f"  {name}: {who} its keepalived.conf; a copy is kept. Lost with it: {lost}")
    return words


def _not_handed_over(now: Election, node: NodeState, name: str) -> str | None:
    """Why a holder cannot hand over before its restart; None: it can. `now`: the election when it is its turn."""
    if None in _takers(now, name).values():
        return "no other node can take over"
    if node.running_flag is None:
        return "its daemon looks at no flag that this repository knows, so it cannot hand over"
    return None


def _hand_over(now: Election, name: str) -> str:
    """What a holder does before its restart. `now`: the election when it is its turn."""
    held, gets = now.holds(name), dict[str | None, list[str]]()
    for instance, taker in _takers(now, name).items():
        gets.setdefault(taker, []).extend(address for address in now.addresses[instance] if address in held)
    handed = [f"{', '.join(addresses)} to {taker}" for taker, addresses in gets.items()]
    return f"hand {', '.join(handed)}, "
