"""pyinfra operations that take a node out of service and back, and see that it has happened."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Protocol

from pyinfra import host, logger, state
from pyinfra.api import DeployError, FunctionCommand, Host, QuoteString, State, StringCommand, operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import BaseStateCallback

from keepalived import client
from keepalived.cluster import Cluster
from keepalived.cluster_state import ClusterState, Verdict, in_service, let_go, moves, standing
from keepalived.node_state import ROLLOUT
from keepalived.watch import look, wait

SLACK_SECONDS = 10  # what a busy machine may need beyond the protocol's own time

Commands = Generator[PyinfraCommand | str, None, None]


class Judge(Protocol):
    """What is waited for: a question of `cluster_state` about one node."""

    def __call__(self, state: ClusterState, name: str) -> Verdict: ...


def refuse(reason: str) -> FunctionCommand:
    """Fails this host in one line. While the run is being planned it ends the run, before anything is done."""
    if not state.is_executing:
        raise DeployError(f"{reason}. Nothing was done.")
    return FunctionCommand(_say_no, (reason,), {})


def _say_no(state: State, host: Host, reason: str) -> bool:
    host.log_styled(reason, fg="red", log_func=logger.error)
    return False


def until(judge: Judge, before: ClusterState | None = None, otherwise: str = "") -> FunctionCommand:
    """Waits until `judge` is satisfied, and says in one line what was seen: the moves since `before`, if any.

    A passed deadline fails the operation with what was seen last; `otherwise` says how things stand then.
    """
    return FunctionCommand(_wait, (judge, before, otherwise), {})


def _wait(state: State, host: Host, judge: Judge, before: ClusterState | None, otherwise: str) -> bool:
    cluster: Cluster = host.data.cluster
    deadline = cluster.move_seconds + SLACK_SECONDS
    waited = wait(cluster, partial(judge, name=host.data.node), deadline)
    if waited.verdict.done:
        moved = moves(before, waited.state) if before else []
        seen = f"{', '.join(moved)} in {waited.seconds:.1f} s" if moved else waited.verdict.seen
        host.log_styled(seen, fg="green")
    else:
        last = f"Not seen within {deadline:.0f} s. Last seen: {waited.verdict.seen}"
        host.log_styled(f"{last}. {otherwise}" if otherwise else last, fg="red", log_func=logger.error)
    return waited.verdict.done


def set_flag(path: str, *, by_rollout: bool = False) -> StringCommand:
    """The command that drains a node. `check: file` reads the number; with `check: script` only the presence counts."""
    content = f"1\\n{ROLLOUT}\\n" if by_rollout else "1\\n"
    return StringCommand("printf", QuoteString(content), ">", QuoteString(path))


def remove_flag(path: str) -> StringCommand:
    """The command that restores a node."""
    return StringCommand("rm -f", QuoteString(path))


class _Failures(BaseStateCallback):
    """Tells once a cluster how things stand when an operation has failed on one of its nodes."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def operation_host_error(  # type: ignore[override] # a static method there, called on the instance all the same
        self, state: State, host: Host, op_hash: str, *retries: int
    ) -> None:
        cluster: Cluster = host.data.cluster
        if cluster.name not in self.told:
            self.told.add(cluster.name)
            for line in standing(look(cluster)):
                logger.warning("    %s", line)


_failures = _Failures()


def tell_failures() -> None:
    """From now on a failed operation is followed by the state of every node of its cluster."""
    if _failures not in state.callback_handlers:
        state.add_callback_handler(_failures)  # type: ignore[no-untyped-call]


def _change_flag(words: str, command: StringCommand, judge: Judge, *, drained: bool) -> Commands:
    """Sets or removes the flag where it is not so yet, and waits until `judge` sees the effect."""
    tell_failures()
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if node is None:
        yield refuse(f"{host.name} could not be read")
        return
    if node.version is None or node.unit.load_state != "loaded":
        yield refuse(f"keepalived is not installed on {host.name}: run deploy.py first")
        return
    if node.drained != drained or node.flag.by_rollout:  # what an operator asks for is no longer the rollout's
        if state.is_executing:
            client.step(words)
        yield command
    elif (verdict := judge(before, host.data.node)).done:
        if state.is_executing:
            host.log(f"No change: {verdict.seen}")
        return
    yield until(judge, before)


@operation()
def drain() -> Commands:
    """
    Takes the node out of service: sets its flag, and waits until another node is seen holding the addresses.

    **Example:**

    .. code:: python

        operations.drain(name="Drain")
    """
    yield from _change_flag("Drain", set_flag(host.data.cluster.drain.flag), let_go, drained=True)


@operation()
def restore() -> Commands:
    """
    Puts the node back in service: removes its flag, and waits until it holds again what it should.

    **Example:**

    .. code:: python

        operations.restore(name="Restore")
    """
    yield from _change_flag("Restore", remove_flag(host.data.cluster.drain.flag), in_service, drained=False)
