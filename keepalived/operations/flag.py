"""Setting a node's flag so that two who drain different nodes at the same moment do not drain the last one."""

from __future__ import annotations

from collections.abc import Collection

from keepalived.observed.cluster import ClusterState
from keepalived.plan.guard import nobody_left
from keepalived.plan.verdicts import Verdict
from keepalived.run.files import remove_file, remove_runs_flag, set_flag
from keepalived.run.turn import Turn
from keepalived.run.wait import AGAIN_SECONDS
from keepalived.spec.flag import RunKind


def place_flag(
    turn: Turn,
    paths: Collection[str],
    content: str,
    leaving: Collection[str] = (),
    *,
    until_reboot: bool = False,
    run: RunKind | None = None,
) -> None:
    """Sets the flag, and removes it again when no node is left to serve: another operator may have been quicker.

    `run`: the flag is that of a run, and one that is there already stays as it is. `leaving`: nodes beside this one
    that are about to be drained. Two who see each other's flag remove theirs, the first of them or both: no lock is
    needed, and none can be left.
    """
    for path in paths:
        keep = turn.cluster.drain.check if run else None
        turn.shell(set_flag(path, content, until_reboot=until_reboot, keep=keep), "setting the flag")

    def somebody_left(seen: ClusterState) -> Verdict:
        why = nobody_left(seen, leaving)
        return Verdict(why is None, why or "")

    verdict = turn.watch(somebody_left, AGAIN_SECONDS).verdict
    if not verdict.done:
        for path in paths:
            turn.shell(remove_runs_flag(path, run) if run else remove_file(path), "removing the flag")
        turn.advice = ""
        turn.stop(f"{turn.node} was not drained, its flag was removed again: {verdict.seen}")
