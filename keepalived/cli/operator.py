"""Who types, and what they can type next."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable


def operator_name() -> str:
    """Who types: `alice@notebook`."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # in a container: a user id without a name
        user = f"uid{os.getuid()}"
    name = f"{user}@{socket.gethostname()}"
    return "".join(letter for letter in name if letter.isprintable())


def command(file: str, limit: Iterable[str] = ()) -> str:
    """A command of this repository, on a line of its own: `pyinfra inventory.py tasks/restore.py --limit server02`."""
    return "\n    " + " ".join(["pyinfra inventory.py", file, *(f"--limit {name}" for name in limit)])
