"""A node's way out of service and back again, around its reboot or upgrade: the two halves of a turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from itertools import zip_longest

from pyinfra import host, inventory, logger
from pyinfra.api import StringCommand

from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations import swarm as swarm_turn
from keepalived.operations.hooks import run_hooks, wait_until_healthy
from keepalived.plan import maintenance
from keepalived.plan.guard import nobody_left
from keepalived.plan.verdicts import fit, out_of_service, taken_back
from keepalived.run import progress
from keepalived.run.commands import (
    Commands,
    operator_name,
    place_flag,
    refuse,
    remove_runs_flag,
    set_flag,
    shell,
    targets,
    tell_journal,
    wait_until,
)
from keepalived.run.look import hosts_of, look
from keepalived.spec import flag, paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import Run


def batches(
    orders: Mapping[str, Collection[str]], swarm_of: Mapping[str, str | None], led: Collection[str]
) -> tuple[frozenset[str], ...]:
    """The names of the hosts whose turn it is, turn by turn: `orders` has the nodes of each cluster.

    Clusters side by side, but those of one swarm (`swarm_of` has its id) one after the other: two managers away at once
    could cost it the quorum. Clusters that are `led` by one of their nodes come last.
    """
    chains: dict[str, list[str]] = {}
    for cluster, nodes in sorted(orders.items(), key=lambda order: order[0] in led):
        hosts = {member.data.node: member.name for member in inventory.get_group(cluster)}
        chains.setdefault(swarm_of.get(cluster) or cluster, []).extend(hosts[node] for node in nodes)
    turns = zip_longest(*chains.values())
    return tuple(frozenset(name for name in turn if name is not None) for turn in turns)


def otherwise(run: Run) -> str:
    """What to type when a turn has stopped."""
    return (
        f"It stays out of service. Mend the cause and {again(run)}; or put it back as it is: tasks/restore.py --limit "
        f"{host.name}"
    )


def again(run: Run) -> str:
    """What to type to go on, for the same nodes as this run."""
    cluster: Cluster = host.data.cluster
    meant = targets(cluster)
    limit = "" if set(meant) == set(cluster.nodes) else "".join(f" --limit {name}" for name in meant)
    return f"run tasks/{run}.py{limit} again, which goes on from here"


def leave(
    run: Run, before: ClusterState, node: NodeState, noted: Checkpoint, why: str | None, *, force: bool
) -> Commands:
    """Takes the node out of service: its address, its tasks in the swarm, and what the hooks see to.

    Without `force` it returns only when another node has been seen holding what this one held. `why`: for the flag.
    """
    cluster: Cluster = host.data.cluster
    me: str = host.data.node
    path = cluster.drain.flag
    alone = nobody_left(before, [me]) if node.holds or not node.drained else None
    progress.step("taking it out of service")
    if not node.drained:
        text = flag.content(operator_name(), why, run=run)
        if alone and force:
            yield set_flag(path, text)
        else:
            yield from place_flag([path], text, leaving=[], run=run)
        yield tell_journal(f"taken out of service for {run} by {operator_name()} ({why or 'no reason given'})")
    if alone and force:
        host.log_styled(f"{alone}: clients will notice", fg="yellow", log_func=logger.warning)
    else:
        yield wait_until(out_of_service, before, otherwise(run))
    if node.holds:
        progress.turn().away_now()
    if cluster.maintenance.swarm:
        yield from swarm_turn.leave(noted, otherwise(run), force=force)
    yield from run_hooks(cluster.maintenance.before, otherwise(run))


def last_look(run: Run, *, force: bool) -> Commands:
    """Right before the work: the swarm and the hooks may have taken long, and others act too."""
    cluster: Cluster = host.data.cluster
    if force:
        return
    progress.step("looking once more")
    yield wait_until(out_of_service, None, otherwise(run))
    if cluster.maintenance.swarm and (why := swarm_turn.refusal(swarm_turn.read_swarms(cluster), host.data.node)):
        yield refuse(f"{why}. {otherwise(run)}")


def come_back(run: Run, noted: Checkpoint | None) -> Commands:
    """Puts the node back in service once it is seen healthy; what an operator has drained stays drained."""
    cluster: Cluster = host.data.cluster
    progress.step("waiting until keepalived is healthy")
    yield wait_until(fit, None, otherwise(run))
    if noted and noted.availability:
        yield from swarm_turn.come_back(noted, otherwise(run))
    yield from run_hooks(cluster.maintenance.after, otherwise(run))
    yield from wait_until_healthy(otherwise(run))
    progress.step("putting it back in service")
    drained = look(cluster)
    yield remove_runs_flag(cluster.drain.flag, run)
    yield wait_until(partial(taken_back, run=run), drained, f"Then {again(run)}")
    yield tell_journal(f"back after {run} by {operator_name()}")
    progress.turn().back_now()


def forget(cluster: Cluster) -> Commands:
    """Takes the notes of a reboot away, once no node of the cluster is left to be rebooted or restored."""
    meant = targets(cluster)
    for name in maintenance.noted_nodes(look(cluster)):
        # One of this run sees to those that an earlier one has noted and that this one is not for.
        if name == host.data.node or (name not in meant and host.data.node == meant[0]):
            yield shell("taking the note away", StringCommand("rm -f", paths.CHECKPOINT), hosts_of(cluster)[name])
