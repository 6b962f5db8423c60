"""When the turn of each node came to what, and the table of it that a maintenance run ends with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class TurnTimes:
    """What became of one node, in seconds of time.monotonic(); None where its turn did not get there."""

    began: float
    listed: bool = False
    """Whether it belongs into the table: the node was taken out of service, or put back."""
    away: float | None = None
    """Another node was seen to hold what it held."""
    down: float | None = None
    """It was told to reboot."""
    up: float | None = None
    """It was seen with another boot."""
    back: float | None = None
    """It was seen in service again, or drained as it was before."""


def table(turns: Sequence[tuple[str, TurnTimes]]) -> list[str]:
    """The lines of the table, one node a line."""
    from rich.console import Console  # here: no other command needs to wait for it
    from rich.table import Table

    rebooting = any(one.down for _, one in turns)
    drawn = Table(
        "node", "address away at", *["rebooted in"] * rebooting, "back at", "whole turn", box=None, pad_edge=False
    )
    for name, one in turns:
        rebooted = f"{one.up - one.down:.0f} s" if one.up and one.down else "NOT BACK" if one.down else "-"
        drawn.add_row(
            name,
            _clock(one.away) if one.away else "-",
            *[rebooted] * rebooting,
            _clock(one.back) if one.back else "NOT BACK",
            f"{one.back - one.began:.0f} s" if one.back else "-",
        )
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(drawn)
    return [line.rstrip() for line in captured.get().rstrip().splitlines()]


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time.time() - time.monotonic() + seconds))
