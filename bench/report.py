"""Writes the figures' part of docs/performance.md, and the pictures, from what the runs have written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench import plots
from bench.figures import Figures, number, ratios, read, table
from bench.groups import connections, failovers, fastest, looks, scale, settings, thousand
from bench.seen import BROKEN, FAILED, LOST, SILENCE, TWO, WHOLE
from lab.lab import CHECKOUT

RESULTS = CHECKOUT / "bench/results"
DOCUMENT = CHECKOUT / "docs/performance.md"
PICTURES = CHECKOUT / "docs/pictures"
BEGIN = "<!-- Written by `python -m bench` from bench/results: do not edit. -->"
END = "<!-- The end of what it writes. -->"


def write() -> None:
    """Both; what no run has written yet is left out."""
    found = results()
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures_part(found)}\n{END}{after}")
    plots.draw(found, PICTURES)


def results() -> dict[str, Figures]:
    """What the runs have written, by group."""
    return {path.stem: read(path) for path in sorted(RESULTS.glob("*.json"))}


def figures_part(found: Mapping[str, Figures]) -> str:
    """The part of the document that the figures make."""
    sections = ["\n".join([*SECTIONS[group](found[group])]) for group in SECTIONS if group in found]
    return "\n\n".join(sections) + "\n"


def taken(figures: Figures) -> str:
    """How, where and when: `` `python -m bench moves`, 2026-11-28: five times each; … ``."""
    times = max((len(one.values) for one in figures.figures), default=0)
    often = "each once, to try it: no median" if times == 1 else f"medians of up to {times}, least and most in brackets"
    versions = ", ".join(f"{name} {version}" for name, version in figures.versions.items())
    return (
        f"`python -m bench {figures.group}`, {figures.date}, {often}. "
        f"{figures.machine}; {versions}; load average before it {number(figures.load)}."
        + (f" **Not all of it: {figures.failed}**" if figures.failed else "")
    )


def _moves(figures: Figures) -> list[str]:
    ways = figures.columns(SILENCE)
    lines = ["## Planned changes", "", taken(figures), ""]
    lines += ["How many times as long as with ours nobody answers at the longest:", ""]
    lines += [*ratios(figures, SILENCE, ways[0], ways), ""]
    lines += ["![The longest silence of each way](pictures/moves.svg)", ""]
    for measure, words in (
        (SILENCE, "The longest silence in ms; a client asks every millisecond:"),
        (LOST, "Packets without an answer:"),
        (BROKEN, "Established TCP connections that broke (a reset, or 5 s without an answer), of 50:"),
        (FAILED, "New TCP connections that failed; one begins every 50 ms:"),
        (TWO, "For how long two nodes held the address, in ms:"),
        (WHOLE, "How long it takes, in s, until whoever does it takes it for done:"),
    ):
        lines += [words, "", *table(figures, measure, ways), ""]
    return lines[:-1]


def _settings(figures: Figures) -> list[str]:
    columns = figures.columns(settings.MOVED)
    lines = ["## Until an address has moved", "", taken(figures), ""]
    lines += ["From the flag, or from the moment the command is typed, until the other node alone holds it, in s:", ""]
    lines += [*table(figures, settings.MOVED, columns), ""]
    lines += ["Packets lost meanwhile:", "", *table(figures, LOST, columns), ""]
    return lines[:-1]


def _failovers(figures: Figures) -> list[str]:
    lines = ["## Failures that nobody planned", "", taken(figures), ""]
    lines += ["For how long nobody answers, in ms:", "", *table(figures, SILENCE, failovers.FAILURES), ""]
    lines += ["![The silence after a failure](pictures/failovers.svg)", ""]
    lines += [
        "For how long two nodes held the address, in ms. A node whose cable is cut goes on holding it for a moment,",
        "",
    ]
    lines[-2] = (
        "For how long two kernels had the address, in ms (a node without a network keeps it for a moment, unheard):"
    )
    lines += [*table(figures, TWO, failovers.FAILURES), ""]
    lines += ["How many times a node came to hold it: once, and a second time where server01 comes back meanwhile:", ""]
    lines += [*table(figures, failovers.TAKEOVERS, failovers.FAILURES)]
    return lines


def _fastest(figures: Figures) -> list[str]:
    lines = ["## How short `advert_int` may be", "", taken(figures), ""]
    lines += [
        "With `check: file` and `priority_step: 30`. Busy: two programs on each node that want all of its processor; "
        "then somebody pulls the holder's cable; then a drain by its flag.",
        "",
        "| | busy: moves nobody asked for | busy: packets lost | link cut: silence, ms | drain: moved after, s |",
        "|---|---|---|---|---|",
    ]
    wanted = (
        (fastest.BUSY, fastest.UNASKED),
        (fastest.BUSY, LOST),
        (fastest.LINK, SILENCE),
        (fastest.DRAINED, settings.MOVED),
    )
    for row in figures.rows(fastest.UNASKED):
        cells = [figures.find(row, column, measure) for column, measure in wanted]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    return lines


def _connections(figures: Figures) -> list[str]:
    lines = ["## What `connections: keep` costs", "", taken(figures), ""]
    measures = (connections.UP, connections.DOWN, connections.TURN, connections.PROCESSOR)
    head = [f"| | {' | '.join(measures)} |", f"|---|{'---|' * len(measures)}"]
    lines += [
        "One connection, how many times what it is before a drain; hosts and client share one machine:",
        "",
        *head,
    ]
    for row in figures.rows(connections.UP):
        pairs = [(figures.find(row, one, one), figures.find(connections.BEFORE, one, one)) for one in measures]
        told = [number(one.median / before.median) if one and before else "" for one, before in pairs]
        if row != connections.BEFORE:
            lines.append(f"| {row} | {' | '.join(told)} |")
    lines += ["", "The same in figures:", "", *head]
    for row in figures.rows(connections.UP):
        cells = [figures.find(row, measure, measure) for measure in measures]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    lines += ["", "A drain and a restore under 50 talking connections, in s, and how many of them broke:", ""]
    lines += ["| | drain, s | broken | restore, s | broken |", "|---|---|---|---|---|"]
    for row in figures.rows(BROKEN):
        wanted = [(column, measure) for column in ("drain", "restore") for measure in (WHOLE, BROKEN)]
        cells = [figures.find(row, *one) for one in wanted]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    watch = [one for one in figures.figures if one.measure == connections.WATCH_MEASURE]
    gone = next((one for one in figures.figures if one.measure == "s"), None)
    if watch and gone:
        used = ", ".join(f"{one.row.split()[-1]} {one.spread} %" for one in watch)
        lines += ["", f"While it lasts, the unit that watches takes of a core: {used}. {gone.spread} s after the last "]
        lines[-1] += "connection has ended no table, route or unit is left."
    return lines


def _scale(figures: Figures) -> list[str]:
    hosts = figures.columns(scale.SECONDS)
    lines = ["## Few hosts and many", "", taken(figures), ""]
    lines += ["How many times as long as `pyinfra exec -- true`, which is what pyinfra needs for any command:", ""]
    lines += [*_times_row(figures, hosts, scale.EXEC), ""]
    lines += ["![Seconds by the number of hosts](pictures/scale.svg)", "", "In s, and the slope:", ""]
    lines += [f"| | {' | '.join(hosts)} | {scale.SLOPE} |", f"|---|{'---|' * (len(hosts) + 1)}"]
    for row in figures.rows(scale.SECONDS):
        cells = [figures.find(row, column, scale.SECONDS) for column in hosts]
        slope = figures.find(row, scale.SLOPE, scale.SLOPE)
        told = [*(one.spread if one else "" for one in cells), number(slope.median) if slope else ""]
        lines.append(f"| {row} | {' | '.join(told)} |")
    for measure in (scale.PROCESSOR, scale.MEGABYTES):
        lines += ["", f"{measure[0].upper()}{measure[1:]}:", "", *table(figures, measure, hosts)]
    return lines


def _times_row(figures: Figures, hosts: list[str], base: str) -> list[str]:
    """The medians of each row by those of the row `base`."""
    lines = [f"| | {' | '.join(hosts)} |", f"|---|{'---|' * len(hosts)}"]
    for row in figures.rows(scale.SECONDS):
        cells = []
        for column in hosts:
            one, beside = figures.find(row, column, scale.SECONDS), figures.find(base, column, scale.SECONDS)
            cells.append(number(one.median / beside.median) if one and beside else "")
        if row != base:
            lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def _looks(figures: Figures) -> list[str]:
    lines = [
        "## What a look costs a node",
        "",
        taken(figures),
        "",
        "One report of `facts.Node`, run by the node's shell.",
    ]
    lines += ["", f"| | {looks.PROCESSOR} | {looks.PROCESSES} |", "|---|---|---|"]
    for row in figures.rows(looks.PROCESSOR):
        cells = [figures.find(row, measure, measure) for measure in (looks.PROCESSOR, looks.PROCESSES)]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    return lines


def _thousand(figures: Figures) -> list[str]:
    lines = ["## 1,000 hosts in 333 clusters", "", taken(figures), ""]
    if figures.size == "small":
        lines += ["Here 100 hosts in 33 clusters: a trial.", ""]
    lines += [
        "The hosts are not there (pyinfra's `@fake`), and answer at once: what pyinfra and this project need, in s.",
        "",
    ]
    whole = {row: figures.find(row, thousand.WHOLE, thousand.WHOLE) for row in figures.rows(thousand.WHOLE)}
    memory = {row: figures.find(row, thousand.MEGABYTES, thousand.MEGABYTES) for row in whole}
    phases = figures.columns("s")
    lines += [f"| | whole | {' | '.join(phases)} | {thousand.MEGABYTES} |", f"|---|{'---|' * (len(phases) + 2)}"]
    for row in whole:
        cells = [whole[row], *(figures.find(row, phase, "s") for phase in phases), memory[row]]
        lines.append(f"| {row} | {' | '.join(one.spread if one else '' for one in cells)} |")
    lines += ["", "Which package works, in % of the processor time:", ""]
    packages = figures.columns(thousand.SHARE)
    lines += [f"| | {' | '.join(whole)} |", f"|---|{'---|' * len(whole)}"]
    for package in packages:
        cells = [figures.find(row, package, thousand.SHARE) for row in whole]
        lines.append(f"| {package} | {' | '.join(f'{100 * one.median:.0f}' if one else '' for one in cells)} |")
    return lines


SECTIONS: Mapping[str, Callable[[Figures], list[str]]] = {
    "moves": _moves,
    "settings": _settings,
    "failovers": _failovers,
    "fastest": _fastest,
    "connections": _connections,
    "scale": _scale,
    "looks": _looks,
    "thousand": _thousand,
}
