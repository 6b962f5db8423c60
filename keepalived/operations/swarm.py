"""A node's leave of the Docker Swarm and its return, as steps of its turn in a maintenance run.

Another manager of the cluster is asked, never the node itself where there is another: it is about to go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from pyinfra import host
from pyinfra.api import Host, QuoteString, StringCommand

from keepalived.cli.errors import NothingDone
from keepalived.facts import Swarm, SwarmTasks
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.swarm import Swarm as SwarmState
from keepalived.observed.swarm import homeless, lacking, not_back, quorum_lost, starting, still_here
from keepalived.plan.verdicts import Verdict
from keepalived.run import progress
from keepalived.run.commands import Call, Commands, Runner, refuse, shell, write_file
from keepalived.run.look import ask, ask_all, hosts_of
from keepalived.run.progress import wait_for
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

ASK_SECONDS = 45  # two questions to docker, which may be slow to answer while managers come and go
MOVE_SECONDS = 300  # for tasks to end here and start elsewhere: images may have to be pulled
READY_SECONDS = 180  # for a booted manager to be reached by the others


def read_swarms(cluster: Cluster) -> dict[str, SwarmState | None]:
    """What each node of the cluster tells of its swarm. None: it could not be read."""
    hosts = hosts_of(cluster)
    found = ask_all(hosts.values(), Swarm, ASK_SECONDS)
    return {name: found[one] for name, one in hosts.items()}


def refusal(swarms: dict[str, SwarmState | None], name: str) -> str | None:
    """Why node `name` may not leave its swarm for a while; None when it may."""
    own = swarms[name]
    if own is None or own.state != "active":
        state = own.state if own else "unknown"
        if state in ("unknown", "pending"):
            return f"docker on {name} does not tell of its swarm (state {state}): systemctl status docker"
        return f"{name} is not in a swarm (docker says {state}): join it, or take maintenance.swarm out of the file"
    asked = asked_manager(swarms, name)
    if asked is None:
        return f"no node tells of the swarm of {name}: a manager with a quorum must be among the nodes of the cluster"
    members = (swarms[asked] or own).members or {}
    if own.node_id not in members:
        return f"the swarm does not know {name}: {asked} and it are in different ones"
    return quorum_lost(members, own.node_id)


def asked_manager(swarms: dict[str, SwarmState | None], name: str) -> str | None:
    """The node that is asked about the swarm while `name` is away: a manager of it, another one where there is one."""
    managers = [one for one, swarm in swarms.items() if swarm and swarm.members]
    return next((one for one in managers if one != name), next(iter(managers), None))


def plan(cluster: Cluster, leaving: Iterable[str], *, force: bool) -> tuple[str | None, str | None]:
    """The node that leads the swarm, and the swarm's id; None, None where the cluster is none.

    Raises NothingDone when one of the nodes that are `leaving` one after the other may not.
    """
    if not cluster.maintenance.swarm:
        return None, None
    swarms = read_swarms(cluster)
    if not force:
        for name in leaving:
            if why := refusal(swarms, name):
                raise NothingDone(f"{cluster.name}: {why}")
    ids = {one.node_id: name for name, one in swarms.items() if one}
    leaders = [ids[one.leader] for one in swarms.values() if one and one.leader in ids]
    return next(iter(leaders), None), next((one.cluster_id for one in swarms.values() if one and one.cluster_id), None)


def leave(noted: Checkpoint, otherwise: str, *, force: bool) -> Commands:
    """Drains the node in the swarm and waits until its tasks run elsewhere. What it was before is noted on it first."""
    cluster: Cluster = host.data.cluster
    me: str = host.data.node
    progress.step("draining it in the swarm")
    swarms = read_swarms(cluster)
    if (why := refusal(swarms, me)) and not force:
        yield refuse(f"{why}. {otherwise}")
        return
    asked, own = asked_manager(swarms, me), swarms[me]
    member = ((swarms[asked] or own).members or {}).get(own.node_id) if asked and own else None
    if asked is None or own is None or member is None:
        return  # forced, and nobody to tell
    manager = hosts_of(cluster)[asked]
    tasks = ask(manager, SwarmTasks, ASK_SECONDS, node=own.node_id)
    if tasks is None:
        yield refuse(f"{asked} does not tell of the tasks in the swarm. {otherwise}")
        return
    if noted.availability is None:
        noted = noted.drained_in_swarm(member.availability, lacking(tasks))
        yield write_file(paths.CHECKPOINT, noted.content)
    yield _set_availability(manager, own.node_id, "drain", otherwise)
    yield Call(partial(_wait_for_tasks, manager, own.node_id, noted, starting(tasks), otherwise))


def come_back(noted: Checkpoint, otherwise: str, *, seconds: float = READY_SECONDS) -> Commands:
    """Waits until the others reach the node again, gives it its availability back, and waits for its tasks."""
    cluster: Cluster = host.data.cluster
    me: str = host.data.node
    availability = noted.availability
    if availability is None:
        return
    progress.step("waiting until the swarm has it back")
    found: list[tuple[Host, str]] = []
    yield Call(partial(_wait_until_ready, cluster, me, found, otherwise, seconds))
    manager, node_id = found[0]
    yield _set_availability(manager, node_id, availability.lower(), otherwise)
    if availability == "Active":
        yield Call(partial(_wait_for_services, manager, node_id, noted, otherwise))
    yield write_file(paths.CHECKPOINT, noted.model_copy(update={"availability": None, "waiting": {}}).content)


def _set_availability(manager: Host, node_id: str, availability: str, otherwise: str) -> Call:
    command = StringCommand("docker node update --availability", availability, QuoteString(node_id))
    return shell(f"`docker node update --availability {availability}`", command, manager, otherwise)


def _wait_for_tasks(
    manager: Host, node_id: str, noted: Checkpoint, restless: Collection[str], otherwise: str, host: Host, run: Runner
) -> bool:
    def look() -> Verdict:
        tasks = ask(manager, SwarmTasks, ASK_SECONDS, node=node_id)
        if tasks is None:
            return Verdict(False, f"{manager.name} does not tell of the tasks")
        if why := still_here(tasks, restless):
            return Verdict(False, why)
        alone = homeless(tasks, noted.waiting)
        fits = "fits on no other node and waits" if len(alone) == 1 else "fit on no other node and wait"
        rest = f" ({', '.join(alone)} {fits} for this one)" if alone else ""
        return Verdict(True, f"no task runs here any more{rest}")

    return wait_for(look, MOVE_SECONDS, otherwise, host)


def _wait_for_services(manager: Host, node_id: str, noted: Checkpoint, otherwise: str, host: Host, run: Runner) -> bool:
    def look() -> Verdict:
        tasks = ask(manager, SwarmTasks, ASK_SECONDS, node=node_id)
        if tasks is None:
            return Verdict(False, f"{manager.name} does not tell of the tasks")
        why = not_back(tasks, noted.waiting)
        return Verdict(why is None, why or "every service has its tasks")

    return wait_for(look, MOVE_SECONDS, otherwise, host)


def _wait_until_ready(
    cluster: Cluster, me: str, found: list[tuple[Host, str]], otherwise: str, seconds: float, host: Host, run: Runner
) -> bool:
    def look() -> Verdict:
        swarms = read_swarms(cluster)
        asked, own = asked_manager(swarms, me), swarms[me]
        if own is None or own.state != "active" or asked is None:
            return Verdict(False, f"docker on {me} is {own.state if own else 'not to be read'}")
        member = ((swarms[asked] or own).members or {}).get(own.node_id)
        if member is None or member.status != "Ready":
            return Verdict(False, f"{me} is {member.status if member else 'unknown'} in the swarm")
        if member.manager and not member.is_reachable_manager:
            return Verdict(False, f"{me} is {member.manager} as a manager")
        found.append((hosts_of(cluster)[asked], own.node_id))
        return Verdict(True, f"{member.status} in the swarm{f', {member.manager}' if member.manager else ''}")

    return wait_for(look, seconds, otherwise, host)
