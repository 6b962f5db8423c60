"""How far a maintenance run is: a line a step while it runs, and a table of the nodes at its end."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from dataclasses import dataclass

from pyinfra import host, logger
from pyinfra.api import Host
from rich.console import Console
from rich.table import Table

from keepalived.plan.verdicts import Verdict
from keepalived.run.commands import TELL_SECONDS, fail
from keepalived.run.look import GONE
from keepalived.run.probe import watching as client

PAUSE_SECONDS = 0.5


@dataclass
class Turn:
    """What became of one node: seconds since the epoch, None where it did not get there."""

    began: float
    away: float | None = None
    """Another node was seen holding what it held."""
    down: float | None = None
    """It was told to reboot."""
    up: float | None = None
    """It was seen with another boot."""
    back: float | None = None
    """It was seen in service again, or drained as it was before."""

    def away_now(self) -> None:
        """What it held has been seen elsewhere."""
        self.away = time.time()

    def down_now(self) -> None:
        """It has been told to reboot."""
        self.down = time.time()

    def up_now(self) -> None:
        """It has been seen with another boot."""
        self.up = time.time()

    def back_now(self) -> None:
        """Its turn is over."""
        self.back = time.time()


_turns: dict[str, Turn] = {}


def begin() -> Turn:
    """This host's turn begins."""
    if not _turns:
        client.step("Begin")  # the probe registers first, so that what clients saw comes below the table
        atexit.register(_tell)
    turn = _turns[host.name] = Turn(time.time())
    return turn


def turn() -> Turn:
    """This host's turn."""
    return _turns[host.name]


def step(words: str) -> None:
    """Tells what this host's turn comes to now, and for how long it has been on."""
    client.step(words)
    host.log(_since(host) + words)


def wait_for(look: Callable[[], Verdict], seconds: float, otherwise: str, host: Host) -> bool:
    """Looks until what is waited for is seen, and says so; tells from time to time what it sees instead.

    False after `seconds`, or when there is no hope: what was seen last is told, and `otherwise`, what stands then.
    """
    start = told = time.monotonic()
    while True:
        try:
            seen = look()
        except GONE as error:
            seen = Verdict(False, f"no answer ({str(error) or type(error).__name__})")
        now = time.monotonic()
        if seen.done:
            if seen.seen:
                host.log_styled(seen.seen, fg="green")
            return True
        if seen.hopeless or now - start > seconds:
            waited = "" if seen.hopeless else f"Not within {seconds:g} s. Last seen: "
            return fail(host, f"{waited}{seen.seen}", otherwise)
        if now - told >= TELL_SECONDS:
            told = now
            host.log(f"{_since(host)}still waiting: {seen.seen}")
        time.sleep(PAUSE_SECONDS)


def _since(host: Host) -> str:
    """`0:42 `: how long this host's turn has been on; nothing where there are no turns."""
    if host.name not in _turns:
        return ""
    seconds = int(time.time() - _turns[host.name].began)
    return f"{seconds // 60}:{seconds % 60:02} "


def _tell() -> None:
    rebooting = any(one.down for one in _turns.values())
    table = Table(
        "node", "address away at", *["rebooted in"] * rebooting, "back at", "whole turn", box=None, pad_edge=False
    )
    for name, one in _turns.items():
        rebooted = f"{one.up - one.down:.0f} s" if one.up and one.down else "NOT BACK" if one.down else "-"
        table.add_row(
            name,
            time.strftime("%H:%M:%S", time.localtime(one.away)) if one.away else "-",
            *[rebooted] * rebooting,
            time.strftime("%H:%M:%S", time.localtime(one.back)) if one.back else "NOT BACK",
            f"{one.back - one.began:.0f} s" if one.back else "-",
        )
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(table)
    logger.info("--> The nodes:")
    for line in captured.get().rstrip().splitlines():
        logger.info("    %s", line.rstrip())
