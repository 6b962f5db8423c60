"""The page that a run leaves behind: from what it took down to HTML (reads the template). Pure."""

from __future__ import annotations

import time
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keepalived.conf.templates import TEMPLATES
from keepalived.record.events import Events, Line
from keepalived.record.timeline import MARGIN, OPERATION, WIDTH, clock, draw
from keepalived.spec.plain_text import plain

TEMPLATE = "record.html.j2"
environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,  # what comes from nodes and operators is text, whatever stands in it
    finalize=lambda value: plain(value) if isinstance(value, str) else value,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(events: Events) -> str:
    """The HTML of a run."""
    return environment.get_template(TEMPLATE).render(
        events=events,
        took=clock(events.end - events.begin),
        began=_date(events.begin),
        ended=_date(events.end),
        lines=_rows(events.lines, events.begin),
        drawings={name: draw(seen, events.lines, events.begin, events.end) for name, seen in events.clusters.items()},
        width=WIDTH,
        margin=MARGIN,
    )


def _rows(lines: list[Line], begin: float) -> list[dict[str, Any]]:
    rows, number = [], 0
    for line in lines:
        begins = line.text.startswith(OPERATION)
        number += begins
        text = line.text.removeprefix(OPERATION)
        rows.append(
            {
                "at": clock(round(line.time - begin, 1)),
                "text": text,
                "kind": "step" if begins else line.level,
                "number": number if begins else None,
            }
        )
    return rows


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(seconds))
