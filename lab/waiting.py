"""The one way to wait in this package: look until it is so, or tell what was last seen."""

import time
from collections.abc import Callable
from typing import TypeVar

from lab.errors import LabError

Seen = TypeVar("Seen")


def wait_for(
    what: str,
    look: Callable[[], Seen],
    *,
    seconds: float,
    until: Callable[[Seen], bool] = bool,
    pause_seconds: float = 0.02,
) -> Seen:
    """Call `look` until `until` accepts what it returns, and return that.

    Raises LabError, with the value seen last, when that has not happened within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not until(seen := look()):
        if time.monotonic() >= deadline:
            raise LabError(f"{what}: not within {seconds:g} s; last seen: {seen!r}")
        time.sleep(pause_seconds)
    return seen
