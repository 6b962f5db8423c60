"""What one run of pyinfra keeps in mind, and what it prints at its end. There is no other state outside functions."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from gevent import Greenlet
from gevent.event import AsyncResult
from pyinfra import logger
from pyinfra.api import Host, State
from pyinfra.context import ctx_state

from keepalived.cli.command_line import CommandLine
from keepalived.observed.cluster import ClusterState
from keepalived.run import times
from keepalived.run.probe.watching import Watch
from keepalived.run.record import Recorder
from keepalived.run.times import TurnTimes

T = TypeVar("T")


class Run:
    """One run: `current()` has it."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(4)
        """It stands in the flags that this run sets."""
        self.unreachable: set[Host] = set()
        """A dead node costs one connect time-out a run, not one a look."""
        self.looking: dict[str, Greenlet[..., ClusterState]] = {}
        """The look at each cluster that is under way."""
        self.coming: dict[str, Greenlet[..., ClusterState]] = {}
        """The one after it, which whoever asks meanwhile shares."""
        self.turns: list[tuple[str, TurnTimes]] = []
        """The turns of this run, each with its host, in the order in which they began."""
        self.watch: Watch | None = None
        """What watches the addresses; None: nothing has begun yet, or nobody wants it."""
        self.typed: CommandLine | None = None
        """The command line; click tells it in the main greenlet only."""
        self.probes = True
        """Whether the operator wants the addresses to be watched (--data probe=)."""
        self.probe_port: int | None = None
        """The port at which established connections are watched; None: that of the cluster file, if it has one."""
        self.record: Recorder | None = None
        """What takes the run down; None: nobody wants it."""
        self.verbs: set[Hashable] = set()
        """What was asked for on which host."""
        self.told: set[str] = set()
        """The clusters of which a failure has been told."""
        self.ends_at_failure = True
        """Whether the first host that fails ends the run. Status alone goes on."""
        self.endings: list[Callable[[], None]] = []
        """What else belongs at the end of the run."""
        self._made: dict[Hashable, AsyncResult[Any]] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes. Of all hosts' greenlets the first does it, the others wait, an exception included."""
        if key not in self._made:
            made = self._made[key] = AsyncResult()
            try:
                made.set(make())
            except Exception as error:
                made.set_exception(error)
        found: T = self._made[key].get()  # type: ignore[assignment] # what `make` has returned
        return found

    def take_failures(self, state: State) -> None:
        """From now on this run decides what a failed host means, and nobody is asked.

        pyinfra's command asks whether to go on: Enter would take the next node, and under cron nobody answers.
        """
        state.should_raise_failed_hosts = lambda state: self.ends_at_failure

    def end(self) -> None:
        """Prints what belongs at the end of a run, in this order."""
        listed = [(name, one) for name, one in self.turns if one.listed]
        if listed:
            logger.info("--> The nodes:")
            for line in times.table(listed):
                logger.info("    %s", line)
        if self.watch:
            logger.info("--> What clients saw, asked from this machine:")
            for line in self.watch.end():
                logger.info("    %s", line)
            if self.record:
                self.record.client(self.watch.probes, self.watch.interval)
        for ending in self.endings:
            ending()


_runs: WeakKeyDictionary[State, Run] = WeakKeyDictionary()


def pyinfra_state() -> State:
    """pyinfra's own state of the run."""
    state: State = ctx_state.get()  # type: ignore[no-untyped-call]
    return state


def current() -> Run:
    """The run that is under way."""
    state = pyinfra_state()
    if state not in _runs:
        _runs[state] = Run()
    return _runs[state]
