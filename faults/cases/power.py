"""Power, boots, and nodes that are drained while others die."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from faults.cases.case import Phases, case
from faults.phases import Phase
from faults.stage import Stage
from lab.host import Host
from lab.operator import DRAIN

BOOT_SECONDS = 30.0
COMMAND_SECONDS = 40.0


@case("node-unreadable")
def power_of_holder_cut(stage: Stage) -> Phases:
    """The holder's power is cut, and it boots again."""
    holder = stage.holder()
    holder.crash()
    yield Phase("power cut", stage.one_each(without=[holder]), silence=stage.failover, breaks=True)
    holder.boot()
    yield Phase("booted", stage.one_each(), lasts=False, within=BOOT_SECONDS, silence=0.0, breaks=True)


@case("node-unreadable")
def power_of_backup_cut(stage: Stage) -> Phases:
    """The power of the first backup is cut, and it boots again."""
    backup = stage.backups()[0]
    backup.crash()
    yield Phase("power cut", stage.one_each(without=[backup]))
    backup.boot()
    yield Phase("booted", stage.one_each(), lasts=False, within=BOOT_SECONDS)


@case("node-unreadable")
def holder_shut_down(stage: Stage) -> Phases:
    """The holder is shut down in order, and boots again."""
    holder = stage.holder()
    holder.poweroff()
    down = stage.one_each(without=[holder])
    yield Phase("shut down", down, silence=stage.failover, within=BOOT_SECONDS, breaks=True)
    holder.boot()
    yield Phase("booted", stage.one_each(), lasts=False, within=BOOT_SECONDS, breaks=True)


@case("node-unreadable")
def power_of_all_cut(stage: Stage) -> Phases:
    """The power of all nodes is cut at once, and all boot again."""
    _each(stage, Host.crash)
    yield Phase("power cut", stage.none(), silence=None, breaks=True)
    _each(stage, Host.boot)
    yield Phase("booted", stage.any_one(), lasts=False, within=BOOT_SECONDS, silence=None, breaks=True)


def _each(stage: Stage, do: Callable[[Host], None]) -> None:
    with ThreadPoolExecutor(len(stage.hosts)) as pool:
        list(pool.map(do, stage.hosts))


@case("node-unreadable")
def power_cut_while_drained(stage: Stage) -> Phases:
    """The holder is drained, its power is cut, it boots and is still drained, and it is restored."""
    holder = stage.holder()
    stage.drain(holder)
    yield Phase("drained", stage.one_each(drained=[holder]), lasts=False, within=COMMAND_SECONDS)
    holder.crash()
    yield Phase("power cut", stage.one_each(without=[holder]), breaks=True)
    holder.boot()
    yield Phase("booted", stage.one_each(drained=[holder]), lasts=False, within=BOOT_SECONDS)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS)


@case("no-other-node-can-serve")
def all_drained(stage: Stage) -> Phases:
    """All nodes are drained, the holder last and by force: it serves all the same. Then all are restored."""
    holder = stage.holder()
    stage.drain(*stage.backups())
    stage.operator.attempts(f"{DRAIN} --limit {holder.name} --data force=true")  # it says that the holder still holds
    allowed = stage.any_one() if stage.variant.kind == "nopreempt" else stage.one_each(drained=stage.hosts)
    yield Phase("drained", allowed, within=COMMAND_SECONDS * 2)
    stage.restore(*stage.hosts)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS * 2)


@case("no-other-node-can-serve")
def all_drained_but_one_and_that_one_dies(stage: Stage) -> Phases:
    """All nodes but one are drained, and the power of that one is cut: a drained one serves."""
    last, rest = stage.backups()[0], [stage.holder(), *stage.backups()[1:]]
    stage.drain(*rest)
    yield Phase("drained", stage.one_each(drained=rest), lasts=False, within=COMMAND_SECONDS)
    last.crash()
    dead = stage.one_each(without=[last], drained=rest)
    yield Phase("power cut", dead, silence=stage.failover + 0.5, breaks=True)
    last.boot()
    yield Phase("booted", stage.one_each(drained=rest), lasts=False, within=BOOT_SECONDS, breaks=True)
    stage.restore(*rest)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS)
