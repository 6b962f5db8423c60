"""Puts a node back in service, and sees it hold what it should."""

from __future__ import annotations

from functools import partial

from pyinfra import host, state
from pyinfra.api import operation

from keepalived.cli.operator import operator_name
from keepalived.observed.cluster import ClusterState
from keepalived.operations import swarm
from keepalived.operations.checkpoints import remove_checkpoints
from keepalived.operations.connections import make_ready, tell_kept_each
from keepalived.operations.preempt import left_without, wait_for_move
from keepalived.plan.commands import command, on_a_line
from keepalived.plan.connections.moves import moves_of_restore
from keepalived.plan.guard import restore_plan
from keepalived.plan.verdicts import in_service
from keepalived.run.context import current
from keepalived.run.files import remove_file, tell_journal
from keepalived.run.hands import TurnCommand, targets
from keepalived.run.look import look
from keepalived.run.planning import Commands, look_before, refuse, tell_plan, unusable
from keepalived.run.turn import Turn
from keepalived.spec import paths

SWARM_SECONDS = 30  # for the swarm to tell that it has the node: it has been up for a while


def plan() -> None:
    """Says once a run what putting its hosts back in service will move. Raises NothingDone."""
    current().once("restore", _tell_plan)


def _tell_plan() -> None:
    seen = look_before()
    for one in seen.values():
        tell_plan(one, restore_plan)
        tell_kept_each(one, targets(one.cluster), moves_of_restore)


@operation()
def restore() -> Commands:
    """
    Puts the node back in service: removes its flag, and waits until it holds again what it should.

    What a reboot or an upgrade that did not end has left there is ended too.

    **Example:**

    .. code:: python

        restore(name="Restore the node")
    """
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if why := unusable(node):
        yield refuse(why)
        return
    verdict = in_service(before, host.data.node)
    if node and not node.flag.present and node.checkpoint is None and verdict.done and not left_without(before):
        if state.is_executing:
            host.log(f"No change: {verdict.seen}")
        return
    yield TurnCommand(partial(restore_node, before=before))


def restore_node(turn: Turn, *, before: ClusterState | None = None) -> None:
    """The turn of a node that is put back in service. `before`: a look at the cluster that was just taken."""
    before = before or turn.look()
    node = turn.read(before)
    checkpoint = node.checkpoint
    if checkpoint and checkpoint.availability:
        give_back = f"docker node update --availability {checkpoint.availability.lower()} {turn.node}"
        turn.advice = (
            f"{turn.node} stays drained while the swarm does not have it back. To restore it all the same, run on "
            f"{turn.node}:{on_a_line(f'rm {paths.CHECKPOINT}')}\n"
            f"Then restore it again:{command('tasks/restore.py', [turn.node])}\n"
            f"Later give it back to the swarm, on a manager:{on_a_line(give_back)}"
        )
        swarm.return_to_swarm(turn, checkpoint, seconds=SWARM_SECONDS)
        turn.advice = ""
    if node.drained or node.flag.present:
        make_ready(turn, moves_of_restore, before)
        turn.runner.begin("Restore")
        turn.shell(remove_file(turn.cluster.drain.flag), "removing the flag")
        turn.shell(tell_journal(f"put back in service by {operator_name()}"))
    seen = wait_for_move(turn, in_service, before, any_holder=True)
    if checkpoint:
        for hook in turn.cluster.maintenance.after:
            turn.say(f"not run, since the {checkpoint.run} did not end: `{hook.command}`")
        turn.shell(remove_file(paths.CHECKPOINT), "removing the checkpoint")
    if any(one and one.checkpoint for one in seen.nodes.values()):
        remove_checkpoints(turn)
