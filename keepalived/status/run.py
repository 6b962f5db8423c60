"""The status of a run's clusters, as pyinfra's command line asks for it; also while nodes are down, even all."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keepalived.cli.command_line import command_line
from keepalived.status.neighbours import Neighbours

if TYPE_CHECKING:
    from pyinfra.api import Host


def prepare(file: str = "tasks/status.py") -> None:
    """Called by config.py, before pyinfra connects. Where status is what is asked for, a dead node ends nothing.

    `file`: the task that shows the status.
    """
    typed = command_line()
    if typed is None or typed.files != (Path(file).resolve(),):
        return
    neighbours = Neighbours()
    neighbours.start()  # first of all: it takes longer to load than all the rest
    os.environ["PYINFRA_PROGRESS"] = "off"  # its spinner would draw into the table

    from keepalived.run.context import current  # here and below: config.py imports this file for every command

    run = current()
    run.once("neighbours", lambda: neighbours)
    run.ends_at_failure = False
    run.endings.append(_show_when_all_are_dead)


def _show_when_all_are_dead() -> None:
    """pyinfra ends before any task, with 1, when it could connect to nobody: then the status is shown here."""
    from pyinfra import logger, state

    from keepalived.cli.errors import NothingDone

    if state.initialised and state.failed_hosts and not state.active_hosts:
        try:
            print_by(next(iter(state.failed_hosts)))
        except NothingDone as error:
            logger.error(str(error))


def show_and_exit(one: Host) -> None:
    """Shows the clusters of this run's hosts, and ends the run with exit status 0 (healthy) or 1.

    `one`: any host of the run; its data has what --data said.
    """

    def exit_by_health() -> None:
        raise SystemExit(0 if print_by(one) else 1)

    from keepalived.run.context import current

    # The first host's greenlet ends the process; the others wait for it, for ever: a second exit is a traceback.
    current().once("status", exit_by_health)


def print_by(one: Host) -> bool:
    """Prints the status of this run's clusters, and returns whether all are healthy."""
    from keepalived.cli.options import StatusOptions, read
    from keepalived.run.context import current
    from keepalived.run.hands import clusters_of_run
    from keepalived.run.look import look, try_again
    from keepalived.status.show import show, watch

    options = read(StatusOptions, one.data.get)
    clusters, looking = clusters_of_run(), partial(look, journal=True)
    ask = current().once("neighbours", Neighbours).ask
    if options.watch:
        watch(clusters, look=looking, ask=ask, try_again=try_again)
        return True
    return show(clusters, form=options.format, look=looking, ask=ask)
