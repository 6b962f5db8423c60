"""What is to be done once in a run although every host's greenlet asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from gevent.event import AsyncResult

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """The first to ask does it, the others wait for what came of it, an exception included."""
    made: list[AsyncResult[T]] = []

    @wraps(make)
    def get() -> T:
        if not made:
            made.append(AsyncResult())
            try:
                made[0].set(make())
            except Exception as error:
                made[0].set_exception(error)
        return made[0].get()  # type: ignore[return-value]

    return get
