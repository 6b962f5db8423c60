"""How a run ends: what is told at last, and an exit status that is 0 only where the run has come to its end."""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from pyinfra import logger
from pyinfra.api import State
from pyinfra.api.state import StateStage

from keepalived.cli.command_line import at_end, command_line
from keepalived.run.context import Run, current, pyinfra_state
from keepalived.run.planning import tell_standing

STOPPED = "The run stopped before its end: see the last lines below."
SIGNALS: dict[int, str] = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Ended(SystemExit):
    """Ends the process with an exit status that is meant. Any other SystemExit(0) of an unfinished run is not."""


def take_over() -> None:
    """From now on this project decides how the run that is under way comes to its end. The first call of a run counts.

    config.py calls it: only the main greenlet sees pyinfra's command line.

    pyinfra's command ends with 0 at Ctrl-C and at anything but Enter, and asks whether to go on after a failure.
    """
    state = pyinfra_state()

    def take() -> None:
        current().typed = command_line()
        if not at_end(_account(state)):  # a program that uses pyinfra's API; its signals are its own
            atexit.register(_end, current())
            return
        for number in SIGNALS:
            signal.signal(number, partial(_interrupt, state))

    current().once("ending", take)
    current().take_failures(state)  # each time: pyinfra's command installs its own after config.py


def _interrupt(state: State, number: int, frame: FrameType | None) -> None:
    """Stops every host's work where it is. A second signal ends the process at once."""
    signal.signal(number, signal.SIG_DFL)
    if state.initialised:
        state.pool.kill(block=False)  # or they go on while pyinfra disconnects
    raise Ended(128 + number)


@contextmanager
def _account(state: State) -> Iterator[None]:
    """Around the whole run, inside pyinfra's command."""
    run = current()
    try:
        yield
    except Ended as ended:
        if by := SIGNALS.get(_signal_of(ended)):
            _tell_interrupted(state, by)
            _take_down(f"Ended by {by}.")
        raise
    except SystemExit as ended:
        if not ended.code and not _has_finished(state):
            logger.error("Nothing was done.")
            _take_down("Nothing was done.")
            raise Ended(1) from None
        if ended.code:
            _take_down(STOPPED)
        raise
    except Exception as error:
        cause = getattr(error, "exception", error)  # pyinfra puts its own around what it did not expect
        nobody = isinstance(cause, EOFError) or (sys.stdin is None and isinstance(cause, RuntimeError))
        if nobody and not _has_begun(state):
            logger.error("Nothing was done: nobody answered. To run it unasked, add -y")
            _take_down("Nothing was done: nobody answered.")
            raise Ended(1) from None
        _take_down(STOPPED if _has_begun(state) else str(cause))
        raise
    finally:
        if not _end(run):
            raise Ended(1)


def _take_down(outcome: str) -> None:
    """How the run ended, for its record, if somebody wants one."""
    if record := current().record:
        record.ended(outcome)


def _end(run: Run) -> bool:
    """Tells what belongs at the end, and leaves the record if somebody wants one. Whether all of that was done."""
    run.end()
    if run.record is None:
        return True
    if reason := run.record.write():
        logger.error("The record %s could not be written: %s", run.record.path, reason)
        return False
    logger.info("--> The record of this run: %s", run.record.path)
    return True


def _signal_of(ended: SystemExit) -> int:
    """The number of the signal that ended the process; a shell tells it in the same way."""
    return ended.code - 128 if isinstance(ended.code, int) else 0


def _tell_interrupted(state: State, by: str) -> None:
    run = current()
    if not run.ends_at_failure:  # status: it has told what it saw, or nothing
        return
    if not _has_begun(state):
        logger.error("Ended by %s. Nothing was done.", by)
        return
    logger.error("Ended by %s. Nothing more is begun; what was under way may be half done. The nodes now:", by)
    tell_standing()


def _has_begun(state: State) -> bool:
    """Whether anything may have been done to a host."""
    return state.current_stage >= StateStage.Execute


def _has_finished(state: State) -> bool:
    """Whether all was done, or all was shown that the operator has asked for."""
    typed = current().typed
    return state.current_stage >= StateStage.Disconnect or (typed is not None and typed.shows_only)
