"""The status of clusters as a program reads it. Pure.

The document (`--data format=json`) is stable: within one `version` keys are added, never taken away or renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from keepalived.observed.checks import failing
from keepalived.observed.connections import KeptConnections
from keepalived.observed.node import NodeState
from keepalived.plan.configuration_status import ConfigurationStatus, configuration_status
from keepalived.plan.diagnosis.findings import Evidence, Problem, Severity
from keepalived.plan.diagnosis.registry import problems
from keepalived.spec.flag import RunKind

VERSION = 1


class _InstanceStatus(BaseModel):
    state: str | None
    effective_priority: int
    base_priority: int


class _DrainStatus(BaseModel):
    since: datetime | None
    by: str | None
    """None: unknown, the flag was made by hand."""
    run: RunKind | None
    """What means to restore it: a run that is under way or did not end."""
    reason: str | None
    until: Literal["reboot"] | None


class _NodeStatus(BaseModel):
    address: str
    reachable: bool
    holds: list[str] | None
    instances: dict[str, _InstanceStatus] | None
    drained: _DrainStatus | None
    """None: it is not drained, or cannot be read."""
    failing_checks: dict[str, str] | None
    """The checks of the cluster file that fail there, and why, in words."""
    connections: dict[str, KeptConnections] | None
    """Established connections to addresses that have moved, by address: how many the node serves, and to which node it
    passes the others on."""
    keepalived: str | None
    unit: str | None
    configuration: ConfigurationStatus
    last_change: datetime | None


class _AddressStatus(BaseModel):
    instance: str
    holders: list[str]
    answered_by: list[str] | None
    """MAC addresses; None: it could not be asked from here."""


class _ProblemStatus(BaseModel):
    id: str
    """Of the diagnosis in the registry, and the section in docs/troubleshooting.md."""
    severity: Severity
    node: str | None
    problem: str
    cure: str
    """The command included."""
    command: str | None


class _ClusterStatus(BaseModel):
    healthy: bool
    addresses: dict[str, _AddressStatus]
    nodes: dict[str, _NodeStatus]
    problems: list[_ProblemStatus]


class Document(BaseModel):
    """All clusters, as `--data format=json` prints them."""

    version: int
    time: datetime
    healthy: bool
    clusters: dict[str, _ClusterStatus]


def document(clusters: Sequence[Evidence], time: datetime) -> Document:
    """The status of the clusters at `time`."""
    found = {evidence.state.cluster.name: _cluster(evidence) for evidence in clusters}
    healthy = all(status.healthy for status in found.values())
    return Document(version=VERSION, time=time, healthy=healthy, clusters=found)


def _cluster(evidence: Evidence) -> _ClusterStatus:
    state = evidence.state
    wrong = problems(evidence)
    macs = evidence.macs
    return _ClusterStatus(
        healthy=not wrong,
        addresses={
            address: _AddressStatus(
                instance=instance,
                holders=state.holders(address),
                answered_by=list(macs[address]) if address in macs else None,
            )
            for instance in state.cluster.instances
            for address in state.cluster.held(instance)
        },
        nodes={name: _node(evidence, name, node) for name, node in state.nodes.items()},
        problems=[_problem(one) for one in wrong],
    )


def _problem(problem: Problem) -> _ProblemStatus:
    return _ProblemStatus(
        id=problem.id,
        severity=problem.severity,
        node=problem.node,
        problem=problem.words,
        cure=f"{problem.cure}: {problem.command}" if problem.command else problem.cure,
        command=problem.command,
    )


def _node(evidence: Evidence, name: str, node: NodeState | None) -> _NodeStatus:
    address = str(evidence.state.cluster.nodes[name].address)
    if node is None:
        return _NodeStatus(
            address=address,
            reachable=False,
            holds=None,
            instances=None,
            drained=None,
            failing_checks=None,
            connections=None,
            keepalived=None,
            unit=None,
            configuration="unknown",
            last_change=None,
        )
    flag = node.flag
    drain = _DrainStatus(
        since=flag.since,
        by=flag.by or flag.run,
        run=flag.run,
        reason=flag.reason,
        until="reboot" if flag.until_reboot else None,
    )
    return _NodeStatus(
        address=address,
        reachable=True,
        holds=node.holds,
        instances=None
        if node.instances is None
        else {
            instance: _InstanceStatus(
                state=said.state, effective_priority=said.effective_priority, base_priority=said.base_priority
            )
            for instance, said in node.instances.items()
        },
        drained=drain if node.drained else None,
        failing_checks=failing(evidence.state.cluster, name, node),
        connections=node.connections,
        keepalived=node.version,
        unit=node.unit.active_state,
        configuration=configuration_status(node, evidence.texts.get(name), evidence.state.cluster.on_change),
        last_change=_last_change(node),
    )


def _last_change(node: NodeState) -> datetime | None:
    return node.journal.last_change.time if node.journal and node.journal.last_change else None
