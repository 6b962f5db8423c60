"""What a turn does to the world, as an interface: pyinfra's hands in `hands.py`, a simulated cluster in tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from pyinfra.api import FactBase, StringCommand

from keepalived.observed.cluster import ClusterState
from keepalived.spec.cluster import Cluster

T = TypeVar("T")
Style = Literal["plain", "good", "warning"]
COMMAND_SECONDS = 180  # how long a command may take that is not known to take longer
ANSWER_SECONDS = 5  # within which a server that is up answers


class Ran(NamedTuple):
    """What came of a shell command. `done`: it succeeded; `gone`: the node did not answer any more."""

    done: bool
    lines: list[str]
    """All that it wrote."""
    out: list[str] = []  # noqa: RUF012 - not changed
    """Its standard output alone."""
    gone: bool = False


class Runner(Protocol):
    """The hands and eyes of one node's turn. Nodes are named as in the cluster file."""

    id: str
    """Of the run: no other has the same."""
    cluster: Cluster
    node: str
    """Whose turn it is."""
    targets: Collection[str]
    """The nodes of the cluster that the run is for."""

    def look(self) -> ClusterState:
        """Reads every node of the cluster at once."""

    def run(self, command: StringCommand, on: str, seconds: float = COMMAND_SECONDS) -> Ran:
        """Runs a shell command on a node, for `seconds` at most."""

    def run_all(
        self, commands: Mapping[str, Sequence[StringCommand]], seconds: float = COMMAND_SECONDS
    ) -> dict[str, Ran]:
        """Runs the commands of each node one after the other, up to one that fails, and the nodes side by side.

        What came of the last one on each node, with all that they wrote.
        """

    def ask(self, fact: type[FactBase[T]], on: str, seconds: float = ANSWER_SECONDS, **arguments: Any) -> T | None:
        """A fact of a node; None: it could not be read."""

    def ask_all(self, fact: type[FactBase[T]], seconds: float = ANSWER_SECONDS) -> dict[str, T | None]:
        """A fact of every node of the cluster, asked side by side; None: it could not be read."""

    def connect(self, on: str) -> str | None:
        """Connects to a node anew where the connection has been lost. Why it does not answer; None: it does."""

    def disconnect(self, on: str) -> None:
        """Forgets a connection that is of no use any more."""

    def say(self, words: str, style: Style = "plain") -> None:
        """A line for the operator, with the node's name before it."""

    def begin(self, words: str) -> None:
        """Tells whoever watches the addresses that something begins which may move one."""

    def moved(self) -> None:
        """Tells whoever watches established connections that what was begun has been seen."""

    def now(self) -> float:
        """Seconds of a clock that nobody sets."""

    def pause(self, seconds: float) -> None:
        """Waits."""


def run_in_turn(run: Callable[[StringCommand], Ran], commands: Sequence[StringCommand]) -> Ran:
    """Runs commands one after the other, up to one that fails. What came of the last, with all that they wrote."""
    lines: list[str] = []
    out: list[str] = []
    for command in commands:
        ran = run(command)
        lines, out = [*lines, *ran.lines], [*out, *ran.out]
        if not ran.done:
            return ran._replace(lines=lines, out=out)
    return Ran(True, lines, out)
