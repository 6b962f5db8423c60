"""Reboots the nodes of each cluster in turn, and continues where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from pyinfra import host, logger
from pyinfra.api import StringCommand, operation

from keepalived.cli.operator import operator_name
from keepalived.cli.options import RebootOptions, as_data
from keepalived.facts import Boot
from keepalived.observed.boot import IDENTITY, IS_IDENTITY, UNSETTLED, BootState
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations.checkpoints import remove_checkpoints
from keepalived.operations.maintenance import Turns, order_of
from keepalived.operations.turn import again, last_look, leave_service, return_to_service, stays_out
from keepalived.plan import maintenance
from keepalived.plan.commands import command, limit_to, on_a_line
from keepalived.plan.maintenance import TurnPart
from keepalived.plan.verdicts import Verdict
from keepalived.run.context import current
from keepalived.run.files import set_flag, write_checkpoint
from keepalived.run.hands import TurnCommand, targets
from keepalived.run.look import ask_all, hosts_of, look
from keepalived.run.planning import Commands, look_before
from keepalived.run.runner import ANSWER_SECONDS
from keepalived.run.turn import Turn
from keepalived.spec import flag
from keepalived.spec.cluster import Cluster
from keepalived.spec.plain_text import plain

Boots = Mapping[str, BootState | None]
"""How nodes have booted, by name; None: it is not known."""

TELL_BOOT_SECONDS = 30  # for a server to tell of its boot, which is busiest right after it
ORDER_SECONDS = 20  # within which it has taken the order to reboot
FAILED_SECONDS = 15  # for what fails at first to come up after all


@dataclass(frozen=True)
class RebootPlan:
    """What this run is to do: to each host, and the batches of hosts."""

    work: Mapping[str, TurnPart]
    batches: tuple[frozenset[str], ...]
    resume: bool


def plan(options: RebootOptions) -> RebootPlan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    return current().once("reboot", partial(_make_plan, options))


def _make_plan(options: RebootOptions) -> RebootPlan:
    boots: dict[str, Boots] = {}  # by cluster, asked for once, and only where it matters

    def boots_of(cluster: Cluster) -> Boots:
        if cluster.name not in boots:
            hosts = [hosts_of(cluster)[name] for name in targets(cluster)] if options.only else []
            found = ask_all(hosts, Boot, TELL_BOOT_SECONDS)
            boots[cluster.name] = {one.data.node: boot for one, boot in found.items()}
        return boots[cluster.name]

    def refused(seen: ClusterState, meant: Collection[str]) -> str | None:
        return refuses(options, boots_of(seen.cluster), seen, meant)

    work: dict[str, TurnPart] = {}
    turns = Turns()
    for seen in look_before(refused).values():
        cluster, meant = seen.cluster, targets(seen.cluster)
        todo = work_of(options, boots_of(cluster), seen, meant)
        made = order_of(turns, seen, "reboot", todo, anew=anew(options, cluster, meant), force=options.force)
        for node, boot in boots_of(cluster).items():
            why = boot.asks if boot else None
            logger.info(f"  {node} {f'asks for a reboot: {why}' if why else 'does not ask for a reboot'}")
        work |= {hosts_of(cluster)[node].name: what for node, what in made.work.items()}
    return RebootPlan(work, turns.batches(), options.resume)


def work_of(options: RebootOptions, boots: Boots, seen: ClusterState, meant: Collection[str]) -> dict[str, TurnPart]:
    """What is to be done to which of these nodes. `boots`: how each has booted, where only some of them are meant."""
    asking = [name for name, boot in boots.items() if boot and boot.asks] if options.only else None
    return maintenance.reboots(seen, meant, asking, resume=options.resume)


def refuses(options: RebootOptions, boots: Boots, seen: ClusterState, meant: Collection[str]) -> str | None:
    """Why these nodes of a cluster may not be rebooted; None when they may."""
    if unknown := [name for name, boot in boots.items() if boot is None]:
        return f"{', '.join(unknown)} cannot be asked whether a reboot is due"
    if options.force:
        return None
    limit = limit_to(seen.cluster, meant) or [seen.cluster.name]
    forced = command("tasks/reboot.py", limit, as_data(options, force="true"))
    return maintenance.run_refusal(seen, "reboot", work_of(options, boots, seen, meant), forced)


def anew(options: RebootOptions, cluster: Cluster, meant: Collection[str]) -> str:
    """The command that does not continue an earlier run; empty: this one does not."""
    if not options.resume:
        return ""
    return command("tasks/reboot.py", limit_to(cluster, meant), as_data(options, resume="no"))


@operation()
def checkpoint(plan: RebootPlan) -> Commands:
    """
    Writes down on a node which boot is to end, so that a run that is cut short can be continued.

    + plan: what this run is to do

    **Example:**

    .. code:: python

        checkpoint(name="Write down what is to be rebooted", plan=plan)
    """
    if plan.work.get(host.name) != "do":
        return
    cluster: Cluster = host.data.cluster
    if has_checkpoint(look(cluster).nodes[host.data.node], resume=plan.resume):
        return
    meant = [one for one in targets(cluster) if hosts_of(cluster)[one].name in plan.work]
    yield TurnCommand(partial(checkpoint_node, meant=meant))


def has_checkpoint(node: NodeState | None, *, resume: bool) -> bool:
    """Whether an earlier run has written the checkpoint, and is continued."""
    return node is not None and resume and maintenance.is_pending(node)


def checkpoint_node(turn: Turn, meant: Collection[str]) -> None:
    """Writes the checkpoint of a reboot. `meant`: all nodes of the cluster that the run is for."""
    node = turn.read(turn.look())
    boot = turn.runner.ask(Boot, turn.node, TELL_BOOT_SECONDS)
    if node.boot is None or boot is None:
        turn.stop(f"{turn.node} does not tell its boot: nothing was done to it")
    begun = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    new = Checkpoint(
        run="reboot", by=operator_name(), begun=begun, boot=node.boot, nodes=tuple(meant), failed=tuple(boot.failed)
    )
    if node.checkpoint and node.checkpoint.availability:  # what the swarm is to be brought back to is not forgotten
        new = new.drained_in_swarm(node.checkpoint.availability, node.checkpoint.waiting)
    turn.shell(write_checkpoint(new), "writing the checkpoint")


@operation()
def turn(batch: Collection[str], reason: str | None = None, force: bool = False) -> Commands:
    """
    Reboots this node if it is its turn: out of service, reboot, healthy, back in service.

    + batch: the names of the hosts whose turn it is
    + reason: why, for status and the node's journal
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            turn(name="Reboot one node of each cluster", batch=batch)
    """
    if host.name in batch:
        yield TurnCommand(partial(reboot_node, reason=reason, force=force))


def reboot_node(turn: Turn, *, reason: str | None = None, force: bool = False) -> None:
    """The turn of a node that is rebooted, or that has been and is put back in service."""
    before = turn.look()
    node = before.nodes[turn.node]
    if node is None:
        turn.stop(f"{turn.node} does not answer any more: nothing was done to it")
    turn.times.listed = True
    checkpoint = node.checkpoint
    if checkpoint is None:
        turn.stop(f"somebody has put {turn.node} back in service meanwhile: nothing was done to it")
    if maintenance.is_pending(node):
        leave_service(turn, "reboot", before, checkpoint, reason, force=force)
        last_look(turn, force=force)
        _reboot(turn, checkpoint)
    turn.advice = stays_out(turn, "reboot")
    turn.announce("waiting until its services have started")
    _wait_for_services(turn, checkpoint.failed)
    now = turn.look().nodes[turn.node]
    return_to_service(turn, "reboot", now.checkpoint if now else checkpoint)


def _reboot(turn: Turn, checkpoint: Checkpoint) -> None:
    """Tells the server to reboot, and waits until it has another boot; if that is still to come."""
    node = turn.read(turn.look())
    if node.boot is None:
        turn.stop(f"{turn.node} does not tell its boot")
    if node.boot != checkpoint.boot:
        turn.say("it has been rebooted meanwhile, by somebody else")
        return
    if node.flag.until_reboot and node.flag.run is None:
        # It ends with this reboot, but not before the node is seen healthy: from now on it is this run's.
        text = flag.content(node.flag.by, node.flag.reason, run="reboot")
        turn.shell(set_flag(node.flag.path, text, like=node.flag.path), "setting the flag")
    turn.announce("rebooting")
    turn.times.down = turn.runner.now()
    turn.advice = (
        f"{turn.node} is out of service, the others serve. See its console, then continue the reboot:"
        f"{again(turn, 'reboot')}\nOr put it back as it is:{command('tasks/restore.py', [turn.node])}"
    )
    _boot_anew(turn, checkpoint.boot)
    turn.times.up = turn.runner.now()


def _boot_anew(turn: Turn, old: str) -> None:
    """Known by the boot, not by the connection: that of the old boot may still answer for a while."""
    told = turn.runner.run(StringCommand("systemctl reboot"), turn.node, ORDER_SECONDS)  # it may go before it answers
    refuses = not told.done and not told.gone and bool(told.lines)
    start = turn.runner.now()

    def look() -> Verdict:
        if why := turn.runner.connect(turn.node):
            return Verdict(False, f"{turn.node} does not answer ({why})")
        # By its form: what sudo or a shell may have to say meanwhile is no boot.
        ran = turn.runner.run(StringCommand(IDENTITY), turn.node, ANSWER_SECONDS)
        now = [line for line in ran.out if IS_IDENTITY.fullmatch(line)]
        if not now:
            turn.runner.disconnect(turn.node)
            return Verdict(False, f"the connection to {turn.node} has broken")
        if now[0] != old:
            return Verdict(True, f"{turn.node} has booted")
        if refuses and turn.runner.now() > start + ORDER_SECONDS:
            return Verdict(False, f"{turn.node} does not reboot: {plain(' '.join(told.lines))}", hopeless=True)
        return Verdict(False, f"{turn.node} has not gone down yet")

    turn.wait_for(look, turn.cluster.maintenance.boot_timeout)


def _wait_for_services(turn: Turn, failed_before: Collection[str]) -> None:
    failing_since: list[float] = []

    def look() -> Verdict:
        if why := turn.runner.connect(turn.node):
            return Verdict(False, f"{turn.node} does not answer ({why})")
        boot = turn.runner.ask(Boot, turn.node, TELL_BOOT_SECONDS)
        if boot is None or boot.system in UNSETTLED:
            return Verdict(False, f"{turn.node} is {boot.system}" if boot else f"{turn.node} cannot be read")
        if failed := sorted(set(boot.failed) - set(failed_before)):
            failing_since.append(turn.runner.now())
            hopeless = failing_since[-1] - failing_since[0] > FAILED_SECONDS
            words = f"{', '.join(failed)} failed since the boot"
            see = f". See why on {turn.node}:{on_a_line(f'journalctl -u {failed[0]} -b')}" if hopeless else ""
            return Verdict(False, f"{words}{see}", hopeless=hopeless)
        failing_since.clear()
        return Verdict(True, "")

    turn.wait_for(look, turn.cluster.maintenance.boot_timeout)


@operation()
def finish() -> Commands:
    """
    Removes the checkpoints again, once no node of the cluster is left to be rebooted.

    **Example:**

    .. code:: python

        finish(name="Write down that all is done")
    """
    yield TurnCommand(remove_checkpoints)
