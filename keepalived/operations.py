"""pyinfra operations that take a node out of service and back, and see that it has happened."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Collection, Generator
from functools import partial
from typing import Literal, Protocol

import gevent
from pyinfra import host, inventory, logger, state
from pyinfra.api import FunctionCommand, Host, QuoteString, State, StringCommand, operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import BaseStateCallback

from keepalived import client, flag
from keepalived.cluster import Cluster
from keepalived.cluster_state import ClusterState, Verdict, in_service, let_go, moves, standing
from keepalived.diagnosis import likely
from keepalived.errors import NothingDone
from keepalived.flag import ROLLOUT, THIS_BOOT, Flag, fault_of
from keepalived.guard import drain_plan, nobody_left, refusal, restore_plan
from keepalived.node_state import NodeState
from keepalived.once import once
from keepalived.options import said_true
from keepalived.watch import look, wait

AGAIN_SECONDS = 2  # a refusal is looked at again for so long: a daemon may have been slow to tell its state
SLACK_SECONDS = 10  # what a busy machine may need beyond the protocol's own time

Commands = Generator[PyinfraCommand | str, None, None]


class Judge(Protocol):
    """What is waited for: a question of `cluster_state` about one node."""

    def __call__(self, state: ClusterState, name: str) -> Verdict: ...


def refuse(reason: str) -> FunctionCommand:
    """Fails this host in one line. While the run is being planned it ends the run, before anything is done."""
    if not state.is_executing:
        raise NothingDone(f"{reason}")
    return FunctionCommand(_say_no, (reason,), {})


def _say_no(state: State, host: Host, reason: str) -> bool:
    host.log_styled(reason, fg="red", log_func=logger.error)
    return False


def wait_until(judge: Judge, before: ClusterState | None = None, otherwise: str = "") -> FunctionCommand:
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
        if waited.verdict.hopeless:
            last = f"{host.data.node} {waited.verdict.seen}"
        host.log_styled(f"{last}. {otherwise}" if otherwise else last, fg="red", log_func=logger.error)
    return waited.verdict.done


def set_flag(
    path: str, content: str, *, until_reboot: bool = False, like: str | None = None, keep: bool = False
) -> StringCommand:
    """The command that drains a node: the flag is there at once and whole, also for who reads the number in it.

    It gets the time of the flag `like`: the node has been drained since then. `keep`: a flag that is there stays.
    """
    new = QuoteString(f"{path}.new")
    command = StringCommand("printf %s", QuoteString(content), ">", new)
    if like:
        command = StringCommand(command, "&& touch -r", QuoteString(like), new)
    if until_reboot:
        command = StringCommand("touch", THIS_BOOT, "&&", command)
    if keep:  # whether that is a failure differs between versions of mv
        return StringCommand(command, "&& { mv -nT", new, QuoteString(path), "|| true; } && rm -f", new)
    return StringCommand(command, "&& mv -fT", new, QuoteString(path))


def remove_flag(path: str) -> StringCommand:
    """The command that restores a node."""
    return StringCommand("rm -f", QuoteString(path))


def remove_rollouts_flag(path: str) -> StringCommand:
    """The command that ends a deploy's own drain: what an operator has put there meanwhile stays."""
    return StringCommand("! grep -qsx", ROLLOUT, QuoteString(path), "|| rm -f", QuoteString(path))


def tell_journal(words: str) -> StringCommand:
    """The command that puts a line between keepalived's own: `journalctl -u keepalived` shows it."""
    fields = [f"MESSAGE={words}", "OBJECT_SYSTEMD_UNIT=keepalived.service", "SYSLOG_IDENTIFIER=pyinfra", "PRIORITY=5"]
    quoted = [QuoteString(field) for field in fields]
    return StringCommand("printf '%s\\n'", *quoted, "| logger --journald || true")


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
            seen = look(cluster)
            for line in [*standing(seen), *likely(seen)]:
                logger.warning("    %s", line)


_failures = _Failures()


def tell_failures() -> None:
    """From now on a failed operation is followed by the state of every node of its cluster."""
    if _failures not in state.callback_handlers:
        state.add_callback_handler(_failures)  # type: ignore[no-untyped-call]


def operator_name() -> str:
    """Who types: `alice@notebook`."""
    name = f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{socket.gethostname()}"
    return "".join(letter for letter in name if letter.isprintable())


@once
def plan_drain() -> None:
    """Says once a run what the drain of all its hosts will move. Raises NothingDone, before anything is done on any."""
    drain_argument("reason")
    drain_argument("until")
    _plan(drain_plan, None if forced() else refusal)


@once
def plan_restore() -> None:
    """Says once a run what putting its hosts back in service will move."""
    _plan(restore_plan, None)


def forced() -> bool:
    """Whether the operator has said --data force=true."""
    return said_true(host, "force")


def drain_argument(name: Literal["reason", "until"]) -> str | None:
    """What stands behind --data reason= or until=. Raises NothingDone."""
    value = host.data.get(name)
    if value is None:
        return None
    if name == "until" and value not in ("reboot", "restore"):
        raise NothingDone(f"until={value} is not known: until=reboot or until=restore (the default)")
    if name == "reason" and (fault := fault_of(str(value))):
        raise NothingDone(f"the reason {fault}")
    return str(value)


def targets(cluster: Cluster) -> list[str]:
    """The nodes of the cluster that this run is for."""
    return [member.data.node for member in inventory.get_group(cluster.name) if member in state.active_hosts]


def _plan(
    words: Callable[[ClusterState, Collection[str]], list[str]],
    refuses: Callable[[ClusterState, Collection[str]], str | None] | None,
) -> None:
    tell_failures()
    said_true(host, "probe", default=True)
    clusters = {member.data.cluster.name: member.data.cluster for member in state.active_hosts}

    def judge(seen: ClusterState) -> Verdict:
        meant = targets(seen.cluster)
        known = {name: seen.nodes[name] for name in meant}
        if unread := [name for name, node in known.items() if node is None]:
            return Verdict(False, f"{', '.join(unread)} cannot be read", hopeless=True)
        if bare := [name for name, node in known.items() if node and node.version is None]:
            return Verdict(
                False, f"keepalived is not installed on {', '.join(bare)}: run deploy.py first", hopeless=True
            )
        if refuses and (why := refuses(seen, meant)):
            return Verdict(False, f"{why}. Restore or mend one first; --data force=true drains all the same")
        return Verdict(True, "")

    waiting = {name: gevent.spawn(wait, clusters[name], judge, AGAIN_SECONDS) for name in sorted(clusters)}
    waited = {name: greenlet.get() for name, greenlet in waiting.items()}
    if no := [f"{name}: {one.verdict.seen}" for name, one in waited.items() if not one.verdict.done]:
        raise NothingDone("; ".join(no))
    for one in waited.values():
        for line in words(one.state, targets(one.state.cluster)):
            logger.info(line)


def place_flag(
    paths: Collection[str],
    content: str,
    leaving: Collection[str],
    *,
    until_reboot: bool = False,
    keep: bool = False,
) -> Commands:
    """Sets the flag, and takes it back when no node is left that could serve: another operator may have been quicker.

    `keep`: a flag that is there already stays as it is. `leaving`: nodes beside this one that are about to be drained.
    Two who see each other's flag take theirs back, the first of them or both; no lock is needed, none can be left.
    """
    for path in paths:
        yield set_flag(path, content, until_reboot=until_reboot, keep=keep)
    if not state.is_executing:
        return

    def somebody_left(seen: ClusterState) -> Verdict:
        why = nobody_left(seen, leaving)
        return Verdict(why is None, why or "")

    waited = wait(host.data.cluster, somebody_left, AGAIN_SECONDS)
    if not waited.verdict.done:
        for path in paths:
            yield remove_rollouts_flag(path) if keep else remove_flag(path)
        yield refuse(f"taken back, {host.data.node} is in service: {waited.verdict.seen}")


def _change_flag(
    words: str,
    change: Callable[[NodeState], Commands],
    judge: Judge,
    *,
    drained: bool,
    is_as_meant: Callable[[Flag], bool],
) -> Commands:
    """Does the `change` where the flag is not as meant yet, and waits until `judge` sees the effect."""
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if node is None:
        yield refuse(f"{host.name} could not be read")
        return
    if node.version is None or node.unit.load_state != "loaded":
        yield refuse(f"keepalived is not installed on {host.name}: run deploy.py first")
        return
    if node.drained != drained or not is_as_meant(node.flag):
        if state.is_executing:
            client.step(words)
        yield from change(node)
    elif (verdict := judge(before, host.data.node)).done:
        if state.is_executing:
            host.log(f"No change: {verdict.seen}{f' (drained {node.flag.words})' if drained else ''}")
        return
    yield wait_until(judge, before)


@operation()
def drain(reason: str | None = None, until: str | None = None, force: bool = False) -> Commands:
    """
    Takes the node out of service: sets its flag, and waits until another node is seen holding the addresses.

    + reason: why, for status and the node's journal
    + until: ``reboot`` ends the drain with the node's next boot, ``restore`` (the default) lasts over boots
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        operations.drain(name="Drain", reason="kernel upgrade", until="reboot")
    """
    by = operator_name()

    def set_it(node: NodeState) -> Commands:
        path = host.data.cluster.drain.flag
        found = node.flag if node.drained and not node.flag.by_rollout else None  # what is not said anew stays as it is
        why = reason or (found.reason if found else None)
        until_reboot = until == "reboot" or (until is None and found is not None and found.until_reboot)
        text = flag.content(by, why, until_reboot=until_reboot)
        if force or node.drained:
            yield set_flag(path, text, until_reboot=until_reboot, like=path if found else None)
        else:
            yield from place_flag([path], text, targets(host.data.cluster), until_reboot=until_reboot)
        ends = " until its next boot" if until_reboot else ""
        yield tell_journal(f"drained{ends} by {by} ({why or 'no reason given'})")

    def is_as_meant(found: Flag) -> bool:
        """What an operator asks for is no longer the rollout's; what they say anew replaces what was said."""
        as_long = until is None or found.until_reboot == (until == "reboot")
        return not found.by_rollout and (not reason or found.reason == reason) and as_long

    def patient(state: ClusterState, name: str) -> Verdict:
        """Without force somebody could serve when the flag was set: whoever has been drained since takes that back."""
        return let_go(state, name)._replace(hopeless=False)

    yield from _change_flag("Drain", set_it, let_go if force else patient, drained=True, is_as_meant=is_as_meant)


@operation()
def restore() -> Commands:
    """
    Puts the node back in service: removes its flag, and waits until it holds again what it should.

    **Example:**

    .. code:: python

        operations.restore(name="Restore")
    """

    def remove_it(node: NodeState) -> Commands:
        yield remove_flag(host.data.cluster.drain.flag)
        yield tell_journal(f"put back in service by {operator_name()}")

    yield from _change_flag(
        "Restore", remove_it, in_service, drained=False, is_as_meant=lambda found: not found.present
    )
