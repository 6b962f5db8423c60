"""The status of a run's clusters, as pyinfra's command line asks for it; also while nodes are down, even all."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keepalived.cli.command_line import command_line
from keepalived.status.neighbours import Neighbours

if TYPE_CHECKING:
    from keepalived.cli.options import StatusOptions


def prepare(file: str = "tasks/status.py") -> None:
    """Called by config.py, before pyinfra connects. Where status is what is asked for, a dead node ends nothing.

    `file`: the task that shows the status.
    """
    typed = command_line()
    if typed is None:
        return
    if typed.files == (Path(file).resolve(),):
        _prepare_status()
    from keepalived.run.ending import take_over  # here and below: config.py imports this file for every command

    take_over()


def _prepare_status() -> None:
    neighbours = Neighbours()
    neighbours.start()  # first of all: it takes longer to load than all the rest
    os.environ["PYINFRA_PROGRESS"] = "off"  # its spinner would draw into the table

    from keepalived.run.context import current

    run = current()
    run.once("neighbours", lambda: neighbours)
    run.ends_at_failure = False
    run.endings.append(_show_when_all_are_dead)


def _show_when_all_are_dead() -> None:
    """pyinfra ends before any task, with 1, when it could connect to nobody: then the status is shown here."""
    from pyinfra import inventory, logger, state

    from keepalived.cli.errors import NothingDone
    from keepalived.cli.options import StatusOptions, read

    if state.initialised and state.failed_hosts and not state.active_hosts:
        try:
            said = inventory.get_override_data()  # type: ignore[no-untyped-call]
            print_by(read(StatusOptions, said.get))
        except NothingDone as error:
            logger.error(str(error))


def show_and_exit(options: StatusOptions) -> None:
    """Shows the clusters of this run's hosts, and ends the run with exit status 0 (healthy) or 1."""

    def exit_by_health() -> None:
        raise Ended(0 if print_by(options) else 1)

    from keepalived.run.context import current
    from keepalived.run.ending import Ended

    # The first host's greenlet ends the process; the others wait for it, for ever: a second exit is a traceback.
    current().once("status", exit_by_health)


def print_by(options: StatusOptions) -> bool:
    """Prints the status of this run's clusters, and returns whether all are healthy."""
    from keepalived.run.context import current
    from keepalived.run.hands import clusters_of_run
    from keepalived.run.look import look, try_again
    from keepalived.status.show import show, watch

    clusters, looking = clusters_of_run(), partial(look, journal=True)
    ask = current().once("neighbours", Neighbours).ask
    if options.watch:
        watch(clusters, look=looking, ask=ask, try_again=try_again)
        return True
    return show(clusters, form=options.format, look=looking, ask=ask)
