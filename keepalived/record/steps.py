"""The steps of a run with their times, and how each ended, from the lines that pyinfra prints. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from keepalived.record.events import Line
from keepalived.record.timeline import OPERATION

HEADING = "--> "
ENDING = re.compile(r"\s*\[(?P<host>[^]]+)\]\s+(?P<words>Success|No changes|Error)\b.*")
WORST_FIRST = ("Error", "Success", "No changes")
UNTOLD = "did not come to its end"


class OperationRun(NamedTuple):
    """An operation: when it began, in seconds since the epoch, how long it took, and on which hosts it came to what."""

    number: int
    name: str
    begin: float
    seconds: float
    ended: dict[str, list[str]]
    """The hosts by pyinfra's own word. Empty: the step was left in the middle."""


def steps(lines: list[Line], end: float) -> list[OperationRun]:
    """The steps of a run that ended at `end`. A step lasts until the next heading."""
    found: list[OperationRun] = []
    running = False
    for line in lines:
        if line.text.startswith(HEADING):
            if running:
                found[-1] = found[-1]._replace(seconds=line.time - found[-1].begin)
            running = line.text.startswith(OPERATION)
            if running:
                name = line.text.removeprefix(OPERATION).strip()
                found.append(OperationRun(len(found) + 1, name, line.time, end - line.time, {}))
        elif running and (told := ENDING.fullmatch(line.text)):
            found[-1].ended.setdefault(told["words"], []).append(told["host"])
    return found


def in_words(step: OperationRun) -> str:
    """`Error: server02; Success: server01`."""
    told = [f"{words}: {', '.join(step.ended[words])}" for words in WORST_FIRST if words in step.ended]
    return "; ".join(told) or UNTOLD
