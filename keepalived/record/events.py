"""What a run took down of itself. Pure. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Level = Literal["plain", "warning", "error"]


class Line(NamedTuple):
    """A line that the run printed."""

    time: float
    text: str
    level: Level


class HeldThen(NamedTuple):
    """What one look at all nodes of a cluster saw: the addresses that each holds; None: it could not be read."""

    time: float
    holds: Mapping[str, frozenset[str] | None]


class Unanswered(NamedTuple):
    """A stretch for which an address did not answer a client."""

    start: float
    seconds: float
    lost: int


class ClientView(NamedTuple):
    """What a client saw of an address: when it asked first and last, and where it got no answer."""

    first: float
    last: float
    silences: tuple[Unanswered, ...]


@dataclass
class Seen:
    """What a run saw of one cluster."""

    addresses: tuple[str, ...]
    nodes: tuple[str, ...]
    looks: list[HeldThen] = field(default_factory=list)
    watched: dict[str, ClientView] = field(default_factory=dict)
    """By address. An address that is missing was not watched."""


@dataclass
class Events:
    """All of a run."""

    typed: str
    by: str
    begin: float
    end: float = 0.0
    outcome: str = ""
    """How it ended, in words."""
    failed: bool = False
    lines: list[Line] = field(default_factory=list)
    clusters: dict[str, Seen] = field(default_factory=dict)
