"""The checkpoints of a reboot that has come to its end are removed."""

from __future__ import annotations

from keepalived.plan import maintenance
from keepalived.run.files import remove_file
from keepalived.run.turn import Turn
from keepalived.spec import paths


def remove_checkpoints(turn: Turn) -> None:
    """Removes the checkpoints of a reboot, once no node of the cluster is left to be rebooted or restored."""
    for name in maintenance.finished_reboots(turn.look()):
        # The first node of this run sees to those that an earlier run has written and that this one is not for.
        if name == turn.node or (name not in turn.targets and turn.node == turn.targets[0]):
            turn.shell(remove_file(paths.CHECKPOINT), "removing the checkpoint", on=name)
