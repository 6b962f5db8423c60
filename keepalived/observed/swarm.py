"""What a Docker Swarm tells of its nodes and tasks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from keepalived.observed.checkpoint import Availability
from keepalived.spec.plain_text import PlainText

UNPLACEABLE = "no suitable node"  # how the scheduler's complaint begins: every other node is full or does not fit
ENDED = ("Complete", "Shutdown", "Failed", "Rejected", "Remove", "Orphaned")


class _Said(BaseModel):
    """A line of `docker … --format '{{json .}}'`."""

    model_config = ConfigDict(frozen=True)


class Member(_Said):
    """A node of the swarm, as a manager lists it."""

    id: str = Field(alias="ID")
    hostname: PlainText = Field(alias="Hostname")
    status: PlainText = Field(alias="Status")
    """Ready, Down, Unknown, Disconnected."""
    availability: Availability = Field(alias="Availability")
    manager: PlainText = Field(alias="ManagerStatus")
    """Leader, Reachable, Unreachable; empty: a worker."""

    @property
    def is_reachable_manager(self) -> bool:
        """Whether it counts for the quorum now."""
        return self.manager in ("Leader", "Reachable")


class Task(_Said):
    """A task of a service, as a manager lists it."""

    name: PlainText = Field(alias="Name")
    """`web.1`; of a global service `agent.NODE_ID`."""
    node: PlainText = Field(alias="Node", default="")
    desired: PlainText = Field(alias="DesiredState")
    current: PlainText = Field(alias="CurrentState")
    """`Running 5 minutes ago`"""
    error: PlainText = Field(alias="Error", default="")

    @property
    def service(self) -> str:
        """The name of its service."""
        return self.name.rpartition(".")[0] or self.name

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.current.split(" ")[0] in ENDED

    @property
    def lacks(self) -> bool:
        """Whether it should run and does not."""
        return self.desired in ("Running", "Ready") and not self.current.startswith("Running")

    @property
    def is_homeless(self) -> bool:
        """Whether it fits on no node that takes tasks."""
        return self.lacks and UNPLACEABLE in self.error

    @property
    def words(self) -> str:
        """`web.1 is starting`"""
        return f"{self.name} is {self.current.split(' ')[0].lower()}{f' ({self.error})' if self.error else ''}"


class SwarmState(_Said):
    """What one server tells of the swarm it is in."""

    node_id: str
    state: str
    """Of this server: active, inactive, pending, locked, error; unknown: docker does not answer."""
    members: dict[str, Member] | None
    """By id; None where this server is no manager, or its swarm has lost the quorum."""
    cluster_id: str | None
    """The swarm's own id."""

    @property
    def leader(self) -> str | None:
        """The id of the leader."""
        return next((one.id for one in (self.members or {}).values() if one.manager == "Leader"), None)

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json")


class Tasks(_Said):
    """What runs where: the tasks on one node, and those of every service."""

    here: list[Task]
    all: list[Task]

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json")


def read_swarm(parts: Mapping[str, str]) -> SwarmState:
    """What the parts of the report of `facts.Swarm` say. Raises ValueError or LookupError."""
    said = json.loads(parts["swarm"].strip() or "{}")
    members = [Member.model_validate_json(line) for line in parts["members"].splitlines()]
    return SwarmState(
        node_id=said.get("NodeID", ""),
        state=said.get("LocalNodeState") or "unknown",
        members={one.id: one for one in members} or None,
        cluster_id=(said.get("Cluster") or {}).get("ID"),
    )


def read_tasks(parts: Mapping[str, str]) -> Tasks:
    """What the parts of the report of `facts.SwarmTasks` say. Raises ValueError or LookupError."""
    return Tasks(
        **{key: [Task.model_validate_json(line) for line in parts[key].splitlines() if line] for key in ("here", "all")}
    )
