"""What tasks/status.py needs before pyinfra connects, so that it works, and soon, while nodes are down, even all."""

from __future__ import annotations

import atexit
import os
from pathlib import Path

import click
from pyinfra import config, state

from keepalived.status.neighbours import Neighbours

neighbours = Neighbours()


def prepare() -> None:
    """Called by config.py. Where status is what is asked for, a dead node ends nothing."""
    context = click.get_current_context(silent=True)
    operations = context.params.get("operations") or () if context else ()
    if [Path(str(operation)).name for operation in operations] == ["status.py"]:
        neighbours.start()  # it takes as long to load as pyinfra to connect
        config.FAIL_PERCENT = 100
        os.environ["PYINFRA_PROGRESS"] = "off"  # its spinner would draw into the table
        atexit.register(_show_when_all_are_dead)


def _show_when_all_are_dead() -> None:
    """pyinfra ends before any task, with 1, when it could connect to nobody: then the status is shown here."""
    if state.initialised and state.failed_hosts and not state.active_hosts:
        from keepalived.status import run as status  # here: with all it brings along, which no other command needs

        status.print_by(next(iter(state.failed_hosts)))
