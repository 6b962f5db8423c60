"""A simulated cluster as its operator knows it: three servers that serve, and the commands typed for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from keepalived.conf.render import configuration, drop_in, interfaces
from keepalived.run.turn import Turn
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.fake.runner import FakeRunner
from tests.fake.server import Server
from tests.fake.shell import Result
from tests.fake.world import OperatorGone, World
from tests.unit.cluster_states import ONE

BY_HAND = "1\n"
"""A flag as somebody writes it who knows no more than the manual."""


class Managers:
    """A cluster that serves. `rest`: further lines of its file; `fresh`: nothing is installed yet."""

    def __init__(self, *rest: str, text: str = ONE, fresh: bool = False) -> None:
        self.file = "\n".join([text.rstrip(), *rest])
        self.world = World(parse(self.file, "managers"))
        self.said: list[str] = []
        if not fresh:
            for server in self.world.servers.values():
                server.installed, server.enabled = "1:2.2.7-1+b2", True
                server.write(paths.CONFIGURATION, self.text_of(server.name))
                server.write(paths.DROP_IN, drop_in(self.cluster))
                server.unit_read = server.read(paths.DROP_IN)
                self._by_hand(server, "systemctl start keepalived.service")
            self.world.advance(10)
            self.world.steps.clear()

    @property
    def cluster(self) -> Cluster:
        """What the cluster file says."""
        return self.world.cluster

    def __getitem__(self, node: str) -> Server:
        """A server."""
        return self.world.servers[node]

    def text_of(self, node: str) -> str:
        """The configuration that is due on a node."""
        server = self[node]
        carried = {server.interface: [server.address]}
        return configuration(self.cluster, node, interfaces(self.cluster, node, carried))

    def turn(self, node: str) -> Turn:
        """The turn of a node begins."""
        return Turn(FakeRunner(self.world, node, self.said))

    # What is so

    def holder(self, address: str = "") -> str:
        """The one node that holds the address."""
        holders = self.world.holders(address)
        assert len(holders) == 1, f"{address or self.cluster.addresses[0]} is held by {holders or 'nobody'}"
        return holders[0]

    def is_drained(self, node: str) -> bool:
        """Whether its flag is there."""
        return self.cluster.drain.flag in self[node].files

    def told(self, node: str = "") -> list[str]:
        """The commands that were told to a node, or to all of them."""
        return [step.text for step in self.world.steps if node in ("", step.node)]

    # What happens

    def _by_hand(self, server: Server, command: str) -> Result:
        with self.world.caused_by("fault"):
            result = server.run(command)
            self.world.settle()
        return result

    def by_hand(self, node: str, command: str) -> None:
        """Somebody types a command on a node."""
        before = len(self.world.steps)
        result = self._by_hand(self[node], command)
        del self.world.steps[before:]
        assert result.status == 0, result.err

    def drain_by_hand(self, node: str) -> None:
        """Somebody makes the flag on a node."""
        self.by_hand(node, f"printf %s '{BY_HAND}' > {self.cluster.drain.flag}")

    def wait(self, seconds: float = 30) -> None:
        """Time passes."""
        self.world.advance(seconds)

    def dies(self, node: str) -> Callable[[], None]:
        """For `world.at`: the machine dies."""
        return lambda: self.world.crash(self[node])

    @staticmethod
    def operator_dies() -> None:
        """For `world.at`: the operator's machine dies."""
        raise OperatorGone

    @staticmethod
    def fails(words: str = "no") -> Callable[[], Result]:
        """For `world.at`: the command fails and does nothing."""
        return lambda: Result(1, err=f"{words}\n")

    def stage(self, node: str) -> None:
        """What deploy.py does before any node's turn: package, tested configuration beside the one in place, unit."""
        server, text = self[node], self.text_of(node)
        server.installed = server.installed or server.offered[0]
        found = server.read(paths.CONFIGURATION) or ""
        if hashlib.sha256(found.encode()).digest() != hashlib.sha256(text.encode()).digest():
            server.write(paths.STAGED, text)
        if server.read(paths.DROP_IN) != drop_in(self.cluster):
            server.write(paths.DROP_IN, drop_in(self.cluster))
        server.unit_read, server.enabled = server.read(paths.DROP_IN), True
