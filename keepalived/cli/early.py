"""What tasks/status.py needs before pyinfra connects, so that it works, and soon, while nodes are down, even all."""

from __future__ import annotations

import atexit
import os
from pathlib import Path

from pyinfra import config, state

from keepalived.cli.command_line import command_line


def prepare(file: str = "tasks/status.py") -> None:
    """Called by config.py. Where status is what is asked for, a dead node ends nothing. `file`: the task of status."""
    typed = command_line()
    if typed is None or typed.files != (Path(file).resolve(),):
        return
    from keepalived.status import outside  # here and below: with all it brings along, which no other command needs

    outside.start()  # it takes as long to load as pyinfra to connect
    config.FAIL_PERCENT = 100
    os.environ["PYINFRA_PROGRESS"] = "off"  # its spinner would draw into the table
    atexit.register(_show_when_all_are_dead)


def _show_when_all_are_dead() -> None:
    """pyinfra ends before any task, with 1, when it could connect to nobody: then the status is shown here."""
    if state.initialised and state.failed_hosts and not state.active_hosts:
        from keepalived.status import show as status

        status.print_by(next(iter(state.failed_hosts)))
