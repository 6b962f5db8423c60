"""What the operator's own network answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Who answers for an address on the operator's own network."""

    macs: tuple[str, ...] | None
    """Their link-layer addresses; None: it could not be asked."""
    unknown: str = ""
    """Why it could not be asked."""
