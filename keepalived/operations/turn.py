"""The two halves of a node's turn in a maintenance run: out of service, and back, around a reboot or an upgrade."""

from __future__ import annotations

from functools import partial

from keepalived.cli.operator import operator_name
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations import swarm
from keepalived.operations.connections import make_ready, tell_what_is_left, wait_before_cutting
from keepalived.operations.flag import place_flag
from keepalived.operations.hooks import run_hooks, wait_until_healthy
from keepalived.operations.preempt import wait_for_move
from keepalived.plan.commands import command, limit_to
from keepalived.plan.connections.moves import moves_of_drain, moves_of_restore
from keepalived.plan.guard import nobody_left
from keepalived.plan.verdicts import fit, out_of_service, taken_back
from keepalived.run.files import remove_runs_flag, set_flag, tell_journal
from keepalived.run.turn import Turn
from keepalived.spec import flag
from keepalived.spec.flag import RunKind


def again(turn: Turn, run: RunKind) -> str:
    """The command that continues a run for the same nodes, on a line of its own."""
    return command(f"tasks/{run}.py", limit_to(turn.cluster, turn.targets))


def stays_out(turn: Turn, run: RunKind) -> str:
    """What the operator does when a run stops while the node is out of service."""
    return (
        f"{turn.node} stays out of service. Remove the cause, then continue the {run}:{again(turn, run)}\n"
        f"Or put it back as it is:{command('tasks/restore.py', [turn.node])}"
    )


def leave_service(
    turn: Turn,
    run: RunKind,
    before: ClusterState,
    checkpoint: Checkpoint,
    reason: str | None = None,
    *,
    force: bool = False,
    cuts: bool = True,
) -> None:
    """Takes the node out of service: its address, its tasks in the swarm, and what the hooks see to.

    `cuts`: what follows ends the connections that the node still serves, as what the hooks do may too.
    Without `force` it returns only when another node has been seen to hold what this one held.
    """
    node = turn.read(before)
    turn.advice = stays_out(turn, run)
    turn.announce("taking it out of service")
    alone = nobody_left(before, [turn.node]) if node.holds or not node.drained else None
    if not node.drained:
        _drain(turn, run, reason, at_once=bool(alone) and force)
    if alone and force:
        turn.runner.say(f"{alone}: clients will notice", "warning")
    else:
        wait_for_move(turn, out_of_service, before)
        turn.runner.moved()
        tell_what_is_left(turn)
    if node.holds:
        turn.times.away = turn.runner.now()
    if cuts or turn.cluster.maintenance.before or turn.cluster.maintenance.swarm:
        wait_before_cutting(turn, f"the {run}")
    if turn.cluster.maintenance.swarm:
        swarm.leave_swarm(turn, checkpoint, force=force)
    run_hooks(turn, turn.cluster.maintenance.before)


def _drain(turn: Turn, run: RunKind, reason: str | None, *, at_once: bool) -> None:
    """Sets the run's own flag; unless `at_once`, another look says whether a node is left that could serve."""
    make_ready(turn, moves_of_drain)
    path, text = turn.cluster.drain.flag, flag.content(operator_name(), reason, run=run)
    if at_once:
        turn.shell(set_flag(path, text), "setting the flag")
    else:
        place_flag(turn, [path], text, run=run)
    turn.shell(tell_journal(f"taken out of service for {run} by {operator_name()} ({reason or 'no reason given'})"))


def last_look(turn: Turn, *, force: bool) -> None:
    """Right before the work: the swarm and the hooks may have taken long, and others act too."""
    if force:
        return
    turn.announce("looking once more")
    turn.wait(out_of_service)
    if turn.cluster.maintenance.swarm and (why := swarm.may_not_leave(turn)):
        turn.stop(why)


def return_to_service(turn: Turn, run: RunKind, checkpoint: Checkpoint | None) -> None:
    """Puts the node back in service once it is seen healthy. What an operator has drained stays drained."""
    turn.advice = stays_out(turn, run)
    turn.announce("waiting until keepalived is healthy")
    turn.wait(fit)
    if checkpoint and checkpoint.availability:
        swarm.return_to_swarm(turn, checkpoint)
    run_hooks(turn, turn.cluster.maintenance.after)
    wait_until_healthy(turn)
    turn.announce("putting it back in service")
    drained = turn.look()
    make_ready(turn, moves_of_restore, drained)
    turn.shell(remove_runs_flag(turn.cluster.drain.flag, run), "removing the flag")
    turn.advice = f"Then continue the {run}:{again(turn, run)}"
    wait_for_move(turn, partial(taken_back, run=run), drained, any_holder=True)
    turn.runner.moved()
    turn.sit_out_startup()
    turn.shell(tell_journal(f"back after {run} by {operator_name()}"))
    turn.times.back = turn.runner.now()


def own_checkpoint(node: NodeState, run: RunKind) -> Checkpoint | None:
    """The checkpoint of such a run on the node."""
    return node.checkpoint if node.checkpoint and node.checkpoint.run == run else None
