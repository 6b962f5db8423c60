"""pyinfra's side of a turn: what runs its commands on real hosts, and the command of an operation that is a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import gevent
from pyinfra import inventory, logger, state
from pyinfra.api import FactBase, Host, State, StringCommand
from pyinfra.api.arguments import ConnectorArguments
from pyinfra.api.command import PyinfraCommand

from keepalived.observed.cluster import ClusterState
from keepalived.run.context import current
from keepalived.run.look import GONE, ask, ask_nodes, forget_connection, hosts_of, look
from keepalived.run.probe.watching import Watch
from keepalived.run.runner import ANSWER_SECONDS, COMMAND_SECONDS, Ran, Style, run_in_turn
from keepalived.run.times import TurnTimes
from keepalived.run.turn import Stopped, Turn
from keepalived.run.wait import TELL_SECONDS, WallClock
from keepalived.spec.cluster import Cluster

T = TypeVar("T")
COUNTED_SECONDS = 1.5  # a node that serves connections of an address that has moved counts them every second


class Hands(WallClock):
    """The runner of a turn on real hosts."""

    def __init__(self, host: Host, arguments: ConnectorArguments) -> None:
        self.id = current().id
        self.cluster: Cluster = host.data.cluster
        self.node: str = host.data.node
        self.targets: Collection[str] = targets(self.cluster)
        self._host = host
        self._arguments = arguments.copy()
        self._arguments.pop("_timeout", None)  # in a turn each command has a limit of its own
        self._hosts = hosts_of(self.cluster)

    def look(self) -> ClusterState:
        """Reads every node of the cluster at once."""
        return look(self.cluster)

    def run(self, command: StringCommand, on: str, seconds: float = COMMAND_SECONDS) -> Ran:
        """Runs a shell command on a node, with the operation's own arguments, for `seconds` at most."""
        arguments = self._arguments | command.connector_arguments
        shown = {"print_output": state.print_output, "print_input": state.print_input}
        telling = gevent.spawn(self._tell_that_it_runs, on)
        try:
            with gevent.Timeout(seconds):
                done, output = self._hosts[on].run_shell_command(command, **shown, **arguments)
        except GONE as error:
            return Ran(False, [error_in_words(error, seconds)], gone=True)
        finally:
            telling.kill()
        return Ran(done, output.output_lines, output.stdout_lines)

    def run_all(
        self, commands: Mapping[str, Sequence[StringCommand]], seconds: float = COMMAND_SECONDS
    ) -> dict[str, Ran]:
        """Runs the commands of each node one after the other, up to one that fails, and the nodes side by side."""

        def run_on(node: str) -> Ran:
            return run_in_turn(lambda command: self.run(command, node, seconds), commands[node])

        running = {node: gevent.spawn(run_on, node) for node in commands}
        return {node: greenlet.get() for node, greenlet in running.items()}

    def _tell_that_it_runs(self, on: str) -> None:
        start = time.monotonic()
        while True:
            gevent.sleep(TELL_SECONDS)
            where = "" if on == self.node else f" on {on}"
            self.say(f"still running{where}, for {time.monotonic() - start:.0f} s now")

    def ask(self, fact: type[FactBase[T]], on: str, seconds: float = ANSWER_SECONDS, **arguments: Any) -> T | None:
        """A fact of a node; None: it could not be read."""
        try:
            return ask(self._hosts[on], fact, seconds, **arguments)
        except GONE as error:
            logger.debug("%s could not be read: %s", on, error)
            return None

    def ask_all(self, fact: type[FactBase[T]], seconds: float = ANSWER_SECONDS) -> dict[str, T | None]:
        """A fact of every node of the cluster, asked side by side; None: it could not be read."""
        return ask_nodes(self.cluster, fact, seconds)

    def connect(self, on: str) -> str | None:
        """Connects to a node anew where the connection has been lost. Why it does not answer; None: it does."""
        try:
            self._hosts[on].connect(show_errors=False, raise_exceptions=True)
        except GONE as error:
            forget_connection(self._hosts[on])
            return error_in_words(error, 0)
        current().unreachable.discard(self._hosts[on])
        return None

    def disconnect(self, on: str) -> None:
        """Forgets a connection that is of no use any more."""
        forget_connection(self._hosts[on])

    def say(self, words: str, style: Style = "plain") -> None:
        """A line for the operator, with the host's name before it."""
        lines = aligned(words)
        if style == "plain":
            self._host.log(lines)
        elif style == "good":
            self._host.log_styled(lines, fg="green")
        else:
            self._host.log_styled(lines, fg="yellow", log_func=logger.warning)

    def begin(self, words: str) -> None:
        """Tells the probe that something begins which may move an address. The first time the probe starts."""
        run = current()
        if not run.probes or not any(cluster.addresses for cluster in clusters_of_run()):
            return
        if run.watch is None:
            run.watch = Watch(clusters_of_run(), run.probe_port)
        run.watch.begins(self.cluster.name, self._host.name, words)

    def moved(self) -> None:
        """Tells the probe that what was begun has been seen: connections are begun anew, and nodes count them anew."""
        watch = current().watch
        if watch is not None and watch.connections:
            watch.renew()
            self.pause(COUNTED_SECONDS)


def clusters_of_run() -> list[Cluster]:
    """The clusters that this run's hosts belong to."""
    members = [member for member in inventory if state.is_host_in_limit(member)]
    return list({member.data.cluster.name: member.data.cluster for member in members}.values())


def targets(cluster: Cluster) -> list[str]:
    """The nodes of the cluster that this run is for."""
    return [member.data.node for member in inventory.get_group(cluster.name) if member in state.active_hosts]


def error_in_words(error: BaseException, seconds: float) -> str:
    """What a node that is gone has raised."""
    if isinstance(error, gevent.Timeout):
        return f"no answer within {seconds:g} s"
    return " ".join(str(error).split()) or type(error).__name__


class TurnCommand(PyinfraCommand):
    """The one command of an operation: a turn."""

    def __init__(self, function: Callable[[Turn], None]) -> None:
        super().__init__()
        self._function = function

    def execute(self, state: State, host: Host, connector_arguments: ConnectorArguments) -> bool:
        """What pyinfra calls. False: the turn has stopped, in words."""
        times = TurnTimes(time.monotonic())
        current().turns.append((host.name, times))
        turn = Turn(Hands(host, connector_arguments), times)
        try:
            self._function(turn)
        except (gevent.GreenletExit, SystemExit):  # a signal ends the run, here or elsewhere
            fail(host, f"ended where it was. {turn.advice}".strip())
            raise
        except Stopped as stopped:
            fail(host, str(stopped))
            return False
        except GONE as error:
            why = error_in_words(error, COMMAND_SECONDS)
            fail(host, f"{host.name} does not answer any more ({why}): what was begun there may be half done")
            return False
        return True


def fail(host: Host, words: str) -> None:
    """Tells what has failed on a host."""
    host.log_styled(aligned(words), fg="red", log_func=logger.error)


def aligned(words: str) -> str:
    """Words of several lines, below the host's name: pyinfra indents the first one alone."""
    return words.replace("\n", "\n    ")
