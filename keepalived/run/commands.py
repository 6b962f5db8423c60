"""What operations are made of: commands that set and remove flags, waits, refusals, and what a failed run tells."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Callable, Collection, Generator
from functools import partial, wraps
from pathlib import PurePosixPath
from typing import NamedTuple, ParamSpec, Protocol

import gevent
from pyinfra import host, inventory, logger, state
from pyinfra.api import FunctionCommand, Host, QuoteString, State, StringCommand
from pyinfra.api.arguments import ConnectorArguments
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import BaseStateCallback

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import said_true
from keepalived.observed.cluster import ClusterState, moves, standing
from keepalived.plan.diagnosis.registry import likely
from keepalived.plan.guard import nobody_left
from keepalived.plan.verdicts import Verdict
from keepalived.run.look import GONE, look, wait
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import Run

AGAIN_SECONDS = 2  # a refusal is looked at again for so long: a daemon may have been slow to tell its state
COMMAND_SECONDS = 180  # how long a command may take that is not known to take longer
TELL_SECONDS = 10  # what takes longer tells so often that it is still at it
SLACK_SECONDS = 10  # what a busy machine may need beyond the protocol's own time

P = ParamSpec("P")
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
        command = StringCommand("touch", paths.DRAINED_THIS_BOOT, "&&", command)
    if keep:  # whether that is a failure differs between versions of mv
        return StringCommand(command, "&& { mv -nT", new, QuoteString(path), "|| true; } && rm -f", new)
    return StringCommand(command, "&& mv -fT", new, QuoteString(path))


def remove_flag(path: str) -> StringCommand:
    """The command that restores a node."""
    return StringCommand("rm -f", QuoteString(path))


def remove_runs_flag(path: str, run: Run) -> StringCommand:
    """The command that ends a run's own drain: what an operator has put there meanwhile stays."""
    return StringCommand("! grep -qsx", QuoteString(f"run: {run}"), QuoteString(path), "|| rm -f", QuoteString(path))


def write_file(path: str, content: str) -> StringCommand:
    """The command that writes a small file at once and whole, in a folder that may be missing."""
    new = QuoteString(f"{path}.new")
    folder = QuoteString(str(PurePosixPath(path).parent))
    put = StringCommand("printf %s", QuoteString(content), ">", new, "&& mv -fT", new, QuoteString(path))
    return StringCommand("mkdir -p", folder, "&&", put)


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


def forced() -> bool:
    """Whether the operator has said --data force=true."""
    return said_true(host, "force")


def targets(cluster: Cluster) -> list[str]:
    """The nodes of the cluster that this run is for."""
    return [member.data.node for member in inventory.get_group(cluster.name) if member in state.active_hosts]


def plan_run(
    refuses: Callable[[ClusterState, Collection[str]], str | None] | None = None, *, bare: bool = False
) -> dict[str, ClusterState]:
    """Looks at the clusters of this run before anything is done, side by side; returns what was seen, by name.

    `refuses` tells for a cluster and its targets why the run may not be. `bare`: nodes without keepalived are no fault.
    Raises NothingDone.
    """
    tell_failures()
    said_true(host, "probe", default=True)
    clusters = {member.data.cluster.name: member.data.cluster for member in state.active_hosts}

    def judge(seen: ClusterState) -> Verdict:
        meant = targets(seen.cluster)
        known = {name: seen.nodes[name] for name in meant}
        if unread := [name for name, node in known.items() if node is None]:
            return Verdict(False, f"{', '.join(unread)} cannot be read", hopeless=True)
        lacking = [name for name, node in known.items() if node and node.version is None]
        if lacking and not bare:
            return Verdict(
                False, f"keepalived is not installed on {', '.join(lacking)}: run deploy.py first", hopeless=True
            )
        if refuses and (why := refuses(seen, meant)):
            return Verdict(False, why)
        return Verdict(True, "")

    waiting = {name: gevent.spawn(wait, clusters[name], judge, AGAIN_SECONDS) for name in sorted(clusters)}
    waited = {name: greenlet.get() for name, greenlet in waiting.items()}
    if no := [f"{name}: {one.verdict.seen}" for name, one in waited.items() if not one.verdict.done]:
        raise NothingDone("; ".join(no))
    return {name: one.state for name, one in waited.items()}


def place_flag(
    paths: Collection[str],
    content: str,
    leaving: Collection[str],
    *,
    until_reboot: bool = False,
    run: Run | None = None,
) -> Commands:
    """Sets the flag, and takes it back when no node is left that could serve: another operator may have been quicker.

    `run`: the flag is that of a run, and one that is there already stays as it is. `leaving`: nodes beside this one
    that are about to be drained.
    Two who see each other's flag take theirs back, the first of them or both; no lock is needed, none can be left.
    """
    for path in paths:
        yield set_flag(path, content, until_reboot=until_reboot, keep=run is not None)
    if not state.is_executing:
        return

    def somebody_left(seen: ClusterState) -> Verdict:
        why = nobody_left(seen, leaving)
        return Verdict(why is None, why or "")

    waited = wait(host.data.cluster, somebody_left, AGAIN_SECONDS)
    if not waited.verdict.done:
        for path in paths:
            yield remove_runs_flag(path, run) if run else remove_flag(path)
        yield refuse(f"taken back, {host.data.node} is in service: {waited.verdict.seen}")


class Ran(NamedTuple):
    """What came of a shell command: whether it succeeded, all lines it wrote, those of its standard output, and whether
    the host was gone instead."""

    done: bool
    lines: list[str]
    out: list[str] = []  # noqa: RUF012 - not changed
    gone: bool = False


class Runner(Protocol):
    """Runs a shell command on a host, within `seconds`."""

    def __call__(self, command: StringCommand, on: Host, seconds: float = COMMAND_SECONDS) -> Ran: ...


class Call(PyinfraCommand):
    """A step of a host's operation in Python that runs shell commands, on this host or another, as the operation does.

    `function` gets the host and what runs commands, and returns whether the operation goes on.
    """

    def __init__(self, function: Callable[[Host, Runner], bool]) -> None:
        super().__init__()
        self._function = function

    def execute(self, state: State, host: Host, connector_arguments: ConnectorArguments) -> bool:
        """What pyinfra calls."""

        def run(command: StringCommand, on: Host, seconds: float = COMMAND_SECONDS) -> Ran:
            try:
                with gevent.Timeout(seconds):
                    done, output = on.run_shell_command(command, **connector_arguments | command.connector_arguments)
            except GONE as error:
                return Ran(False, [_words_of(error, seconds)], gone=True)
            return Ran(done, output.output_lines, output.stdout_lines)

        return self._function(host, run)


def _words_of(error: BaseException, seconds: float) -> str:
    if isinstance(error, gevent.Timeout):
        return f"no answer within {seconds:g} s"
    return " ".join(str(error).split()) or type(error).__name__


def shell(
    words: str, command: StringCommand, on: Host, otherwise: str = "", *, seconds: float = COMMAND_SECONDS
) -> Call:
    """A shell command on any host, ended after `seconds`; tells now and then that it still runs.

    When it fails its last lines are told, and `otherwise`: what stands then.
    """

    def call(host: Host, run: Runner) -> bool:
        telling = gevent.spawn(_tell_now_and_then, host, f"{words} still runs on {on.name}") if words else None
        try:
            ran = run(command, on, seconds)
        finally:
            if telling:
                telling.kill()
        if not ran.done:
            for line in ran.lines[-15:]:
                host.log(line)
            if words:
                fail(host, f"{words} failed on {on.name}", otherwise)
        return ran.done

    return Call(call)


def _tell_now_and_then(host: Host, words: str) -> None:
    start = time.monotonic()
    while True:
        time.sleep(TELL_SECONDS)
        host.log(f"{words}, for {time.monotonic() - start:.0f} s now")


def fail(host: Host, words: str, otherwise: str = "") -> bool:
    """Tells what has failed, and how things stand then. False, for who returns it."""
    host.log_styled(f"{words}. {otherwise}" if otherwise else words, fg="red", log_func=logger.error)
    return False


def in_words(operate: Callable[P, Commands]) -> Callable[P, Commands]:
    """For an operation: a node that dies in its midst ends it in words, where pyinfra would show a traceback."""

    @wraps(operate)
    def commands(*args: P.args, **kwargs: P.kwargs) -> Commands:
        yielding = operate(*args, **kwargs)
        me = inventory.get_host(host.name)
        while True:
            try:
                command = next(yielding)
            except StopIteration:
                return
            except GONE as error:
                why = _words_of(error, COMMAND_SECONDS)
                yield refuse(f"{host.name} does not answer any more ({why}): what was begun there may be half done")
                return
            if isinstance(command, str):
                command = StringCommand(command)
            yield shell("", command, me) if type(command) is StringCommand else command

    return commands
