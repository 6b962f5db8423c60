"""Takes keepalived off a node that is drained: only what deploy.py has put there."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import PurePosixPath

from pyinfra import host, logger, state
from pyinfra.api import QuoteString, StringCommand, operation
from pyinfra.operations import files

from keepalived.cli.options import RemoveOptions, as_data
from keepalived.conf.host import is_ours
from keepalived.conf.scripts import is_name_of_script
from keepalived.facts import Node
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations.connections import end_all, tell_kept_each, wait_before_cutting
from keepalived.operations.drain import drain_node
from keepalived.operations.host import REMOVE_FIREWALL
from keepalived.plan.commands import command, limit_to
from keepalived.plan.connections.moves import moves_of_drain
from keepalived.plan.guard import expected_moves, nobody_left, notified
from keepalived.run.context import current
from keepalived.run.files import remove_scripts, tell_journal
from keepalived.run.hands import TurnCommand, aligned, targets
from keepalived.run.planning import Commands, look_before, refuse
from keepalived.run.turn import Stopped, Turn
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster


def plan(options: RemoveOptions) -> None:
    """Says once a run what the removal will move. Raises NothingDone, before anything is done on any host."""
    current().once("remove", partial(_tell_plan, options))


def _tell_plan(options: RemoveOptions) -> None:
    for name, seen in look_before(partial(refuses, options), bare=True).items():
        due = [one for one in targets(seen.cluster) if is_there(seen.nodes[one])]
        gone = [one for one in targets(seen.cluster) if one not in due]
        if gone:
            logger.info(f"{name}: keepalived is not on {', '.join(gone)}")
        if due:
            moves = expected_moves(seen, dict.fromkeys(due, True))
            logger.info(f"{name}: remove {', '.join(due)}; {', '.join(moves) or f'nothing moves: {seen.who_holds()}'}")
            for words in notified(seen, dict.fromkeys(due, True)):
                logger.info(words)
            tell_kept_each(seen, due, moves_of_drain)
            logger.info(f"  then take {', '.join(due)} out of group_data/{name}.yml, or a deploy installs it again")
            logger.info(aligned(f"  and deploy to the others:{command('deploy.py')}"))


def refuses(options: RemoveOptions, seen: ClusterState, meant: Collection[str]) -> str | None:
    """Why these nodes may not be taken out of their cluster; None when they may."""
    due = [name for name in meant if is_there(seen.nodes[name])]
    if away := [name for name in due if (node := seen.nodes[name]) and is_drained_in_swarm(node)]:
        give_back = command("tasks/restore.py", away)
        return f"a run left {', '.join(away)} drained in the Docker Swarm. Give it back first:{give_back}"
    if not due or options.force:
        return None
    limit = limit_to(seen.cluster, meant) or [seen.cluster.name]
    forced = command("tasks/remove.py", limit, as_data(options, force="true"))
    if all(name in due for name in seen.nodes):
        return f"no node would be left. Name those that are meant with --limit. To remove them all:{forced}"
    why = nobody_left(seen, due)
    return f"{why}. Restore or repair one first. To remove it all the same:{forced}" if why else None


def is_there(node: NodeState | None) -> bool:
    """Whether there is anything of keepalived to be removed."""
    return node is not None and (node.version is not None or node.configuration.origin is not None)


def is_to_be_stopped(node: NodeState) -> bool:
    """Whether keepalived runs on the node, or would after a boot."""
    return node.unit.load_state == "loaded" and (node.unit.runs or node.unit.enabled)


def is_drained_in_swarm(node: NodeState) -> bool:
    """Whether a run that did not end has drained the node in its Docker Swarm, and only its checkpoint knows."""
    return node.checkpoint is not None and node.checkpoint.availability is not None


@operation()
def service_stopped(force: bool = False) -> Commands:
    """
    Drains a node on which keepalived runs, sees another one hold its addresses, and stops keepalived.

    + force: also when no other node could serve

    **Example:**

    .. code:: python

        service_stopped(name="Drain the node and stop the service")
    """
    node = host.get_fact(Node)
    if node is None:
        yield refuse(f"{host.name} cannot be read")
        return
    if is_to_be_stopped(node):
        yield TurnCommand(partial(stop_node, force=force))


def stop_node(turn: Turn, *, force: bool = False) -> None:
    """The turn of a node that leaves its cluster: drained, then stopped once it holds nothing."""
    if turn.read(turn.look()).unit.runs:
        try:
            drain_node(turn, reason="removal from the cluster", force=force)
        except Stopped as stopped:  # others may leave at the same moment
            if not force:
                raise
            turn.runner.say(f"{stopped}: clients will notice", "warning")
    node = turn.read(turn.look())
    if node.holds and not force:
        turn.stop(f"{turn.node} holds {', '.join(node.holds)}: keepalived was not stopped")
    wait_before_cutting(turn, "the removal")
    end_all(turn)
    turn.shell(tell_journal("removed from the cluster"))
    turn.shell("systemctl disable --now --quiet keepalived.service", "stopping keepalived")


@operation()
def files_removed() -> Commands:
    """
    Removes the files that deploy.py and the tasks have made. A configuration that somebody else has written stays.

    **Example:**

    .. code:: python

        files_removed(name="Remove its files")
    """
    cluster: Cluster = host.data.cluster
    node = host.get_fact(Node)
    if node is None:
        yield refuse(f"{host.name} cannot be read")
        return
    doomed = [
        paths.DROP_IN,
        paths.CHECKPOINT,
        cluster.drain.flag,
        paths.DRAINED_THIS_BOOT,
        paths.STAGED,
        paths.STAGED_DROP_IN,
        *([paths.SYSCTLS] if is_ours(node.host.sysctl_file) else []),
        *node.host.kept,
        paths.REPORT_LOCK,
        paths.REPORT_MEMORY,
    ]
    if node.configuration.origin == "deployed":
        doomed.append(paths.CONFIGURATION)
    elif node.configuration.origin is not None and state.is_executing:
        host.log(f"{paths.CONFIGURATION} stays: it is not as deploy.py wrote it")
    if is_ours(node.host.firewall_file):
        yield REMOVE_FIREWALL
    if scripts := [f"{paths.SCRIPTS}/{name}" for name in node.scripts if is_name_of_script(name)]:
        yield remove_scripts(scripts)
    removing = [one for path in doomed for one in files.file._inner(path=path, present=False)]
    yield from removing
    if removing:
        of_folders = (paths.DROP_IN, paths.CHECKPOINT, f"{paths.SCRIPTS}/any", *node.host.kept, paths.FIREWALL_DROP_IN)
        folders = [PurePosixPath(path).parent for path in of_folders]
        empty = StringCommand(*(QuoteString(str(folder)) for folder in folders))
        yield StringCommand("rmdir --ignore-fail-on-non-empty", empty, "2>/dev/null; systemctl daemon-reload")
