"""The order in which the nodes of a cluster are changed. Pure.

The rule behind it: while a node that can serve exists, the address has a holder, and a change does not take it from one
before another has it. Nodes that hold nothing come first, the lowest priority first; holders come last and hand over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.election import Election, observed
from keepalived.plan.rollout.due import Work, due, incompatible
from keepalived.plan.rollout.outcome import changed, turned
from keepalived.plan.rollout.refusals import (
    refuse_alone,
    refuse_foreign,
    refuse_left_behind,
    refuse_renamed,
    refuse_several_holders,
    refuse_stranger,
    refuse_under_way,
    refuse_unknown,
)
from keepalived.plan.rollout.words import replaced_in_words, rollout_in_words


@dataclass(frozen=True)
class RolloutPlan:
    """What is to be done to one cluster: `batches` of nodes, one batch after the other, and the same in words."""

    batches: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]


def plan_rollout(
    state: ClusterState,
    texts: Mapping[str, str],
    targets: Collection[str],
    *,
    adopt: bool = False,
    resume: bool = False,
    force: bool = False,
) -> RolloutPlan:
    """The rollout of `texts` (by node) to the `targets`. Raises Refused."""
    nodes = {name: node for name, node in state.nodes.items() if node is not None}
    work = {name: what for name in targets if (what := due(state.cluster, nodes[name], texts[name]))}
    refuse_stranger(state)
    if not resume:
        refuse_under_way(state)
    if not adopt:
        refuse_foreign(state, texts, work)
    if not force:
        refuse_unknown(state, texts, work)
        refuse_renamed(state, texts, work)
    parting = _parting(nodes, work, texts)
    if parting and not force:
        refuse_left_behind(state, texts, targets, parting)
        refuse_several_holders(state, work, parting)
        refuse_alone(state, texts, work, parting)
    batches = _apart(state, work) if parting else _one_by_one(state, work)
    replaced = [name for name in _ascending(state, work) if work[name] == "replace"]
    batches = [batch for batch in [replaced, *batches] if batch]
    return RolloutPlan(
        tuple(tuple(batch) for batch in batches),
        (*rollout_in_words(state, texts, work, batches, parting), *replaced_in_words(state, texts, work)),
    )


def _parting(nodes: Mapping[str, NodeState], work: Mapping[str, Work], texts: Mapping[str, str]) -> set[str]:
    """The instances whose advert settings change, so that nodes before and after the change ignore each other."""
    return {
        instance
        for name, what in work.items()
        if what in ("restart", "reload")
        for instance in incompatible(nodes[name], texts[name])
    }


def _ascending(state: ClusterState, work: Mapping[str, Work]) -> list[str]:
    return sorted(work, key=state.cluster.preference)


def _groups(state: ClusterState, work: Mapping[str, Work]) -> tuple[list[str], list[str], list[str]]:
    """The nodes that are started, the best first; those that run and hold nothing, and the holders, the best last."""
    running = [name for name in _ascending(state, work) if work[name] not in ("start", "replace")]
    starting = [name for name in reversed(_ascending(state, work)) if work[name] == "start"]
    holders = [name for name in running if (node := state.nodes[name]) and node.holds]
    return starting, [name for name in running if name not in holders], holders


def _one_by_one(state: ClusterState, work: Mapping[str, Work]) -> list[list[str]]:
    starting, idle, holders = _groups(state, work)
    new = [starting[:1], starting[1:]]  # the best one first: the others find their master
    old = [[name] for name in idle + holders]
    # A new node that is nobody's unicast peer yet receives no adverts, and would hold the addresses a second time.
    unicast = any(instance.unicast for instance in state.cluster.instances.values())
    return [*_least_moves(state, work, old), *new] if unicast else _least_moves(state, work, [*new, *old])


def _least_moves(state: ClusterState, work: Mapping[str, Work], batches: Sequence[list[str]]) -> list[list[str]]:
    """The batches in this order, but for one after which an address would move: it waits for those that let it stay.

    Where priorities rise, a node that holds nothing would outrank the holder of before: the holder goes first.
    """
    left, ordered, now = [batch for batch in batches if batch], [], observed(state)
    while left:
        after = [now.after(*(changed(state, name, work[name]) for name in batch)) for batch in left]
        moves = [_moves(now, then) for then in after]
        chosen = moves.index(False) if False in moves else 0
        ordered.append(left.pop(chosen))
        now = turned(now, state, {name: work[name] for name in ordered[-1]})
    return ordered


def _moves(before: Election, after: Election) -> bool:
    """Whether an instance that had a holder has another one."""

    def holder(election: Election, instance: str) -> set[str]:
        return {name for name, candidate in election.candidates[instance].items() if candidate.holds}

    return any(
        holder(before, instance) and holder(before, instance) != holder(after, instance)
        for instance in before.candidates
    )


def _apart(state: ClusterState, work: Mapping[str, Work]) -> list[list[str]]:
    """The batches where nodes before and after the change ignore each other's adverts."""
    starting, idle, holders = _groups(state, work)
    if all(work[name] == "reload" for name in idle + holders):
        return [idle + holders, starting]

    def strength(name: str) -> tuple[bool, int]:
        node = state.nodes[name]
        return not (node and node.drained), state.cluster.preference(name)

    # Started together, two of nearly the same priority may both take the addresses for a moment: the best goes first.
    # The holder drops them as soon as it holds them, and no backup is left with the old advert settings.
    able = sorted(idle + starting, key=strength, reverse=True)
    return [able[:1], able[1:] + holders[:1], *([name] for name in holders[1:])]
