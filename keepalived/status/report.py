"""The status of clusters as a person reads it and as a program does. Pure.

The document (`--data format=json`) is stable: within one `version` keys are added, never taken away or renamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.diagnosis import Outside, Problem, problems, standing_of_configuration
from keepalived.spec.flag import Run

VERSION = 1
SEVERITIES = ("outage", "fault", "risk", "untidy")


@dataclass(frozen=True)
class Seen:
    """One look at a cluster: what its nodes tell, the configuration due on each, who answers on the network."""

    state: ClusterState
    due: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, Outside] = field(default_factory=dict)
    not_asked: Mapping[str, str] = field(default_factory=dict)
    """Why the network could not be asked, by floating address."""

    @property
    def problems(self) -> list[Problem]:
        """All that is wrong, worst first."""
        return problems(self.state, self.due, self.outside)


class _InstanceStatus(BaseModel):
    state: str | None
    effective_priority: int
    base_priority: int


class _DrainStatus(BaseModel):
    since: datetime | None
    by: str | None
    """None: unknown, the flag was made by hand."""
    run: Run | None
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
    keepalived: str | None
    unit: str | None
    configuration: str
    """applied, waiting for a restart, differs, changed by hand, foreign, unknown"""
    last_change: datetime | None


class _AddressStatus(BaseModel):
    instance: str
    holders: list[str]
    answered_by: list[str] | None
    """MAC addresses; None: it could not be asked from here."""


class _ProblemStatus(BaseModel):
    severity: Literal["outage", "fault", "risk", "untidy"]
    node: str | None
    problem: str
    cure: str


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


def document(clusters: Sequence[Seen], time: datetime) -> Document:
    """The status of the clusters at `time`."""
    found = {seen.state.cluster.name: _cluster(seen) for seen in clusters}
    healthy = all(status.healthy for status in found.values())
    return Document(version=VERSION, time=time, healthy=healthy, clusters=found)


def _cluster(seen: Seen) -> _ClusterStatus:
    state = seen.state
    wrong = seen.problems
    return _ClusterStatus(
        healthy=not wrong,
        addresses={
            address: _AddressStatus(
                instance=instance,
                holders=state.holders(address),
                answered_by=seen.outside[address].macs if address in seen.outside else None,
            )
            for instance, settings in state.cluster.instances.items()
            for address in settings.addresses
        },
        nodes={name: _node(seen, name, node) for name, node in state.nodes.items()},
        problems=[
            _ProblemStatus.model_validate(
                {"severity": SEVERITIES[one.severity], "node": one.node, "problem": one.words, "cure": one.cure}
            )
            for one in wrong
        ],
    )


def _node(seen: Seen, name: str, node: NodeState | None) -> _NodeStatus:
    address = str(seen.state.cluster.nodes[name].address)
    if node is None:
        return _NodeStatus(
            address=address,
            reachable=False,
            holds=None,
            instances=None,
            drained=None,
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
        keepalived=node.version,
        unit=node.unit.active_state,
        configuration=standing_of_configuration(node, seen.due.get(name), seen.state.cluster.on_change),
        last_change=_last_change(node),
    )


def _last_change(node: NodeState) -> datetime | None:
    return node.journal.last_change.time if node.journal and node.journal.last_change else None


def render(clusters: Sequence[Seen], now: datetime) -> RenderableType:
    """A table a cluster, and below it what is wrong, in words, worst first, each with what to do."""
    parts: list[RenderableType] = []
    for seen in clusters:
        parts += [_table(seen, now), *_below(seen), Text()]
    return Group(*parts[:-1])


COLUMNS = ("node", "holds", "state", "priority", "drained", "check", "version", "config", "last change")
WHOLE = (*COLUMNS[:4], COLUMNS[-1])  # what is not broken into lines on a narrow terminal


def _table(seen: Seen, now: datetime) -> Table:
    table = Table(title=Text(seen.state.cluster.name, style="bold"), title_justify="left", box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, header_style="dim", overflow="fold", no_wrap=column in WHOLE)
    for name, node in seen.state.nodes.items():
        table.add_row(*_row(seen, name, node, now))
    return table


def _row(seen: Seen, name: str, node: NodeState | None, now: datetime) -> list[Text]:
    if node is None:
        return [Text(name), Text("?"), Text("unreachable", style="red"), *[Text("?")] * (len(COLUMNS) - 3)]
    said = list((node.instances or {}).values())
    each = dict.fromkeys((str(one.state), f"{one.effective_priority} ({one.base_priority})") for one in said)
    states = [state for state, _ in each] or [node.unit.active_state if node.version else "not installed"]
    awards = {one.effective_priority - one.base_priority for one in said}
    configuration = standing_of_configuration(node, seen.due.get(name), seen.state.cluster.on_change)
    change = node.journal.last_change if node.journal else None
    return [
        Text(name),
        Text("\n".join(node.holds) or "-", style="bold green" if node.holds else ""),
        Text("\n".join(states), style="" if set(states) <= {"MASTER", "BACKUP"} else "red"),
        Text("\n".join(priority for _, priority in each) or "-"),
        Text("yes" if node.drained else "-", style="yellow" if node.drained else ""),
        Text(", ".join(f"{award:+d}" for award in sorted(awards)) or "-"),
        Text(node.version or "-"),
        Text(configuration, style="" if configuration == "applied" else "yellow"),
        Text(f"{ago(now, change.time)} ago" if change else "-"),
    ]


def ago(now: datetime, then: datetime) -> str:
    """`45 s`, `12 min`, `3 h`, `9 d`"""
    seconds = max(0, round((now - then).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


STYLES = ("bold red", "red", "yellow", "")


def _below(seen: Seen) -> list[Text]:
    lines = [Text.assemble((f"{one.words}.", STYLES[one.severity]), f" {one.cure}.") for one in seen.problems]
    drained = [(name, node.flag.words) for name, node in seen.state.nodes.items() if node and node.drained]
    if not lines:
        asked = seen.state.cluster.addresses
        alone = all(address in seen.outside and len(seen.outside[address].macs) == 1 for address in asked)
        answers = ", and one machine answers for each address" if alone else ""
        lines = [Text(f"Nothing is wrong: {seen.state.who_holds()}{answers}.", style="green")]
    elif all(len(seen.state.holders(address)) == 1 for address in seen.state.cluster.addresses):
        lines = [Text(f"{seen.state.who_holds()}."), *lines]  # what one wants to know first
    lines = [*(Text(f"{name} is drained {words}.", style="yellow") for name, words in drained), *lines]
    whys = sorted(set(seen.not_asked.values()))
    if whys:
        lines.append(Text(f"Who answers on the network was not asked: {', '.join(whys)}.", style="dim"))
    return lines
