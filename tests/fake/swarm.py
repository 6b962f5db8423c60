"""A simulated Docker Swarm of managers: availability, tasks that move, and the quorum."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from keepalived.observed.swarm import Member, SwarmState, Task, Tasks
from tests.fake.shell import Result

if TYPE_CHECKING:
    from tests.fake.server import Server
    from tests.fake.world import World

MOVE_SECONDS = 4.0  # for a task to run elsewhere
READY_SECONDS = 5.0  # for a booted manager to be heard by the others


@dataclass
class Placed:
    """A task of a service: where it runs, and whether it runs already."""

    service: str
    number: int
    only: frozenset[str] | None
    node: str | None
    runs: bool = True


@dataclass
class SimulatedSwarm:
    """The swarm of the servers of a world."""

    world: World
    members: list[str] = field(default_factory=list)
    availability: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    leader: str = ""
    tasks: list[Placed] = field(default_factory=list)

    def begin(self, names: list[str]) -> None:
        """All servers become managers; the first one leads."""
        self.members, self.leader = list(names), names[0]
        self.availability = dict.fromkeys(names, "Active")
        self.status = dict.fromkeys(names, "Ready")

    def serve(self, service: str, *nodes: str, only: frozenset[str] | None = None) -> None:
        """A service with a task on each of the `nodes`. `only`: where its tasks may run at all."""
        self.tasks += [Placed(service, number, only, node) for number, node in enumerate(nodes, 1)]

    def on(self, name: str) -> list[str]:
        """The tasks that run on a node: `web.1`."""
        return [f"{one.service}.{one.number}" for one in self.tasks if one.node == name and one.runs]

    @property
    def has_quorum(self) -> bool:
        """Whether more than half of the managers are there."""
        return len([name for name in self.members if self.status[name] != "Down"]) * 2 > len(self.members)

    def update(self, asked: Server, availability: str, node_id: str) -> Result:
        """`docker node update --availability`, asked of a manager."""
        name = node_id.removeprefix("id-")
        assert availability in ("active", "pause", "drain"), availability
        if self.status.get(asked.name) == "Down" or not self.has_quorum:
            return Result(1, err="Error response from daemon: rpc error: The swarm does not have a leader.")
        self.availability[name] = availability.capitalize()
        self._schedule()
        return Result()

    def lost(self, server: Server) -> None:
        """A server went down."""
        if server.name in self.members:
            self.status[server.name] = "Down"
            self._elect()
            self._schedule()

    def found(self, server: Server) -> None:
        """A server has booted."""
        if server.name in self.members:
            self.world.later(READY_SECONDS, lambda: self._ready(server))

    def _ready(self, server: Server) -> None:
        if server.up:
            self.status[server.name] = "Ready"
            self._elect()
            self._schedule()

    def _elect(self) -> None:
        if self.status[self.leader] != "Ready" and self.has_quorum:
            self.leader = next(name for name in self.members if self.status[name] == "Ready")

    def _takes_tasks(self, name: str | None) -> bool:
        return name is not None and self.status[name] == "Ready" and self.availability[name] != "Drain"

    def _schedule(self) -> None:
        if not self.has_quorum:
            return
        for one in self.tasks:
            if not self._takes_tasks(one.node):
                fits = [
                    name
                    for name in self.members
                    if self.availability[name] == "Active"
                    and self.status[name] == "Ready"
                    and (one.only is None or name in one.only)
                ]
                one.runs = False
                one.node = min(fits, key=lambda name: len(self.on(name)), default=None)
                if one.node:
                    self.world.later(MOVE_SECONDS, partial(self._begin, one, one.node))

    def _begin(self, task: Placed, node: str) -> None:
        if task.node == node and self._takes_tasks(node):
            task.runs = True

    # What docker tells

    def told_by(self, server: Server) -> SwarmState | None:
        """What the fact Swarm reads on a server."""
        if not server.reachable:
            return None
        if server.name not in self.members:
            return SwarmState(node_id="", state="inactive", members=None, cluster_id=None)
        listed = self.has_quorum and self.status[server.name] != "Down"
        return SwarmState(
            node_id=f"id-{server.name}",
            state="active",
            members={f"id-{name}": self._member(name) for name in self.members} if listed else None,
            cluster_id="swarm",
        )

    def _member(self, name: str) -> Member:
        down = self.status[name] == "Down"  # a new leader reaches managers that it calls Unknown
        manager = "Leader" if name == self.leader else "Unreachable" if down else "Reachable"
        return Member(
            ID=f"id-{name}",
            Hostname=name,
            Status=self.status[name],
            Availability=self.availability[name],
            ManagerStatus=manager,
        )

    def tasks_told_by(self, server: Server, node: str) -> Tasks | None:
        """What the fact SwarmTasks reads on a manager."""
        if not server.reachable or not self.has_quorum or self.status.get(server.name) == "Down":
            return None
        told = [(one.node, self._task(one)) for one in self.tasks]
        return Tasks(here=[task for where, task in told if f"id-{where}" == node], all=[task for _, task in told])

    def _task(self, one: Placed) -> Task:
        return Task(
            Name=f"{one.service}.{one.number}",
            Node=one.node or "",
            DesiredState="Running",
            CurrentState="Running 5 minutes ago" if one.runs else "Starting 1 second ago" if one.node else "Pending",
            Error="" if one.node else "no suitable node (scheduling constraints not satisfied on 3 nodes)",
        )
