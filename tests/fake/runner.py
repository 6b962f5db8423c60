"""A Runner whose nodes are simulated: it takes no time, and nothing outside the test changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from pyinfra.api import FactBase, StringCommand

from keepalived.facts import Boot, Packages, Swarm, SwarmTasks
from keepalived.observed.cluster import ClusterState
from keepalived.run.runner import ANSWER_SECONDS, COMMAND_SECONDS, Ran, Style, run_in_turn
from tests.fake.at_once import let_others_go_on, sleep
from tests.fake.programs import run
from tests.fake.report import boot_state, packages
from tests.fake.server import Died
from tests.fake.shell import Result
from tests.fake.world import World

T = TypeVar("T")
LOOK_SECONDS = 0.05
RUN_SECONDS = 0.1
LONGEST_PAUSE = 2.0  # a pause may be so long while nothing happens, so that a wait of minutes is few looks


class FakeRunner:
    """The hands and eyes of one node's turn, in a simulated cluster. `said`: what the operator has read."""

    def __init__(self, world: World, node: str, targets: Collection[str], said: list[str]) -> None:
        self.id = "5a1c"
        self.world = world
        self.cluster = world.cluster
        self.node = node
        self.targets = targets
        self.said = said
        self._deaths_seen = world.deaths

    def look(self) -> ClusterState:
        """Reads every node of the cluster at once."""
        let_others_go_on()
        self.world.advance(LOOK_SECONDS)
        self._deaths_seen = self.world.deaths
        return self.world.look()

    def run(self, command: StringCommand, on: str, seconds: float = COMMAND_SECONDS) -> Ran:
        """Runs a shell command on a node."""
        let_others_go_on()
        self.world.advance(RUN_SECONDS)
        self.world.unseen = self._deaths_seen < self.world.deaths
        server = self.world.servers[on]
        if not server.reachable:
            return Ran(False, ["no answer"], gone=True)
        with self.world.caused_by("run"):
            try:
                result = run(server, command.get_raw_value(), command.connector_arguments.get("_stdin", ""))
            except Died:
                result = Result(255)
        if not self.world.servers[on].reachable:
            return Ran(False, ["the connection has broken"], gone=True)
        out, err = result.out.splitlines(), result.err.splitlines()
        return Ran(result.status == 0, [*out, *err], out)

    def run_all(
        self, commands: Mapping[str, Sequence[StringCommand]], seconds: float = COMMAND_SECONDS
    ) -> dict[str, Ran]:
        """Runs the commands of each node."""
        return {node: run_in_turn(partial(self.run, on=node, seconds=seconds), each) for node, each in commands.items()}

    def ask(self, fact: type[FactBase[T]], on: str, seconds: float = ANSWER_SECONDS, **arguments: Any) -> T | None:
        """A fact of a node; None: it could not be read."""
        let_others_go_on()
        self.world.advance(LOOK_SECONDS)
        server = self.world.servers[on]
        if not server.reachable:
            return None
        found: Any
        if fact is Boot:
            found = boot_state(server)
        elif fact is Packages:
            found = packages(server)
        elif fact is SwarmTasks:
            found = self.world.swarm.tasks_told_by(server, **arguments)
        else:
            raise AssertionError(f"the simulated server does not know the fact {fact.__name__}")
        return cast("T | None", found)

    def ask_all(self, fact: type[FactBase[T]], seconds: float = ANSWER_SECONDS) -> dict[str, T | None]:
        """A fact of every node; the one that is asked so is that of the swarm."""
        assert fact is Swarm
        let_others_go_on()
        self.world.advance(LOOK_SECONDS)
        found = {name: self.world.swarm.told_by(server) for name, server in self.world.servers.items()}
        return cast("dict[str, T | None]", found)

    def connect(self, on: str) -> str | None:
        """Why a node does not answer; None: it does."""
        return None if self.world.servers[on].reachable else "no route to host"

    def disconnect(self, on: str) -> None:
        """Forgets a connection."""

    def say(self, words: str, style: Style = "plain") -> None:
        """A line for the operator."""
        self.said.append(f"{self.node}: {words}")

    def begin(self, words: str) -> None:
        """Tells whoever watches the addresses."""

    def moved(self) -> None:
        """Tells whoever watches established connections."""

    def now(self) -> float:
        """Seconds of the simulated clock."""
        return self.world.now

    def pause(self, seconds: float) -> None:
        """Lets time pass: so many seconds, or until something happens."""
        due = self.world.next_change()
        until = LONGEST_PAUSE if due is None else min(due - self.world.now, LONGEST_PAUSE)
        sleep(self.world, max(seconds, until))
