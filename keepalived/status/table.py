"""The status of clusters as a person reads it: a table for each, and below it what is wrong and what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepalived.observed.node import NodeState
from keepalived.plan.configuration_status import configuration_status
from keepalived.plan.connections.words import serving_in_words
from keepalived.plan.diagnosis.findings import Evidence, Problem, Severity
from keepalived.plan.diagnosis.registry import problems

COLUMNS = ("node", "holds", "state", "priority", "drained", "check", "version", "config", "last change")
SERVICE, SOFTWARE = COLUMNS[:6], (COLUMNS[0], *COLUMNS[6:])  # where a line has no room for all of them
UNLIMITED = 10_000  # characters a line, to measure how wide a table wants to be
STYLES = {Severity.OUTAGE: "bold red", Severity.FAULT: "red", Severity.RISK: "yellow", Severity.UNTIDY: ""}


def render(clusters: Sequence[Evidence], now: datetime) -> RenderableType:
    """All clusters, each with its table, and below it what is wrong, worst first, each with what to do."""
    parts: list[RenderableType] = []
    for evidence in clusters:
        name = Text(evidence.state.cluster.name, style="bold")
        parts += [name, _Nodes(evidence, now), *_below(evidence), Text()]
    return Group(*parts[:-1])


class _Nodes:
    """The nodes of a cluster: one table, or two narrow ones where the terminal has no room for it."""

    def __init__(self, evidence: Evidence, now: datetime) -> None:
        self.rows = [_row(evidence, name, node, now) for name, node in evidence.state.nodes.items()]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = _table(COLUMNS, self.rows)
        if Measurement.get(console, options.update_width(UNLIMITED), whole).maximum <= options.max_width:
            yield whole
        else:
            yield _table(SERVICE, self.rows)
            yield _table(SOFTWARE, self.rows)


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Text]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table


def _row(evidence: Evidence, name: str, node: NodeState | None, now: datetime) -> dict[str, Text]:
    if node is None:
        cells = [Text(name), Text("?"), Text("unreachable", style="red"), *[Text("?")] * (len(COLUMNS) - 3)]
        return dict(zip(COLUMNS, cells, strict=True))
    said = list((node.instances or {}).values())
    each = dict.fromkeys((str(one.state), f"{one.effective_priority} ({one.base_priority})") for one in said)
    states = [state for state, _ in each] or [node.unit.active_state if node.version else "not installed"]
    awards = {one.effective_priority - one.base_priority for one in said}
    configuration = configuration_status(node, evidence.texts.get(name), evidence.state.cluster.on_change)
    change = node.journal.last_change if node.journal else None
    return {
        "node": Text(name),
        "holds": Text("\n".join(node.holds) or "-", style="bold green" if node.holds else ""),
        "state": Text("\n".join(states), style="" if set(states) <= {"MASTER", "BACKUP"} else "red"),
        "priority": Text("\n".join(priority for _, priority in each) or "-"),
        "drained": Text("yes" if node.drained else "-", style="yellow" if node.drained else ""),
        "check": Text(", ".join(f"{award:+d}" for award in sorted(awards)) or "-"),
        "version": Text(node.version or "-"),
        "config": Text(configuration, style="" if configuration == "applied" else "yellow"),
        "last change": Text(f"{ago(now, change.time)} ago" if change else "-"),
    }


def ago(now: datetime, then: datetime) -> str:
    """`45 s`, `12 min`, `3 h`, `9 d`"""
    seconds = max(0, round((now - then).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _below(evidence: Evidence) -> list[RenderableType]:
    state = evidence.state
    lines: list[RenderableType] = [
        Text(f"{name} is drained {node.flag.words}.", style="yellow")
        for name, node in state.nodes.items()
        if node and node.drained and not node.flag.run  # else it is a problem
    ]
    lines += [Text(f"{words}.", style="yellow") for name in state.nodes if (words := serving_in_words(state, name))]
    found = problems(evidence)
    macs = evidence.macs
    if not found:
        addresses = state.cluster.addresses
        alone = addresses and all(len(macs.get(address, ())) == 1 for address in addresses)
        answers = ", and one machine answers for each address" if alone else ""
        lines.append(Text(f"Nothing is wrong: {state.who_holds()}{answers}.", style="green"))
    elif all(len(state.holders(address)) == 1 for address in state.cluster.all_held):
        lines.append(Text(f"{state.who_holds()}."))  # what one wants to know first
    for problem in found:
        lines += _problem(problem)
    whys = sorted({answer.unknown for answer in evidence.answers.values() if answer.macs is None})
    if whys:
        lines.append(Text(f"Status did not ask who answers on the network: {', '.join(whys)}.", style="dim"))
    return lines


def _problem(problem: Problem) -> list[RenderableType]:
    """What is wrong with its id, what to do, and the next command on a line of its own."""
    lines: list[RenderableType] = [
        Text.assemble((f"{problem.words}.", STYLES[problem.severity]), " ", (f"[{problem.id}]", "dim")),
        Padding(Text(f"{problem.cure}{':' if problem.command else '.'}"), (0, 0, 0, 2), expand=False),
    ]
    if problem.command:
        lines.append(Padding(Text(problem.command), (0, 0, 0, 4), expand=False))
    return lines
