"""How long a drain takes until the address has moved, by the settings: by the flag alone, and by the command."""

from __future__ import annotations

import time

from bench.seen import LOST, SILENCE, WHOLE
from bench.taking import Taking, seconds
from bench.values import SETTINGS, flag
from lab.operator import ADDRESS, DEPLOY, DRAIN, RESTORE, Operator
from lab.witness import Witness

BY_FLAG, BY_COMMAND = "flag set by hand", "tasks/drain.py"
MOVED = "until moved, s"


def take(taking: Taking) -> None:
    """Drains and restores of server01 with each of the settings."""
    with taking.operator() as operator:
        for name, text in SETTINGS.items():
            operator.writes(text)
            operator.types(f"{DEPLOY} --data probe=off")
            taking.runs(operator)
            operator.sees_holder("server01", seconds=60)
            for _ in range(taking.times):
                _by_flag(taking, operator, name, flag(text))
                _by_command(taking, operator, name)
            taking.says(name)


def _by_flag(taking: Taking, operator: Operator, name: str, path: str) -> None:
    """The file written as somebody does it by hand, and the kernel's own word of when the address moved."""
    with Witness(operator.lab, ADDRESS) as seen:
        written = float(operator.server01.succeed(f"echo 1 >{path}; stat --format=%.Y {path}"))
        operator.sees_holder("server02", seconds=60)
    taking.figures.note(name, BY_FLAG, MOVED, _moved(seen, "server02") - written)
    taking.figures.note(name, BY_FLAG, LOST, seen.lost)
    taking.figures.note(name, BY_FLAG, SILENCE, 1000 * seen.longest_silence)
    operator.server01.succeed(f"rm {path}")
    operator.sees_holder("server01", seconds=60)


def _by_command(taking: Taking, operator: Operator, name: str) -> None:
    for column, command, holder in ((BY_COMMAND, DRAIN, "server02"), ("tasks/restore.py", RESTORE, "server01")):
        with Witness(operator.lab, ADDRESS) as seen:
            start = time.time()
            whole = seconds(lambda: operator.types(f"{command} --limit server01"))  # noqa: B023
        taking.figures.note(name, column, MOVED, _moved(seen, holder) - start)
        taking.figures.note(name, column, WHOLE, whole)
        taking.figures.note(name, column, LOST, seen.lost)
        taking.figures.note(name, column, SILENCE, 1000 * seen.longest_silence)


def _moved(seen: Witness, holder: str) -> float:
    """When `holder` alone had it, in seconds since the epoch."""
    return next(when for when, names in seen.holders if names == (holder,))
