"""Measures what an operator waits for and what clients lose, and writes it down.

`python -m bench` takes all groups of figures, `python -m bench moves connections` some. Each group writes
bench/results/GROUP.json when it ends; then docs/performance.md and the plots are written from all that is there.
`--small` takes each figure once, to see that it works; `--write` only writes the document anew.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench import machine, report
from bench.figures import Figures
from bench.groups import connections, failovers, fastest, looks, moves, picture, scale, settings, thousand
from bench.taking import Taking

GROUPS: Mapping[str, Callable[[Taking], None]] = {
    "picture": picture.take,
    "moves": moves.take,
    "settings": settings.take,
    "failovers": failovers.take,
    "fastest": fastest.take,
    "connections": connections.take,
    "scale": scale.take,
    "looks": looks.take,
    "thousand": thousand.take,
}
TIMES = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; without one: all")
    parser.add_argument("--small", action="store_true", help="each figure once, and few hosts")
    parser.add_argument("--write", action="store_true", help="takes nothing: writes the document from what is there")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.groups) - set(GROUPS)):
        parser.error(f"no such group: {', '.join(unknown)}")
    failed = [group for group in _asked(asked) if not _take(group, small=asked.small)]
    report.write()
    if failed:
        sys.exit(f"not all was taken of: {', '.join(failed)}")


def _asked(asked: argparse.Namespace) -> list[str]:
    return [] if asked.write else asked.groups or list(GROUPS)


def _take(group: str, *, small: bool) -> bool:
    """Takes one group and writes what it has; whether that is all."""
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    size = "small" if small else "full"
    figures = Figures(group, machine.machine(), now, machine.versions(), size, machine.load())
    with tempfile.TemporaryDirectory() as folder:
        taking = Taking(figures, Path(folder), 1 if small else TIMES, small, report.RESULTS)
        start = time.monotonic()
        figures.failed = "the run was cut short"
        try:
            GROUPS[group](taking)
            figures.failed = ""
        except Exception as error:  # the other groups are taken all the same
            traceback.print_exc()
            figures.failed = str(error).partition("\n")[0]
    taking.says(f"{time.monotonic() - start:.0f} s in all, written to {figures.write(report.RESULTS)}")
    return not figures.failed


if __name__ == "__main__":
    main()
