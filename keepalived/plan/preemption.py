"""Which nodes must run without `nopreempt` for a moment, so that a drained node gives its addresses up. Pure.

keepalived with `nopreempt` accepts the adverts of any holder, a drained one too: no priority moves an address then.
"""

from __future__ import annotations

from collections.abc import Collection

from keepalived.observed.cluster import ClusterState
from keepalived.plan.election import Election, observed


def held_back(state: ClusterState, leaving: Collection[str] = (), holder: str | None = None) -> dict[str, list[str]]:
    """By node the instances that it is to take over from a drained holder, and does not for its `nopreempt`.

    `leaving`: the nodes that are about to be drained as well: they take over only where there is no other. `holder`:
    only those that take over from this one; with all that they are to take over, since others may see to that now.
    """
    election = observed(state)
    found: dict[str, list[str]] = {}
    meant = set()
    for instance, candidates in election.candidates.items():
        taker = taker_of(election, instance, leaving)
        if taker is not None and not candidates[taker].preempts:
            found.setdefault(taker, []).append(instance)
            meant |= {taker} if holder is None or election.held(instance, holder) else set()
    return {taker: instances for taker, instances in found.items() if taker in meant}


def taker_of(election: Election, instance: str, leaving: Collection[str] = ()) -> str | None:
    """The node that is to take `instance` over from a drained holder; None: there is no drained holder, or no other."""
    keeper = election.keeper(instance)
    if keeper is None or not election.candidates[instance][keeper].drained:
        return None
    able = election.can_take_over(instance)
    return election.would_win(instance, [name for name in able if name not in leaving] or able)
