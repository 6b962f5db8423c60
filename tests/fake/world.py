"""A simulated cluster: servers, a clock that tests turn, the election between the daemons, and the invariants.

After every change somebody must hold each address that a node could serve, and no two nodes whose daemons accept each
other's adverts hold the same one. The world says itself when that is not so, whoever caused it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from itertools import combinations, count
from typing import Literal, NamedTuple

from keepalived.observed.cluster import ClusterState
from keepalived.observed.names import under_our_names
from keepalived.spec.cluster import Cluster
from tests.fake.daemon import Vrrp
from tests.fake.report import state
from tests.fake.server import Died, Server
from tests.fake.shell import Result
from tests.fake.swarm import SimulatedSwarm

Cause = Literal["run", "fault"]
"""Who changes the world now: the run under test, or somebody or something else."""

ELECTION_SECONDS = 8.0  # within which somebody must have taken over what a fault has taken from its holder


class Broken(AssertionError):
    """An invariant does not hold."""


class OperatorGone(BaseException):
    """The operator's machine died: nothing of the run goes on, and nothing in it may catch this."""


class ToldCommand(NamedTuple):
    """A command that a server has been told."""

    node: str
    text: str


class Speaker(NamedTuple):
    """An instance of a running daemon, and what it announces now."""

    server: Server
    name: str
    instance: Vrrp
    priority: int

    @property
    def strength(self) -> tuple[int, bytes]:
        """Of two masters the stronger one stays."""
        return self.priority, _number(self.server.address)

    def is_heard_by(self, other: Speaker) -> bool:
        """Whether its adverts get there and are accepted."""
        wanted = self.instance.wanted
        gets_there = wanted.peers is None or other.server.address in wanted.peers
        return (
            self.server is not other.server and gets_there and wanted.settings.accepts(other.instance.wanted.settings)
        )


INTERFACES = {"server02": "eth0"}
"""Of the servers whose network interface has another name than those of the rest."""


@dataclass(frozen=True)
class Mishap:
    """What happens right before a command. A result of it is the command's own, which is not run then."""

    at: int | str
    """The number of the command, counted from 0, or what its text must have in it (a regular expression)."""
    on: str | None
    """The node that is told the command; None: any."""
    again: bool
    """Whether it happens every time."""
    do: Callable[[], Result | None]

    def strikes(self, number: int, told: ToldCommand) -> bool:
        """Whether this is the command."""
        if self.on is not None and self.on != told.node:
            return False
        return number == self.at if isinstance(self.at, int) else re.search(self.at, told.text) is not None


class World:
    """The servers of a cluster, and time."""

    def __init__(self, cluster: Cluster) -> None:
        self.use(cluster)
        self.now = 0.0
        self.cause: Cause = "fault"
        self.forced = False
        """Whether the operator has said that clients may notice where no other node could serve."""
        self.unseen = False
        """Whether a machine has died since whoever changes the world has looked: it could not know better."""
        self.deaths = 0
        self.commands: list[ToldCommand] = []
        self.mishaps: list[Mishap] = []
        self.journal: list[tuple[str, str]] = []
        self.hooks: list[tuple[str, str, str]] = []
        """Where a command of the operator's own was run, for which node, and the command."""
        self.wrong: list[str] = []
        """What was seen that must never be."""
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._count = count()
        self._held: dict[str, bool] = {}
        self._excused: dict[str, float] = {}
        self.swarm = SimulatedSwarm(self)
        self.servers = {
            name: Server(self, name, str(node.address), interface=INTERFACES.get(name, "enp0s3"))
            for name, node in cluster.nodes.items()
        }

    def use(self, cluster: Cluster) -> None:
        """The cluster file says something else from now on."""
        self.cluster = cluster
        self.addresses = cluster.addresses

    # Who holds what

    def holders(self, address: str = "") -> list[str]:
        """The nodes that hold an address (default: the first one of the cluster)."""
        address = address or self.addresses[0]
        return [name for name, server in self.servers.items() if address in server.kernel]

    def look(self) -> ClusterState:
        """What the nodes of the cluster report."""
        return ClusterState(
            self.cluster,
            {
                name: under_our_names(self.cluster, state(self.servers[name]))
                if name in self.servers and self.servers[name].reachable
                else None
                for name in self.cluster.nodes
            },
        )

    def speakers(self, address: str) -> list[str]:
        """The nodes whose daemons take part in the election for an address."""
        return [one.server.name for one in self._speaking() if address in one.instance.wanted.addresses]

    # Mishaps

    def at(
        self,
        command: int | str,
        do: Callable[[], Result | None],
        *,
        on: str | None = None,
        again: bool = False,
    ) -> None:
        """Lets something happen right before a command: the n-th, or the next one with such a text."""
        self.mishaps.append(Mishap(command, on, again, do))

    def command(self, server: Server, text: str) -> Result | None:
        """A command is about to be run. A result: it is not, and this came of it."""
        told = ToldCommand(server.name, text)
        number = len(self.commands)
        self.commands.append(told)
        result = None
        for mishap in [mishap for mishap in self.mishaps if mishap.strikes(number, told)]:
            if not mishap.again:
                self.mishaps.remove(mishap)
            with self.caused_by("fault"):
                result = mishap.do() or result
                self.settle()
        if not server.up:
            raise Died
        return result

    @contextmanager
    def caused_by(self, cause: Cause) -> Iterator[None]:
        """What changes meanwhile is somebody's doing."""
        before, self.cause = self.cause, cause
        try:
            yield
        finally:
            self.cause = before

    # Time

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Does something when so much time has passed."""
        self._later.append((self.now + seconds, next(self._count), do))
        self._later.sort(key=lambda event: event[:2])

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        end = self.now + seconds
        self.settle()
        while (due := self.next_change()) is not None and due <= end:
            self.now = max(self.now, due)
            with self.caused_by("fault"):
                while self._later and self._later[0][0] <= self.now:
                    self._later.pop(0)[2]()
                self.settle()
        self.now = end
        if not all(self._held.values()):
            self._check(self._speaking())

    def next_change(self) -> float | None:
        """When something happens next by itself."""
        times = [event[0] for event in self._later[:1]]
        for server in self.servers.values():
            if server.up and server.daemon:
                times += [one.expires for one in server.daemon.instances.values() if one.expires is not None]
                delays = [one.preempts_at for one in server.daemon.instances.values() if one.state == "BACKUP"]
                times += [time for time in delays if time is not None and time > self.now]
                times += [server.daemon.looks_at] if server.daemon.looks_at is not None else []
        return min(times, default=None)

    # The election

    def settle(self) -> None:
        """Lets the daemons see, hear and decide what they would at this moment, then looks at the invariants."""
        for server in self.servers.values():
            self._notice(server)
        speakers = self._speaking()
        while self._yield_master(speakers) or self._become_master(speakers):
            pass
        self._check(speakers)

    def _speaking(self) -> list[Speaker]:
        """The instances that take part in an election."""
        return [
            Speaker(server, name, one, server.daemon.priority(name))
            for server in self.servers.values()
            if server.up and server.daemon
            for name, one in server.daemon.instances.items()
            if one.state != "FAULT"
        ]

    def _notice(self, server: Server) -> None:
        """The check looks at the flag; an instance without network is in FAULT."""
        daemon = server.daemon
        if daemon is None:
            return
        if daemon.check:
            found = server.read(daemon.check.path)
            if found == daemon.seen:
                daemon.looks_at = None
            elif daemon.check.kind == "file" or (daemon.looks_at is not None and daemon.looks_at <= self.now):
                daemon.seen, daemon.looks_at = found, None
            elif daemon.looks_at is None:
                daemon.looks_at = self.now + daemon.check.interval
        for one in daemon.instances.values():
            if server.network == (one.state == "FAULT"):
                one.state, one.since, one.expires = ("BACKUP" if server.network else "FAULT"), self.now, None
                server.keep_what_is_held()

    def _yield_master(self, speakers: list[Speaker]) -> bool:
        """A master that hears a better one becomes a backup."""
        masters = [speaker for speaker in speakers if speaker.instance.state == "MASTER"]
        for one in masters:
            if any(other.is_heard_by(one) and other.strength > one.strength for other in masters):
                one.instance.state, one.instance.since, one.instance.expires = "BACKUP", self.now, None
                one.server.keep_what_is_held()
                return True
        return False

    def _become_master(self, speakers: list[Speaker]) -> bool:
        """A backup waits while it hears a master that is as good, and becomes master when it has waited for none."""
        masters = [speaker for speaker in speakers if speaker.instance.state == "MASTER"]
        due: list[Speaker] = []
        for one in speakers:
            instance, daemon = one.instance, one.server.daemon
            if instance.state != "BACKUP" or daemon is None:
                continue
            heard = max((other.priority for other in masters if other.is_heard_by(one)), default=None)
            if heard is not None:
                instance.heard = heard
            if heard is not None and heard < one.priority and instance.preempts_at is None:
                instance.preempts_at = self.now + instance.wanted.preempt_delay
            elif heard is None or heard >= one.priority:
                instance.preempts_at = None
            waits = instance.preempts_at is not None and instance.preempts_at > self.now
            if heard is not None and (heard >= one.priority or instance.wanted.nopreempt or waits):
                instance.expires = None
            elif instance.expires is None:
                instance.expires = self.now + daemon.patience(one.name)
            elif instance.expires <= self.now:
                due.append(one)
        if not due:
            return False
        first = min(due, key=lambda late: late.instance.expires or 0)
        first.instance.state, first.instance.since = "MASTER", self.now
        first.instance.expires, first.instance.heard = None, 0
        first.server.keep_what_is_held()
        return True

    def released(self, server: Server) -> None:
        """A daemon ends and says so: who hears it waits no longer than it must."""
        speakers = self._speaking()
        going = [one for one in speakers if one.server is server and one.instance.state == "MASTER"]
        for one in going:
            for other in speakers:
                if other.instance.state == "BACKUP" and one.is_heard_by(other) and other.server.daemon:
                    other.instance.expires = self.now + other.server.daemon.skew(other.name)

    # The invariants

    def _check(self, speakers: list[Speaker]) -> None:
        for address in self.addresses:
            holders = self.holders(address)
            if holders:
                self._held[address] = True
            elif address in self._held:  # before that nobody has been deployed yet
                self._check_gap(address)
                self._held[address] = False
            if len(holders) > 1:
                settings = [
                    one.instance.wanted.settings
                    for one in speakers
                    if one.instance.state == "MASTER" and address in one.instance.wanted.addresses
                ]
                if any(one.accepts(two) and two.accepts(one) for one, two in combinations(settings, 2)):
                    self._say(f"{' and '.join(holders)} hold {address} and would accept each other's adverts")

    def _check_gap(self, address: str) -> None:
        speakers = self.speakers(address)
        if self._held[address]:  # it has lost its holder just now
            able = [name for name in speakers if self.cluster.drain.flag not in self.servers[name].files]
            if self.cause == "run" and not self.unseen and (able or not self.forced):
                others = f"{', '.join(speakers)} could serve it" if speakers else "the operator has not forced it"
                self._say(f"a command took {address} from its holder before another had it: {others}")
            self._excused[address] = self.now + ELECTION_SECONDS
        elif not speakers:
            self._excused[address] = self.now + ELECTION_SECONDS
        elif self.now > self._excused[address]:
            self._say(f"nobody holds {address}, and {', '.join(speakers)} could")

    def _say(self, words: str) -> None:
        last = (
            f"after `{self.commands[-1].text}` on {self.commands[-1].node}" if self.commands else "before any command"
        )
        self.wrong.append(f"{words} ({last}, at {self.now:.1f} s)")
        raise Broken(self.wrong[-1])

    def crash(self, server: Server) -> None:
        """A machine dies."""
        with self.caused_by("fault"):
            server.power_off()
            self.unseen = True
            self.deaths += 1
            self.settle()


@lru_cache
def _number(address: str) -> bytes:
    return ip_address(address).packed
