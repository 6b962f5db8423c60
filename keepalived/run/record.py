"""The record of a run: what is taken down while it goes on, and the file that it leaves."""

from __future__ import annotations

import logging
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from pyinfra import logger

from keepalived.cli.command_line import FILES, CommandLine
from keepalived.cli.errors import NothingDone
from keepalived.cli.operator import operator_name
from keepalived.observed.cluster import ClusterState
from keepalived.record.events import Broken, ClientView, Events, HeldThen, Level, Line, Seen, Unanswered
from keepalived.run.probe.account import Probe, silences

FINISHED, SHOWN = "The run came to its end.", "Nothing was done: this is what a run would do (--dry)."


class Recorder(logging.Handler):
    """Takes down what a run prints and sees, from its making until `write`."""

    def __init__(self, path: Path, typed: CommandLine | None) -> None:
        """Raises NothingDone when `path` cannot be written."""
        super().__init__(logging.INFO)
        self.path = path.absolute()
        self._shows_only = bool(typed and typed.shows_only)
        if reason := _why_not(self.path):
            raise NothingDone(f"--data record={path}: {reason}")
        self.events = Events(as_typed(typed), operator_name(), time.time())
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Takes down what the run prints."""
        level = _level(record.levelno)
        for text in click.unstyle(record.getMessage()).splitlines():
            if text.strip():
                self.events.lines.append(Line(record.created, text, level))

    def look(self, state: ClusterState) -> None:
        """Takes down who held what."""
        holds = {name: frozenset(node.holds) if node else None for name, node in state.nodes.items()}
        cluster = state.cluster
        known = self.events.clusters.setdefault(cluster.name, Seen(tuple(cluster.addresses), tuple(cluster.nodes)))
        known.looks.append(HeldThen(time.time(), holds))

    def client(
        self,
        told: Sequence[str],
        probes: Mapping[str, Sequence[Probe]],
        interval: float,
        broken: Mapping[str, Sequence[Broken]],
    ) -> None:
        """Takes down what a client saw of each address that it asked, in words as well."""
        self.events.client = list(told)
        for seen in self.events.clusters.values():
            for address in seen.addresses:
                if asked := probes.get(address):
                    found = [
                        Unanswered(one.start, one.seconds, one.lost) for one in silences(asked, interval) if one.lost
                    ]
                    seen.watched[address] = ClientView(
                        asked[0].sent, asked[-1].sent, tuple(found), tuple(broken.get(address, ()))
                    )

    def ended(self, outcome: str) -> None:
        """Takes down how a run ended that did not come to its end; the first word counts."""
        self.events.outcome = self.events.outcome or outcome
        self.events.failed = True

    def write(self) -> str | None:
        """Leaves the file, whole or not at all. Why that could not be; None: it is there."""
        from keepalived.record.page import page  # here: a run without a record need not wait for it

        logger.removeHandler(self)
        self.events.end = time.time()
        self.events.outcome = self.events.outcome or (SHOWN if self._shows_only else FINISHED)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            # for its owner alone: what a failed command of a node wrote is in it, and may be anything
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with open(number, "w", encoding="utf-8") as file:
                    file.write(page(self.events))
                os.link(beside, self.path)  # unlike a rename it takes the place of nothing
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            return error.strerror or str(error)
        return None


def _level(number: int) -> Level:
    if number >= logging.ERROR:
        return "error"
    return "warning" if number >= logging.WARNING else "plain"


def _why_not(path: Path) -> str | None:
    if os.path.lexists(path):
        return "the file is there already: name another one"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"nothing can be written into {path.parent}"
    return None


def as_typed(typed: CommandLine | None) -> str:
    """`tasks/drain.py --limit server01 --data reason='new disk'`: what was typed, without secrets.

    Of data that is not an option of this project only the name is told.
    """
    if typed is None:
        return "a program that uses pyinfra's API"
    from keepalived.cli.options import OPTIONS

    known = {key for file in typed.files if file in FILES for key in OPTIONS[FILES[file]].model_fields}
    words = [f"{file.parent.name}/{file.name}" if file.parent.name == "tasks" else file.name for file in typed.files]
    for option, values in (("--limit", typed.limit), ("--exclude", typed.exclude)):
        words += [f"{option} {shlex.quote(value)}" for value in values]
    for one in typed.data:
        key, _, value = one.partition("=")
        words.append(f"--data {key}={shlex.quote(value) if key in known else '…'}")
    return " ".join([*words, *["--dry"] * typed.shows_only])
