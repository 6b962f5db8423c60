"""Keywords and their values as lines of keepalived.conf. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def lines_of(values: Mapping[str, object]) -> dict[str, str]:
    """The line of each keyword that has a value. `true` is the keyword alone."""
    return {name: _line(name, value) for name, value in values.items() if value is not None}


def _line(name: str, value: object) -> str:
    if value is True:
        return name
    if value is False:
        return f"{name} false"
    return f"{name} {value:f}" if isinstance(value, float) else f"{name} {value}"
