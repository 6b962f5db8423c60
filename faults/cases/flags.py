"""The flag that drains a node, not as a drain makes it."""

from __future__ import annotations

from faults.cases.case import Phases, case
from faults.cases.power import COMMAND_SECONDS
from faults.phases import Phase
from faults.stage import Stage
from faults.variants import Variant
from lab.operator import FLAG

SHOWN = "status shows the node as drained: that is no fault"


def preempts(variant: Variant) -> bool:
    """Where a flag that is made by hand moves addresses."""
    return variant.kind != "nopreempt"


def _by_hand(stage: Stage, make: str) -> Phases:
    """The flag is made on the holder, and the node restored."""
    holder = stage.holder()
    holder.succeed(make)
    made = stage.one_each(drained=[holder])
    yield Phase("made", made, lasts=False, within=stage.planned, breaks=True)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS, breaks=True)


@case(applies=preempts, why_unnamed=SHOWN)
def flag_empty(stage: Stage) -> Phases:
    """Somebody makes the flag of the holder by `touch`; the node is restored with the command."""
    yield from _by_hand(stage, f"touch {FLAG}")


@case(applies=preempts, why_unnamed=SHOWN)
def flag_unreadable(stage: Stage) -> Phases:
    """Somebody makes the flag of the holder, and nobody may read it; the node is restored with the command."""
    yield from _by_hand(stage, f"touch {FLAG}; chmod 000 {FLAG}")


@case(applies=preempts, why_unnamed=SHOWN)
def flag_a_folder(stage: Stage) -> Phases:
    """The flag of the holder is a folder; the node is restored with the command."""
    stage.operator.afterwards(stage.holder(), f"rm -rf {FLAG}")
    yield from _by_hand(stage, f"mkdir {FLAG}")


@case(applies=preempts, why_unnamed=SHOWN)
def flag_a_link(stage: Stage) -> Phases:
    """The flag of the holder is a link to a file; the node is restored with the command, and the file stays."""
    holder = stage.holder()
    yield from _by_hand(stage, f"echo precious > /root/precious; ln -s /root/precious {FLAG}")
    holder.succeed("grep -qx precious /root/precious")


@case(why_unnamed="a flag that leads nowhere is none: the node is in service")
def flag_a_link_to_nowhere(stage: Stage) -> Phases:
    """The flag of the holder is a link to nothing, which drains nothing; then the node is drained and restored."""
    holder = stage.holder()
    stage.operator.afterwards(holder, f"rm -f {FLAG}")
    holder.succeed(f"ln -s /root/nowhere {FLAG}")
    yield Phase("made", stage.one_each())
    stage.drain(holder)
    yield Phase("drained", stage.one_each(drained=[holder]), within=COMMAND_SECONDS)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS)


@case(why_unnamed="a node without the folder is in service, and a drain makes it again")
def flag_folder_removed(stage: Stage) -> Phases:
    """The folder of the holder's flag is removed; then the node is drained and restored."""
    holder = stage.holder()
    holder.succeed("rm -rf /var/lib/keepalived")
    yield Phase("removed", stage.one_each())
    stage.drain(holder)
    yield Phase("drained", stage.one_each(drained=[holder]), within=COMMAND_SECONDS)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), lasts=False, within=COMMAND_SECONDS)
