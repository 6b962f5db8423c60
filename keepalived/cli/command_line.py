"""The one look into click: what was typed behind `pyinfra`, as far as this project must know it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import click

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = {file: file.stem for file in (REPOSITORY / "deploy.py", *sorted((REPOSITORY / "tasks").glob("*.py")))}
"""This repository's own files, by their resolved path: a file of the same name elsewhere may be anything."""

OUT_OF_ORDER = {"no_wait": "--no-wait", "serial": "--serial"}
SHOWS_ONLY = frozenset({"dry", "debug_facts", "debug_operations"})
READS_ONLY = frozenset({"fact", "debug-inventory"})
"""Commands of pyinfra that change nothing, typed in the place of files."""


class CommandLine(NamedTuple):
    """What was typed."""

    files: tuple[Path, ...]
    """The deploy files, resolved."""
    limit: tuple[str, ...]
    exclude: tuple[str, ...]
    data: tuple[str, ...]
    """`KEY=VALUE` each."""
    out_of_order: tuple[str, ...]
    """The options with which pyinfra does not wait for all hosts before the next operation."""
    shows_only: bool
    """Whether only what would be done, or a fact, is asked for."""


def command_line() -> CommandLine | None:
    """What was typed; None: pyinfra was not called by its command."""
    context = click.get_current_context(silent=True)
    if context is None:
        return None

    def said(name: str) -> tuple[str, ...]:
        return tuple(str(one) for one in context.params.get(name) or ())

    files = tuple(Path(one).resolve() for one in said("operations") if one.endswith(".py"))
    on = [name for name, value in context.params.items() if value is True]
    return CommandLine(
        files,
        said("limit"),
        said("exclude"),
        said("data"),
        tuple(option for name, option in OUT_OF_ORDER.items() if name in on),
        bool(SHOWS_ONLY.intersection(on) or READS_ONLY.intersection(said("operations")[:1])),
    )


def at_end(resource: AbstractContextManager[None]) -> bool:
    """Has `resource` around the rest of what pyinfra's command does; it sees the exception that ends it, if any.

    False: pyinfra was not called by its command.
    """
    context = click.get_current_context(silent=True)
    if context:
        context.find_root().with_resource(resource)
    return context is not None


def unknown_option(files: Sequence[Path], data: Sequence[str]) -> str | None:
    """What is wrong with the `KEY=VALUE` behind --data, for these deploy files; None: nothing.

    pyinfra takes no notice of a misspelt key. Its own begin with `ssh_` or `_`. Files that are not this repository's
    may know any.
    """
    from keepalived.cli.options import OPTIONS  # here: status starts before all that this brings along is loaded

    verbs = [FILES.get(file) for file in files]
    if not verbs or None in verbs:
        return None
    known = sorted({key for verb in verbs if verb for key in OPTIONS[verb].model_fields})
    for key in (one.partition("=")[0] for one in data):
        if key not in known and not key.startswith(("ssh_", "_")):
            close = get_close_matches(key, known, n=1)
            meant = f" (did you mean {close[0]}?)" if close else ""
            names = ", ".join(file.name for file in files)
            return f"--data {key}: {names} knows no such option{meant}. There are {', '.join(known) or 'none'}"
    return None
