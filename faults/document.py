"""docs/faults.md and its pictures, from the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.timeline import draw_timeline
from faults.cases.case import Case
from faults.cases.registry import CASES
from faults.phases import Result, Seen
from faults.results import Key
from faults.variants import PLAINEST, chosen, every, pairwise
from lab.places import Places

DOCUMENT, PICTURES = "docs/faults.md", "docs/pictures/faults"
MOST_SILENCES = 60  # drawn; the longest of them
HEAD = """\
# What happens when something fails

`make faults` does {count} faults to clusters of real Debian hosts ("Try it" in the README), one after the other.
After every step it looks from outside: which kernels have each address, who answers to ARP or neighbour discovery,
what a client lost that asks every millisecond, which established connections ended, when the holders were settled,
and whether `tasks/status.py` named the fault by its id. After each fault it deploys, which must change nothing. The
run itself writes this page.

    make faults-chosen            # {chosen} faults in {chosen_variants} clusters, for every change of the code
    make faults                   # any two properties of a cluster meet: {pairwise} clusters
    python -m faults --plainest   # all faults, in the plainest cluster alone
    python -m faults --all        # every combination: {all} clusters

It needs root, and what `make setup` installs. A fault takes 10 to 60 s: the chosen ones together about 5 minutes,
those of the plainest cluster about 20, and one with all of its clusters {pairwise} or {all} times as long. `--list`
says what is left. Each result is kept as it comes, in `.faults/`: a second run goes on where the first one stopped,
and `--fresh` begins anew. `--variant` and `--case` choose one. With `--kills 20` the operator's machine dies 20 times
in each command, at moments that `--seed` brings about again. `--document` writes this page.

The properties are Debian 12 (bookworm), 13 (trixie) or both in turn (mixed); IPv4 or IPv6; multicast or unicast; 3 or
5 nodes; and the kind: plain, checks, active-active, sync group, nopreempt, connections kept.

The hosts share one kernel and one clock, so no fault sets a clock or loads a kernel module. A cable that loses or
delays packets is a process between the host and the switch. "Silence" is the longest time without an answer. Adverts
come every 0.5 s here, so a backup takes over within 2 s of the holder's last one. In the clusters with several
addresses the client asks for the first one.
"""


def write(results: Mapping[Key, Result], checkout: Path) -> None:
    """Writes the page, and a picture of each fault in the plainest variant."""
    pictures = checkout / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    for (variant, name), result in results.items():
        if variant == PLAINEST.name and name in CASES and result.holders:
            draw(pictures / f"{name}.svg", CASES[name], result)
    (checkout / DOCUMENT).write_text(page(results), encoding="utf-8")


def draw(path: Path, case: Case, result: Result) -> None:
    """Who held the watched address, when there was no answer, and when each step began."""
    silences = sorted(sorted(result.silences, key=lambda one: one[0] - one[1])[:MOST_SILENCES])
    nodes = list(Places("any").hosts(PLAINEST.nodes))
    marks = [(seen.began, seen.done) for seen in result.phases]
    draw_timeline(path, case.words, holders=result.holders, nodes=nodes, silences=silences, marks=marks)


def page(results: Mapping[Key, Result]) -> str:
    """The page. Pure, as is all below."""
    picked = list(chosen())
    head = HEAD.format(
        count=len(CASES),
        chosen=len(picked),
        chosen_variants=len({variant for variant, _ in picked}),
        pairwise=len(pairwise()),
        all=len(every()),
    )
    names = [variant.name for variant in every() if any(key[0] == variant.name for key in results)]
    parts = [head, _summary(results, names), _differences(results, names)]
    for name in names:
        own = [results[name, case] for case in CASES if (name, case) in results]
        parts.append(_table(name, own))
    parts.append(_unnamed())
    return "\n".join(parts)


def _summary(results: Mapping[Key, Result], names: Sequence[str]) -> str:
    lines = ["## Which clusters were tried", "", "| cluster | faults | as expected | minutes | when | machine |"]
    lines.append("|---|---|---|---|---|---|")
    for name in names:
        own = [result for (variant, _), result in results.items() if variant == name]
        held = sum(not result.differs for result in own)
        minutes = sum(result.seconds for result in own) / 60
        dates, machines = ({getattr(one, what) for one in own} for what in ("date", "machine"))
        when, where = ", ".join(sorted(dates)), "; ".join(sorted(machines))
        lines.append(f"| {name} | {len(own)} | {held} | {minutes:.0f} | {when} | {where} |")
    return "\n".join([*lines, ""])


def _differences(results: Mapping[Key, Result], names: Sequence[str]) -> str:
    lines = ["## What was not as expected", ""]
    found = [
        f"- {name}, {case}: {_cell(one)}."
        for name in names
        for case in CASES
        if (name, case) in results
        for one in results[name, case].differs
    ]
    return "\n".join([*lines, *(found or ["Nothing."]), ""])


def _table(name: str, results: Sequence[Result]) -> str:
    lines = [f"## {name}", "", "Steps are parted by `→`. Lost: probes, one each millisecond.", ""]
    lines.append("| fault | steps | expected | holders seen | lost | silence | ended | settled in | status names |")
    lines.append("|---|---|---|---|---|---|---|---|---|")
    lines += [_row(name, result) for result in results]
    return "\n".join([*lines, ""])


def _row(variant: str, result: Result) -> str:
    case, phases = CASES[result.case], result.phases
    words = case.words.removesuffix(".")
    if variant == PLAINEST.name and result.holders:
        words = f"[{words}](pictures/faults/{result.case}.svg)"
    cells = [
        words,
        _steps([one.done for one in phases]),
        _steps([one.expected for one in phases]),
        _steps([holders(one) for one in phases]),
        _steps([str(one.lost) for one in phases]),
        _steps([_seconds(one.silence) for one in phases]),
        "-" if result.broken is None else str(result.broken),
        _steps([_seconds(one.settled) for one in phases]),
        named(case, phases),
    ]
    return f"| {' | '.join(map(_cell, cells))} |"


def holders(seen: Seen) -> str:
    """Who held what: the names alone where there is one address."""
    told = {address: " and ".join(names) or "nobody" for address, names in seen.holders.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return ", ".join(f"{address}: {names}" for address, names in told.items())


def named(case: Case, phases: Sequence[Seen]) -> str:
    """The ids that status told of and that are this fault's; `-` where it has none."""
    told = [one for one in case.named if any(one in (seen.named or []) for seen in phases)]
    return ", ".join(told) or ("no" if case.named else "-")


def _unnamed() -> str:
    lines = ["## Faults that status has no id for", ""]
    lines += [f"- {case.words.removesuffix('.')}: {case.why_unnamed}." for case in CASES.values() if not case.named]
    return "\n".join([*lines, ""])


def _steps(cells: Sequence[str]) -> str:
    return cells[0] if cells and len(set(cells)) == 1 and len(cells) > 2 else " → ".join(cells)


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
