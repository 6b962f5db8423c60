"""How a node leaves the Docker Swarm and returns, in its turn of a maintenance run.

Another manager of the cluster is asked, never the node itself where there is another: it is about to go.
"""

from __future__ import annotations

from collections.abc import Collection

from pyinfra.api import QuoteString, StringCommand

from keepalived.facts import Swarm, SwarmTasks
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.swarm import SwarmState, Tasks
from keepalived.plan.swarm import (
    asked_manager,
    homeless,
    lacking,
    leave_refusal,
    not_back,
    not_ready,
    starting,
    still_here,
    unknown,
)
from keepalived.plan.verdicts import Verdict
from keepalived.run.files import write_checkpoint
from keepalived.run.turn import Turn

ASK_SECONDS = 45  # for two questions to docker, which may be slow to answer while managers come and go
MOVE_SECONDS = 300  # for tasks to end here and start elsewhere: images may have to be pulled
READY_SECONDS = 180  # for a booted manager to be reached by the others


def leave_swarm(turn: Turn, checkpoint: Checkpoint, *, force: bool) -> None:
    """Drains the node in the swarm and waits until its tasks run elsewhere. What it was is written down first."""
    turn.announce("draining it in the swarm")
    swarms = _swarms(turn)
    if unknown(swarms, turn.node) and not force:
        swarms = _wait_until_known(turn)
    if (why := leave_refusal(swarms, turn.node)) and not force:
        turn.stop(why)
    manager, own = asked_manager(swarms, turn.node), swarms[turn.node]
    member = ((swarms[manager] or own).members or {}).get(own.node_id) if manager and own else None
    if manager is None or own is None or member is None:
        turn.runner.say("no manager of the swarm answers: the node was not drained there", "warning")
        return
    tasks = _tasks(turn, manager, own.node_id)
    if tasks is None:
        turn.stop(f"{manager} does not answer for the tasks in the swarm")
    if checkpoint.availability is None:
        checkpoint = checkpoint.drained_in_swarm(member.availability, lacking(tasks))
        turn.shell(write_checkpoint(checkpoint), "writing the checkpoint")
    _set_availability(turn, manager, own.node_id, "drain")
    _wait_for_tasks(turn, manager, own.node_id, checkpoint, starting(tasks))


def may_not_leave(turn: Turn) -> str | None:
    """Why the node may not leave its swarm now; None when it may."""
    return leave_refusal(_swarms(turn), turn.node)


def return_to_swarm(turn: Turn, checkpoint: Checkpoint, *, seconds: float = READY_SECONDS) -> None:
    """Waits until the others reach the node again, gives it its availability back, and waits for its tasks."""
    availability = checkpoint.availability
    if availability is None:
        return
    turn.announce("waiting until the swarm has it back")
    manager, node_id = _wait_until_ready(turn, seconds)
    _set_availability(turn, manager, node_id, availability.lower())
    if availability == "Active":
        _wait_for_services(turn, manager, node_id, checkpoint)
    done = checkpoint.model_copy(update={"availability": None, "waiting": {}})
    turn.shell(write_checkpoint(done), "writing the checkpoint")


def _swarms(turn: Turn) -> dict[str, SwarmState | None]:
    """What every node tells of the swarm it is in, asked side by side; None: it could not be read."""
    return turn.runner.ask_all(Swarm, ASK_SECONDS)


def _tasks(turn: Turn, manager: str, node_id: str) -> Tasks | None:
    return turn.runner.ask(SwarmTasks, manager, ASK_SECONDS, node=node_id)


def _wait_until_known(turn: Turn) -> dict[str, SwarmState | None]:
    """The swarm, once a manager knows all members: else tasks would find no other node, and end here all the same."""
    seen: list[dict[str, SwarmState | None]] = []

    def look() -> Verdict:
        seen.append(_swarms(turn))
        why = unknown(seen[-1], turn.node)
        return Verdict(why is None, why or "the swarm knows all its members")

    turn.wait_for(look, READY_SECONDS)
    return seen[-1]


def _set_availability(turn: Turn, manager: str, node_id: str, availability: str) -> None:
    command = StringCommand("docker node update --availability", QuoteString(availability), QuoteString(node_id))
    turn.shell(command, f"`docker node update --availability {availability}`", on=manager)


def _wait_for_tasks(turn: Turn, manager: str, node_id: str, checkpoint: Checkpoint, restless: Collection[str]) -> None:
    def look() -> Verdict:
        tasks = _tasks(turn, manager, node_id)
        if tasks is None:
            return Verdict(False, f"{manager} does not answer for the tasks")
        if why := still_here(tasks, restless):
            return Verdict(False, why)
        alone = homeless(tasks, checkpoint.waiting)
        fits = "fits on no other node and waits" if len(alone) == 1 else "fit on no other node and wait"
        rest = f" ({', '.join(alone)} {fits} for this one)" if alone else ""
        return Verdict(True, f"no task runs here any more{rest}")

    turn.wait_for(look, MOVE_SECONDS)


def _wait_for_services(turn: Turn, manager: str, node_id: str, checkpoint: Checkpoint) -> None:
    def look() -> Verdict:
        tasks = _tasks(turn, manager, node_id)
        if tasks is None:
            return Verdict(False, f"{manager} does not answer for the tasks")
        why = not_back(tasks, checkpoint.waiting)
        return Verdict(why is None, why or "every service has its tasks")

    turn.wait_for(look, MOVE_SECONDS)


def _wait_until_ready(turn: Turn, seconds: float) -> tuple[str, str]:
    """The node that is asked about the swarm, and this one's id in it, once the swarm has this one back."""
    found: list[tuple[str, str]] = []

    def look() -> Verdict:
        swarms = _swarms(turn)
        if why := not_ready(swarms, turn.node):
            return Verdict(False, why)
        manager, own = asked_manager(swarms, turn.node), swarms[turn.node]
        assert manager is not None
        assert own is not None
        found.append((manager, own.node_id))
        return Verdict(True, f"{turn.node} is ready in the swarm")

    turn.wait_for(look, seconds)
    return found[-1]
