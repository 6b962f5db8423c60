"""pyinfra operations that reboot the nodes of each cluster in turn, and go on where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from pyinfra import host, inventory, logger, state
from pyinfra.api import FunctionCommand, Host, StringCommand, operation

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import said_true
from keepalived.facts import Boot, Node
from keepalived.observed.boot import IDENTITY, IS_IDENTITY, UNSETTLED
from keepalived.observed.boot import Boot as BootState
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.operations import swarm as swarm_turn
from keepalived.operations import turn as cycle
from keepalived.operations.drain import drain_argument
from keepalived.plan import maintenance
from keepalived.plan.maintenance import Work
from keepalived.plan.verdicts import Verdict
from keepalived.run import progress
from keepalived.run.commands import (
    Call,
    Commands,
    Runner,
    forced,
    in_words,
    operator_name,
    plan_run,
    refuse,
    set_flag,
    targets,
    write_file,
)
from keepalived.run.look import GONE, ask, ask_all, forget_connection, hosts_of, is_back, look
from keepalived.run.once import once
from keepalived.run.progress import wait_for
from keepalived.spec import flag, paths
from keepalived.spec.cluster import Cluster

BOOT_SECONDS = 30  # for a server to tell of its boot, which is busiest right after it
ANSWER_SECONDS = 5  # within which a server that is up answers
ORDER_SECONDS = 20  # within which it has taken the order to reboot
FAILED_SECONDS = 15  # for what fails at first to come up after all
SETTLE_SECONDS = 300  # for the services to start once the server answers


@dataclass(frozen=True)
class Plan:
    """What this run is to do: to each host, and the batches of hosts whose turn it is."""

    work: Mapping[str, Work]
    batches: tuple[frozenset[str], ...]


@once
def planned() -> Plan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    drain_argument("reason")
    only = host.data.get("only")
    if only not in (None, "required"):
        raise NothingDone(f"only={only} is not known: only=required reboots the nodes that ask for it")
    resume, force = said_true(host, "resume", default=True), forced()

    boots: dict[str, dict[str, BootState | None]] = {}  # by cluster and node, asked for once, and only where it matters

    def boots_of(cluster: Cluster) -> dict[str, BootState | None]:
        if cluster.name not in boots:
            hosts = hosts_of(cluster)
            found = ask_all([hosts[name] for name in targets(cluster)], Boot, BOOT_SECONDS)
            boots[cluster.name] = {one.data.node: boot for one, boot in found.items()}
        return boots[cluster.name]

    def work_of(seen: ClusterState, meant: Collection[str]) -> dict[str, Work]:
        asking = None if only is None else [name for name, boot in boots_of(seen.cluster).items() if boot and boot.asks]
        return maintenance.reboots(seen, meant, asking, resume=resume)

    def refuses(seen: ClusterState, meant: Collection[str]) -> str | None:
        if only and (unknown := [name for name, boot in boots_of(seen.cluster).items() if boot is None]):
            return f"{', '.join(unknown)} cannot be asked whether a reboot is due"
        return None if force else maintenance.refusal(seen, "reboot", work_of(seen, meant))

    work: dict[str, Work] = {}
    orders, swarm_of = {}, {}
    led: set[str] = set()
    for name, seen in plan_run(refuses).items():
        meant = targets(seen.cluster)
        todo = work_of(seen, meant)
        leader, swarm_of[name] = swarm_turn.plan(seen.cluster, [one for one in todo if todo[one] == "do"], force=force)
        plan = maintenance.plan(seen, "reboot", todo, leader, resume=resume)
        for words in plan.words:
            logger.info(words)
        if only:
            for node, boot in boots_of(seen.cluster).items():
                why = boot.asks if boot else None
                logger.info(f"  {node} {f'asks for a reboot: {why}' if why else 'does not ask for a reboot'}")
        orders[name] = list(plan.work)
        if leader:
            led.add(name)
        work |= {hosts_of(seen.cluster)[node].name: what for node, what in plan.work.items()}
    return Plan(work, cycle.batches(orders, swarm_of, led))


@operation()
@in_words
def noted(plan: Plan, resume: bool = True) -> Commands:
    """
    Notes on a node which boot is to end, so that a run that is cut short can be gone on with.

    + plan: what this run is to do
    + resume: whether what an earlier run has noted stays

    **Example:**

    .. code:: python

        reboot.noted(name="Note what is to be rebooted", plan=plan)
    """
    cluster: Cluster = host.data.cluster
    if plan.work.get(host.name) != "do":
        return
    node, boot = host.get_fact(Node), ask(host, Boot, BOOT_SECONDS)
    if node is None or node.boot is None or boot is None:
        yield refuse(f"{host.name} does not tell its boot")
        return
    if resume and maintenance.is_pending(node):
        return
    begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    meant = tuple(sorted(member.data.node for member in inventory.get_group(cluster.name) if member.name in plan.work))
    new = Checkpoint(
        run="reboot", by=operator_name(), begun=begun, boot=node.boot, nodes=meant, failed=tuple(boot.failed)
    )
    if node.maintenance and node.maintenance.availability:  # what the swarm is to be brought back to is not forgotten
        new = new.drained_in_swarm(node.maintenance.availability, node.maintenance.waiting)
    yield write_file(paths.CHECKPOINT, new.content)


@operation()
@in_words
def turn(batch: Collection[str], reason: str | None = None, force: bool = False) -> Commands:
    """
    Reboots this node if it is its turn: out of service, reboot, healthy, back in service.

    + batch: the names of the hosts whose turn it is
    + reason: why, for status and the node's journal
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            reboot.turn(name="Reboot one node of each cluster", batch=batch)
    """
    if host.name not in batch:
        return
    if not state.is_executing:
        yield FunctionCommand(_nothing, (), {})  # for the plan: there is something to do
        return
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if node is None:
        yield refuse(f"{host.name} cannot be read any more: nothing was done to it")
        return
    if node.maintenance is None:
        yield refuse(f"{host.name} was put back in service by somebody while this ran: nothing was done to it")
        return
    progress.begin()
    noted = node.maintenance
    if maintenance.is_pending(node):
        yield from cycle.leave("reboot", before, node, noted, reason, force=force)
        yield from cycle.last_look("reboot", force=force)
        yield from _reboot(noted)
    progress.step("waiting until its services have started")
    yield Call(partial(_wait_for_services, noted.failed, cycle.otherwise("reboot")))
    node = look(host.data.cluster).nodes[host.data.node]
    yield from cycle.come_back("reboot", node.maintenance if node else noted)


def _nothing() -> None:
    pass


def _reboot(noted: Checkpoint) -> Commands:
    """Tells the server to reboot, and waits until it has another boot; if that is still to come."""
    cluster: Cluster = host.data.cluster
    node = look(cluster).nodes[host.data.node]
    if node is None or node.boot is None:
        yield refuse(f"{host.name} does not tell its boot. {cycle.otherwise('reboot')}")
        return
    if node.boot != noted.boot:
        host.log("it has been rebooted meanwhile, by somebody else")
        return
    if node.flag.until_reboot and node.flag.run is None:
        # It ends with this reboot, but not before the node is seen healthy: from now on it is this run's.
        path = node.flag.path
        yield set_flag(path, flag.content(node.flag.by, node.flag.reason, run="reboot"), like=path)
    progress.step("rebooting")
    progress.turn().down_now()
    yield Call(partial(_boot_anew, noted.boot, cluster, cycle.again("reboot")))
    progress.turn().up_now()


def _boot_anew(old: str, cluster: Cluster, again: str, host: Host, run: Runner) -> bool:
    """Known by the boot, not by the connection: that of the old boot may still answer for a while."""
    told = run(StringCommand("systemctl reboot"), host, ORDER_SECONDS)  # and perhaps it is gone before it has answered
    refuses = not told.done and not told.gone and bool(told.lines)
    start = time.monotonic()

    def look() -> Verdict:
        try:
            host.connect(show_errors=False, raise_exceptions=True)
        except GONE as error:
            forget_connection(host)
            return Verdict(False, f"{host.name} does not answer ({' '.join(str(error).split())})")
        # By its form: what sudo or a shell may have to say meanwhile is no boot.
        now = [line for line in run(StringCommand(IDENTITY), host, ANSWER_SECONDS).out if IS_IDENTITY.fullmatch(line)]
        if not now:
            forget_connection(host)
            return Verdict(False, f"the connection to {host.name} has broken")
        if now[0] != old:
            is_back(host)
            return Verdict(True, f"{host.name} has booted")
        if refuses and time.monotonic() > start + ORDER_SECONDS:
            return Verdict(False, f"{host.name} does not reboot: {' '.join(told.lines)}", hopeless=True)
        return Verdict(False, f"{host.name} has not gone down yet")

    return wait_for(
        look,
        cluster.maintenance.boot_timeout,
        f"It is out of service, the others serve. See its console, then {again}, or tasks/restore.py "
        f"--limit {host.name}",
        host,
    )


def _wait_for_services(failed_before: Collection[str], otherwise: str, host: Host, run: Runner) -> bool:
    failing_since: list[float] = []

    def look() -> Verdict:
        try:
            host.connect(show_errors=False, raise_exceptions=True)
        except GONE as error:
            return Verdict(False, f"{host.name} does not answer ({' '.join(str(error).split())})")
        boot = ask(host, Boot, BOOT_SECONDS)
        if boot is None or boot.system in UNSETTLED:
            return Verdict(False, f"{host.name} is {boot.system if boot else 'not to be read'}")
        if failed := sorted(set(boot.failed) - set(failed_before)):
            failing_since.append(time.monotonic())
            hopeless = failing_since[-1] - failing_since[0] > FAILED_SECONDS
            words = f"{', '.join(failed)} failed since the boot: journalctl -u {failed[0]} -b"
            return Verdict(False, words, hopeless=hopeless)
        failing_since.clear()
        return Verdict(True, "")

    return wait_for(look, SETTLE_SECONDS, otherwise, host)


@operation()
@in_words
def forgotten() -> Commands:
    """
    Takes the note away again, once no node of the cluster is left to be rebooted.

    **Example:**

    .. code:: python

        reboot.forgotten(name="Note that all is done")
    """
    if state.is_executing:
        yield from cycle.forget(host.data.cluster)
    else:
        yield FunctionCommand(_nothing, (), {})
