"""Turns of several clusters side by side. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import zip_longest


def side_by_side(clusters: Iterable[Iterable[Collection[str]]]) -> tuple[frozenset[str], ...]:
    """The batches of hosts of a run: the first of each cluster together, then the second of each, and so on."""
    return tuple(frozenset().union(*batch) for batch in zip_longest(*clusters, fillvalue=frozenset[str]()))


def in_turn(
    orders: Mapping[str, Collection[str]], swarm_of: Mapping[str, str | None], led: Collection[str]
) -> tuple[frozenset[str], ...]:
    """The batches of a maintenance run: one host of each cluster. `orders` has the hosts of each cluster in order.

    Clusters of one swarm (`swarm_of` has its id) take turns: two managers away at once could cost it the quorum.
    Clusters that are `led` by one of their nodes come last.
    """
    chains: dict[str, list[frozenset[str]]] = {}
    for cluster, hosts in sorted(orders.items(), key=lambda order: order[0] in led):
        chains.setdefault(swarm_of.get(cluster) or cluster, []).extend(frozenset({host}) for host in hosts)
    return side_by_side(chains.values())
