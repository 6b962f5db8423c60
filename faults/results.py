"""The results as JSON lines, one a case as it ends: a run that was cut short goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from faults.phases import Result
from lab.lab import CHECKOUT

FOLDER = CHECKOUT / ".faults"
Key = tuple[str, str]
"""Variant and case."""


def read(path: Path) -> dict[Key, Result]:
    """The last result of each case in each variant; a line that was cut short counts for nothing."""
    found: dict[Key, Result] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            result = Result.model_validate_json(line)
        except ValueError:
            continue
        found[result.variant, result.case] = result
    return found


def keep(path: Path, result: Result) -> None:
    """Adds one, on a line of its own whatever the last run left."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a+b") as file:
        if file.tell() and not _ends_a_line(file.tell(), path):
            file.write(b"\n")
        file.write(result.model_dump_json().encode() + b"\n")


def _ends_a_line(size: int, path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read() == b"\n"


def left(wanted: Iterable[Key], done: Iterable[Key]) -> list[Key]:
    """What is still to be done, in order."""
    already = set(done)
    return [key for key in wanted if key not in already]
