"""The parts of a report of `facts.Node` and of the other facts: their form, and what is no report. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
# What reading something else than expected raises: a pydantic ValidationError is a ValueError, a time that no clock
# shows an OSError, a text of brackets a RecursionError.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError, RecursionError)


class ReportError(ValueError):
    """A node's report cannot be understood."""


def parts_of(lines: Iterable[str]) -> dict[str, str]:
    """The parts of a report: lines `KEY BASE64`, the last one `end`. The value of `report` has parts itself.

    Raises ReportError.
    """
    report: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(" ")
        found = part_of({key: value}, key, _decoded)
        report |= _marked(found) if key == "report" else {key: found}
    part_of(report, "end", str)
    return report


def _marked(text: str) -> dict[str, str]:
    """The first line is a mark; each part is a line of the mark and the part's name, and what follows."""
    mark, _, rest = text.partition("\n")
    if not re.fullmatch(r"[0-9a-f-]{36}", mark):
        raise ReportError("the node's report does not begin with a mark")
    parts = re.split(rf"(?:^|\n){mark} (\w+)\n", rest)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def part_of(report: dict[str, str], key: str, read: Callable[[str], T]) -> T:
    """What `read` makes of a part of the report. Its text is not told: it may have a password in it."""
    if key not in report:
        raise ReportError(f"the node's report lacks `{key}`")
    try:
        return read(report[key])
    except UNREADABLE as error:
        raise ReportError(f"the node's report cannot be read: `{key}` is not what it should be") from error


def _decoded(value: str) -> str:
    return base64.b64decode(value, validate=True).decode(errors="replace")
