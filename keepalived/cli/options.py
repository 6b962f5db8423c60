"""What an operator says by --data: which keys a command knows, and yes or no and nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath

from pyinfra.api import Host

from keepalived.cli.errors import NothingDone

WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
OPTIONS = {
    "deploy.py": ("force", "probe"),
    "drain.py": ("reason", "until", "force", "probe"),
    "restore.py": ("probe",),
    "status.py": ("format", "watch"),
    "reboot.py": ("only", "reason", "resume", "force", "probe"),
    "upgrade.py": ("version", "packages", "reason", "force", "probe"),
    "remove.py": ("force", "probe"),
}


def said_true(host: Host, name: str, *, default: bool = False) -> bool:
    """The value of --data NAME=true or false. Raises NothingDone on anything else."""
    value = host.data.get(name)
    if value is None:
        return default
    if (found := WORDS.get(str(value).lower())) is None:
        raise NothingDone(f"{name}={value} is neither true nor false (true, on, yes; false, off, no)")
    return found


def unknown_option(commands: Iterable[str], data: Iterable[str]) -> str | None:
    """What is wrong with the `KEY=VALUE` behind --data, for these files of pyinfra's command line; None: nothing.

    pyinfra would take no notice of a misspelt key. Its own begin with `ssh_` or `_`; other commands may know any.
    """
    files = [PurePath(command).name for command in commands]
    if not files or any(file not in OPTIONS for file in files):
        return None
    known = {option for file in files for option in OPTIONS[file]}
    for key in (one.partition("=")[0] for one in data):
        if key not in known and not key.startswith(("ssh_", "_")):
            close = get_close_matches(key, known, n=1)
            meant = f" (did you mean {close[0]}?)" if close else ""
            return f"--data {key}: {', '.join(files)} knows no such option{meant}. There are {', '.join(sorted(known))}"
    return None
