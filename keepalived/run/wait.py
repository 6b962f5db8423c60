"""The one wait: look until what is waited for is seen, or a deadline passes; the last thing seen is reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from keepalived.plan.verdicts import Verdict

T = TypeVar("T")
PAUSE_SECONDS = 0.4  # between two looks: each costs every node some processor time, and a line in its journal
AGAIN_SECONDS = 2  # for a refusal: a daemon may have been slow to tell its state
TELL_SECONDS = 10  # a command or a wait that takes longer says so often that it still goes on


class Clock(Protocol):
    """Time, which a test may make up."""

    def now(self) -> float:
        """Seconds of a clock that nobody sets."""

    def pause(self, seconds: float) -> None:
        """Waits."""


class WallClock:
    """The time on the wall."""

    def now(self) -> float:
        """Seconds of a clock that nobody sets."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Waited(Generic[T]):
    """How a wait ended: the last verdict, what was seen last, and the seconds it took."""

    verdict: Verdict
    seen: T
    seconds: float


def wait(
    look: Callable[[], T],
    judge: Callable[[T], Verdict],
    seconds: float,
    clock: Clock,
    *,
    first: float = 0,
    tell: Callable[[str], None] | None = None,
) -> Waited[T]:
    """Looks until `judge` says done or hopeless, or `seconds` have passed; twice at least.

    `first`: so many seconds pass before the first look. `tell` gets what is seen instead, every TELL_SECONDS.
    """
    start = told = clock.now()
    if first:
        clock.pause(first)
    again = False
    while True:
        seen = look()
        now = clock.now()
        waited = Waited(judge(seen), seen, now - start)
        if waited.verdict.done or waited.verdict.hopeless or (again and waited.seconds > seconds):
            return waited
        if tell and now - told >= TELL_SECONDS:
            told = now
            tell(waited.verdict.seen)
        again = True
        clock.pause(PAUSE_SECONDS)
