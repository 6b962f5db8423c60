"""The one error that an operator sees before a run begins."""

from __future__ import annotations

from types import TracebackType

from pyinfra.api import DeployError


class NothingDone(DeployError):
    """What was asked for cannot be. Raised while a run is being planned it ends it on all hosts, in one line.

    Its traceback is hidden from pyinfra, which would tell the place in our source before the words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing was done. {why}")

    @property
    def __traceback__(self) -> None:
        return

    @__traceback__.setter
    def __traceback__(self, traceback: TracebackType | None) -> None:
        pass
