"""Those who type the commands: two at once, and a machine that dies at any moment."""

from __future__ import annotations

from collections.abc import Callable

from faults.cases.case import Phases, case
from faults.phases import Phase
from faults.stage import Stage
from lab.operator import DEPLOY, DRAIN, REBOOT, REMOVE, RESTORE, UPGRADE

TWICE = "two runs that are both over leave nothing to name"
TOGETHER_SECONDS = 90.0
BY_CHANCE = "it depends on the moment whether the dead run has left anything"


@case(why_unnamed=TWICE)
def two_operators_drain(stage: Stage) -> Phases:
    """Two operators drain two nodes at the same moment: the holder, and the one that would take over."""
    hosts = [stage.holder(), stage.backups()[0]]
    runs = [stage.operator.starts(f"{DRAIN} --limit {host.name}") for host in hosts]
    for run in runs:
        stage.operator.ends(run)
    yield Phase("both have ended", stage.any_one(), lasts=False, within=TOGETHER_SECONDS)
    stage.restore(*hosts)
    yield Phase("restored", stage.one_each(), lasts=False, within=TOGETHER_SECONDS)


@case(why_unnamed=TWICE)
def two_operators_deploy(stage: Stage) -> Phases:
    """Two operators deploy the same change at the same moment; afterwards one of them types it again."""
    stage.change()
    runs = [stage.operator.starts(DEPLOY) for _ in range(2)]
    for run in runs:
        stage.operator.ends(run)
    stage.types_deploy("--data resume=true")
    yield Phase("deployed", stage.back(), lasts=False, within=TOGETHER_SECONDS * 2)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_deploy(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment of a deploy; the same command completes it."""

    def deploy(stage: Stage) -> None:
        stage.types_deploy("--data resume=true")

    yield from _dies(stage, stage.change, DEPLOY, 14, deploy)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_drain(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment of a drain; the node is drained again, and restored."""
    holder = stage.holder()

    def complete(stage: Stage) -> None:
        stage.drain(holder)
        stage.restore(holder)

    yield from _dies(stage, _nothing, f"{DRAIN} --limit {holder.name}", 5, complete)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_restore(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment of a restore; the same command completes it."""
    holder = stage.holder()

    def drain() -> None:
        stage.drain(holder)

    def restore(stage: Stage) -> None:
        stage.restore(holder)

    yield from _dies(stage, drain, f"{RESTORE} --limit {holder.name}", 5, restore)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_reboot(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment of a rolling reboot; the same command completes it."""

    def again(stage: Stage) -> None:
        stage.operator.types(REBOOT)

    yield from _dies(stage, _nothing, REBOOT, 40, again)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_upgrade(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment of an upgrade; the same command completes it."""

    def again(stage: Stage) -> None:
        stage.operator.types(UPGRADE)

    yield from _dies(stage, _nothing, UPGRADE, 6, again)


@case(why_unnamed=BY_CHANCE)
def operator_dies_in_remove(stage: Stage) -> Phases:
    """The operator's machine dies at a random moment while a backup is removed; a deploy makes it a node again."""
    backup = stage.backups()[-1]

    def drain() -> None:
        stage.drain(backup)

    def deploy(stage: Stage) -> None:
        stage.operator.attempts(f"{REMOVE} --limit {backup.name}")
        backup.execute("rm -f /var/lib/keepalived/releasevip")
        stage.types_deploy("--data resume=true")

    yield from _dies(stage, drain, f"{REMOVE} --limit {backup.name}", 6, deploy)


def _nothing() -> None:
    """The command needs nothing to be done before it."""


def _dies(
    stage: Stage, before: Callable[[], None], command: str, seconds: float, complete: Callable[[Stage], None]
) -> Phases:
    """As often as asked for: the command is killed within `seconds` of its begin, whatever it does then."""
    for time in range(1, stage.kills + 1):
        before()
        moment = stage.chance.uniform(0.2, seconds)
        stage.begins()
        stage.kill_after(command, moment)
        words = f"{time}. dead after {moment:.1f} s"
        yield Phase(words, stage.any_one(), within=30, breaks="reboot" in command)
        complete(stage)
        done = stage.back()
        yield Phase("completed", done, lasts=False, within=TOGETHER_SECONDS * 2, breaks="reboot" in command)
