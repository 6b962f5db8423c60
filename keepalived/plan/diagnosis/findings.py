"""What a diagnosis looks at, and what it finds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from keepalived.observed.cluster import ClusterState
from keepalived.observed.neighbours import Answer
from keepalived.observed.node import NodeState

DEPLOY = "pyinfra inventory.py deploy.py"
DRAIN = "pyinfra inventory.py tasks/drain.py"
RESTORE = "pyinfra inventory.py tasks/restore.py"
REBOOT = "pyinfra inventory.py tasks/reboot.py"
UPGRADE = "pyinfra inventory.py tasks/upgrade.py"
JOURNAL = "journalctl -u keepalived -e"
ADVERTS = "tcpdump -n -i any ip proto 112 or ip6 proto 112"
"""The commands that cures name; the last two are for a node."""


class Severity(Enum):
    """How bad a problem is, the worst first."""

    OUTAGE = "outage"
    """Clients are without their address, or may be soon."""
    FAULT = "fault"
    """A node does not do its part."""
    RISK = "risk"
    """A drain or a failover may not work."""
    UNTIDY = "untidy"
    """Something must not stay as it is."""


@dataclass(frozen=True)
class Evidence:
    """One look at a cluster: what the nodes report, and what is known beside it."""

    state: ClusterState
    texts: Mapping[str, str] = field(default_factory=dict)
    """The text of keepalived.conf that this repository has for each node that was read."""
    undecided: Mapping[str, str] = field(default_factory=dict)
    """Why this repository has no configuration for a node that was read: in words, with what to do."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By floating address."""

    @property
    def file(self) -> str:
        """The name of the cluster file."""
        return f"{self.state.cluster.name}.yml"

    @property
    def installed(self) -> dict[str, NodeState]:
        """The nodes that were read and have keepalived."""
        return {name: node for name, node in self.state.nodes.items() if node and node.version is not None}

    @property
    def macs(self) -> dict[str, tuple[str, ...]]:
        """Who answers for each address that could be asked for."""
        return {address: answer.macs for address, answer in self.answers.items() if answer.macs is not None}


class Finding(NamedTuple):
    """`node`: the node with the problem, None when it is the cluster's. `words`: what is wrong. `cure`: what to do.

    `command`: the next command, where there is one; the cure leads to it.
    """

    node: str | None
    words: str
    cure: str
    command: str | None = None


class Problem(NamedTuple):
    """A finding of the diagnosis `id`."""

    id: str
    severity: Severity
    node: str | None
    words: str
    cure: str
    command: str | None = None


class Diagnosis(NamedTuple):
    """One thing that can be wrong. `id` is stable: documents, tests and monitoring refer to it."""

    id: str
    severity: Severity
    find: Callable[[Evidence], Iterable[Finding]]

    def problems(self, evidence: Evidence) -> list[Problem]:
        """All that this diagnosis finds."""
        return [Problem(self.id, self.severity, *finding) for finding in self.find(evidence)]
