"""A simulated cluster as its operator knows it: three servers that serve, and what happens to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache

from keepalived.conf.fingerprint import fingerprint
from keepalived.conf.interfaces import Links, interfaces
from keepalived.conf.render import configuration, drop_in
from keepalived.run.turn import Turn
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from tests.fake.programs import run
from tests.fake.runner import FakeRunner
from tests.fake.server import Server
from tests.fake.shell import Result
from tests.fake.world import OperatorGone, World
from tests.unit.cluster_states import ONE

BY_HAND = "1\n"
"""A flag as somebody writes it who knows no more than the manual."""
OLD, NEW = "1:2.2.7-1+b2", "1:2.2.8-1"


@lru_cache
def parsed(file: str) -> Cluster:
    """A cluster file."""
    return parse(file, "managers")


@lru_cache
def rendered(file: str, node: str, interface: str) -> str:
    """The configuration that a cluster file asks for on a node."""
    cluster = parsed(file)
    carried = {interface: [str(cluster.nodes[node].address)]}
    return configuration(cluster, node, interfaces(cluster, node, Links(carried)))


class Managers:
    """A cluster that serves. `rest`: further lines of its file; `fresh`: nothing is installed yet."""

    def __init__(self, *rest: str, text: str = ONE, fresh: bool = False) -> None:
        self.file = "\n".join([text.rstrip(), *rest, ""])
        self.world = World(parsed(self.file))
        self.said: list[str] = []
        if fresh:
            return
        for server in self.world.servers.values():
            server.installed, server.offered, server.enabled = OLD, [OLD], True
            server.write(paths.CONFIGURATION, self.text_of(server.name))
            server.write(paths.DROP_IN, drop_in(self.cluster))
            server.unit_read = server.read(paths.DROP_IN)
            self._run_by_hand(server.name, "systemctl start keepalived.service")
        self.wait(10)
        if self.cluster.maintenance.swarm:
            self.world.swarm.begin(list(self.cluster.nodes))

    @property
    def cluster(self) -> Cluster:
        """What the cluster file says."""
        return self.world.cluster

    def __getitem__(self, node: str) -> Server:
        return self.world.servers[node]

    def edit(self, old: str, new: str) -> None:
        """The operator changes the cluster file."""
        assert old in self.file, f"{old} is not in the file"
        self.write(self.file.replace(old, new))

    def write(self, file: str) -> None:
        """The operator writes another cluster file. Its new nodes are fresh servers."""
        self.file = file
        self.world.use(parsed(file))
        for name, node in self.cluster.nodes.items():
            self.world.servers.setdefault(name, Server(self.world, name, str(node.address)))

    def text_of(self, node: str) -> str:
        """The configuration that is due on a node."""
        return rendered(self.file, node, self[node].interface)

    def turn(self, node: str, targets: Collection[str] = ()) -> Turn:
        """The turn of a node begins, in a run for the `targets` (default: for this one alone)."""
        return Turn(FakeRunner(self.world, node, targets or [node], self.said))

    # What is so

    def holder(self, address: str = "") -> str:
        """The one node that holds the address."""
        holders = self.world.holders(address)
        assert len(holders) == 1, f"{address or self.cluster.addresses[0]} is held by {holders or 'nobody'}"
        return holders[0]

    def drained(self) -> list[str]:
        """The nodes whose flag is there."""
        return [name for name in self.cluster.nodes if self.cluster.drain.flag in self[name].files]

    def checkpoints(self) -> list[str]:
        """The nodes that have a checkpoint."""
        return [name for name in self.cluster.nodes if paths.CHECKPOINT in self[name].files]

    def told(self, node: str = "") -> list[str]:
        """The commands that a run has told a node, or all of them."""
        return [told.text for told in self.world.commands if node in ("", told.node)]

    def rebooted(self) -> list[str]:
        """The nodes that have been told to reboot, in order."""
        return [told.node for told in self.world.commands if told.text == "systemctl reboot"]

    def restarted(self) -> list[str]:
        """The nodes whose daemon was told to restart, in order."""
        return [told.node for told in self.world.commands if told.text == "systemctl restart keepalived.service"]

    def reloaded(self) -> list[str]:
        """The nodes whose daemon was told to reload, in order."""
        return [told.node for told in self.world.commands if told.text == "systemctl reload keepalived.service"]

    def is_at_rest(self) -> bool:
        """Every node is in service, runs what is due, and the first one holds everything. Says what is not so."""
        self.wait(10)
        for instance, settings in self.cluster.instances.items():
            for address in settings.addresses:
                assert self.holder(address) == self.cluster.order(instance)[0]
        assert (self.drained(), self.checkpoints()) == ([], [])
        for name in self.cluster.nodes:
            daemon = self[name].daemon
            assert daemon, f"keepalived does not run on {name}"
            assert fingerprint(daemon.text) == fingerprint(self.text_of(name)), f"{name} runs another configuration"
            assert self[name].read(paths.CONFIGURATION) == self.text_of(name), f"another configuration is on {name}"
        assert set(self.world.swarm.availability.values()) <= {"Active"}
        return True

    # What happens

    def _run_by_hand(self, node: str, command: str) -> Result:
        before = len(self.world.commands)
        with self.world.caused_by("fault"):
            result = run(self[node], command)
            self.world.settle()
        del self.world.commands[before:]
        return result

    def by_hand(self, node: str, command: str) -> None:
        """Somebody types a command on a node."""
        result = self._run_by_hand(node, command)
        assert result.status == 0, result.err

    def drain_by_hand(self, node: str) -> None:
        """Somebody makes the flag on a node."""
        self.by_hand(node, f"printf %s '{BY_HAND}' > {self.cluster.drain.flag}")

    def wait(self, seconds: float = 30) -> None:
        """Time passes."""
        self.world.advance(seconds)

    def boot(self, node: str) -> None:
        """Somebody starts a machine that is down."""
        with self.world.caused_by("fault"):
            self[node].boot()
        self.wait()

    @contextmanager
    def forcing(self, force: bool) -> Iterator[None]:
        """The operator accepts that clients may notice where no other node could serve."""
        before, self.world.forced = self.world.forced, force
        try:
            yield
        finally:
            self.world.forced = before

    # For `world.at`: what happens right before a command

    def dies(self, node: str) -> Callable[[], None]:
        """The machine dies."""
        return lambda: self.world.crash(self[node])

    @staticmethod
    def operator_dies() -> None:
        """The operator's machine dies."""
        raise OperatorGone

    @staticmethod
    def fails(words: str = "no") -> Callable[[], Result]:
        """The command fails and does nothing."""
        return lambda: Result(1, err=f"{words}\n")

    def stage(self, node: str) -> None:
        """What deploy.py does before any node's turn: package, and the new files, tested, beside those in place."""
        server, text = self[node], self.text_of(node)
        server.installed = server.installed or server.offered[0]
        found = server.read(paths.CONFIGURATION) or ""
        if hashlib.sha256(found.encode()).digest() != hashlib.sha256(text.encode()).digest():
            server.write(paths.STAGED, text)
        if server.read(paths.DROP_IN) != drop_in(self.cluster):
            server.write(paths.STAGED_DROP_IN, drop_in(self.cluster))
        server.enabled = True
