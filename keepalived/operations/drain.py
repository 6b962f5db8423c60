"""Takes a node out of service, and sees another one hold its addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from pyinfra import host, state
from pyinfra.api import operation

from keepalived.cli.errors import NothingDone
from keepalived.cli.operator import operator_name
from keepalived.cli.options import DrainOptions, as_data
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations.connections import make_ready, tell_kept_each, tell_what_is_left, wait_for_end
from keepalived.operations.flag import place_flag
from keepalived.operations.preempt import left_without, wait_for_move
from keepalived.plan.commands import command, limit_to, on_a_line
from keepalived.plan.connections.moves import moves_of_drain
from keepalived.plan.guard import drain_plan, drain_refusal
from keepalived.plan.preemption import stuck
from keepalived.plan.verdicts import Verdict, out_of_service
from keepalived.run.context import current
from keepalived.run.files import set_flag, tell_journal
from keepalived.run.hands import TurnCommand, clusters_of_run, targets
from keepalived.run.look import look
from keepalived.run.planning import Commands, look_before, refuse, tell_plan, unusable
from keepalived.run.turn import Turn
from keepalived.spec import flag
from keepalived.spec.cluster import Cluster


def plan(options: DrainOptions) -> None:
    """Says once a run what the drain of all its hosts will move. Raises NothingDone, before anything is done on any."""
    current().once("drain", partial(_tell_plan, options))


def _tell_plan(options: DrainOptions) -> None:
    refuse_vain_wait(options, clusters_of_run())
    seen = look_before(partial(refuses, options))
    for one in seen.values():
        tell_plan(one, drain_plan)
        tell_kept_each(one, targets(one.cluster), moves_of_drain)


def refuse_vain_wait(options: DrainOptions, clusters: Sequence[Cluster]) -> None:
    """Raises NothingDone where the end of connections is to be waited for, and none of these clusters keeps any."""
    if options.wait and all(cluster.connections == "cut" for cluster in clusters):
        files = " and ".join(f"group_data/{cluster.name}.yml" for cluster in clusters)
        raise NothingDone(
            f"wait={options.wait} waits for established connections, and a drain cuts them here. Leave it out, or "
            f"write this into {files} and deploy:{on_a_line('connections: keep')}"
        )


def refuses(options: DrainOptions, seen: ClusterState, meant: Collection[str]) -> str | None:
    """Why these nodes of a cluster may not be drained, or would be in vain; None when they may."""
    if why := stuck(seen, meant):
        return why
    if options.force or (why := drain_refusal(seen, meant)) is None:
        return None
    limit = limit_to(seen.cluster, meant)
    all_meant = "" if limit else " (without --limit every node is meant)"
    forced = command("tasks/drain.py", limit or [seen.cluster.name], as_data(options, force="true"))
    return f"{why}{all_meant}. Restore or repair one first. To drain all the same:{forced}"


@operation()
def drain(reason: str | None = None, until: str | None = None, force: bool = False, wait: int = 0) -> Commands:
    """
    Takes the node out of service: sets its flag, and waits until another node is seen to hold the addresses.

    + reason: why, for status and the node's journal
    + until: ``reboot`` ends the drain with the node's next boot, ``restore`` (the default) lasts over boots
    + force: also when no other node could serve
    + wait: seconds for which the end of the connections that the node still serves is waited for

    **Example:**

    .. code:: python

        drain(name="Drain the node", reason="kernel upgrade", until="reboot")
    """
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if why := unusable(node):
        yield refuse(why)
        return
    verdict = out_of_service(before, host.data.node)
    if node and is_as_meant(node, reason, until) and verdict.done and not left_without(before):
        if state.is_executing:
            host.log(f"No change: {verdict.seen} (drained {node.flag.words})")
        if not (wait and node.serves):
            return
    yield TurnCommand(partial(drain_node, reason=reason, until=until, force=force, wait=wait, before=before))


def is_as_meant(node: NodeState, reason: str | None, until: str | None) -> bool:
    """Whether the node is drained already, by an operator, for this reason and as long as is asked for."""
    as_long = until is None or node.flag.until_reboot == (until == "reboot")
    return node.drained and node.flag.run is None and (not reason or node.flag.reason == reason) and as_long


def drain_node(
    turn: Turn,
    *,
    reason: str | None = None,
    until: str | None = None,
    force: bool = False,
    wait: int = 0,
    before: ClusterState | None = None,
) -> None:
    """The turn of a node that is drained. `before`: a look at the cluster that was just taken.

    `wait`: for so many seconds the end of the connections that it still serves is waited for.
    """
    before = before or turn.look()
    node = turn.read(before)
    if not is_as_meant(node, reason, until):
        if not node.drained:
            make_ready(turn, moves_of_drain, before)
        turn.runner.begin("Drain")
        _set_flag(turn, node, reason, until, force=force)
    wait_for_move(turn, out_of_service if force else _patiently, before, turn.targets)
    turn.runner.moved()
    if wait and (left := wait_for_end(turn, wait)):
        turn.stop(f"{turn.node} is drained, but not within {wait} s have its connections ended: {left}")
    if not wait:
        tell_what_is_left(turn)


def _set_flag(turn: Turn, node: NodeState, reason: str | None, until: str | None, *, force: bool) -> None:
    """What the operator does not say anew stays as it is; what a run has set becomes the operator's."""
    path, by = turn.cluster.drain.flag, operator_name()
    found = node.flag if node.drained and node.flag.run is None else None
    why = reason or (found.reason if found else None)
    until_reboot = until == "reboot" or (until is None and found is not None and found.until_reboot)
    text = flag.content(by, why, until_reboot=until_reboot)
    if force or node.drained:
        turn.shell(set_flag(path, text, until_reboot=until_reboot, like=path if found else None), "setting the flag")
    else:
        place_flag(turn, [path], text, turn.targets, until_reboot=until_reboot)
    ends = " until its next boot" if until_reboot else ""
    turn.shell(tell_journal(f"drained{ends} by {by} ({why or 'no reason given'})"))


def _patiently(state: ClusterState, name: str) -> Verdict:
    """Without force another node could serve when the flag was set: who drains it later removes that again."""
    return out_of_service(state, name)._replace(hopeless=False)
