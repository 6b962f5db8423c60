"""The planning that reboot and upgrade share: the order of each cluster's nodes, with the swarm's leader last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyinfra import logger

from keepalived.cli.errors import NothingDone
from keepalived.facts import Swarm
from keepalived.observed.cluster import ClusterState
from keepalived.observed.swarm import SwarmState
from keepalived.operations.connections import tell_kept_each
from keepalived.operations.swarm import ASK_SECONDS
from keepalived.plan import maintenance
from keepalived.plan.batches import in_turn
from keepalived.plan.connections.moves import moves_of_drain
from keepalived.plan.maintenance import TurnPart
from keepalived.plan.swarm import cluster_id, leader_of, leave_refusal
from keepalived.run.hands import aligned
from keepalived.run.look import ask_nodes, hosts_of
from keepalived.spec.flag import RunKind


@dataclass
class Turns:
    """The hosts of each cluster in the order of their turns, while the plan is made."""

    orders: dict[str, list[str]] = field(default_factory=dict)
    swarm_of: dict[str, str | None] = field(default_factory=dict)
    led: set[str] = field(default_factory=set)

    def batches(self) -> tuple[frozenset[str], ...]:
        """The batches of hosts, one host of each cluster."""
        return in_turn(self.orders, self.swarm_of, self.led)


def order_of(
    turns: Turns, seen: ClusterState, run: RunKind, work: Mapping[str, TurnPart], *, anew: str = "", force: bool
) -> maintenance.MaintenancePlan:
    """Plans one cluster, adds its turns, and prints the plan. `anew`: the command that continues no earlier run.

    Raises NothingDone where one of the nodes that leave the swarm one after the other may not.
    """
    cluster = seen.cluster
    swarms: Mapping[str, SwarmState | None] = {}
    if cluster.maintenance.swarm:
        swarms = ask_nodes(cluster, Swarm, ASK_SECONDS)
        turns.swarm_of[cluster.name] = cluster_id(swarms)
    made = planned(seen, run, work, swarms, anew=anew, force=force)
    for words in made.words:
        logger.info(aligned(words))
    tell_kept_each(seen, made.work, moves_of_drain)
    hosts = hosts_of(cluster)
    turns.orders[cluster.name] = [hosts[node].name for node in made.work]
    if leader_of(swarms):
        turns.led.add(cluster.name)
    return made


def planned(
    seen: ClusterState,
    run: RunKind,
    work: Mapping[str, TurnPart],
    swarms: Mapping[str, SwarmState | None],
    *,
    anew: str = "",
    force: bool,
) -> maintenance.MaintenancePlan:
    """The plan for one cluster. `swarms`: what its nodes tell of theirs; empty: it has none. Raises NothingDone."""
    for name in [] if force or not swarms else [name for name in work if work[name] == "do"]:
        if why := leave_refusal(swarms, name):
            raise NothingDone(f"{seen.cluster.name}: {why}")
    return maintenance.plan_maintenance(seen, run, work, leader_of(swarms), anew=anew)
