"""Who types, and what they can type next."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable


def operator_name() -> str:
    """Who types: `alice@notebook`."""
    name = f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{socket.gethostname()}"
    return "".join(letter for letter in name if letter.isprintable())


def command(file: str, limit: Iterable[str] = ()) -> str:
    """A command of this repository, on a line of its own: `pyinfra inventory.py tasks/restore.py --limit server02`."""
    return "\n    " + " ".join(["pyinfra inventory.py", file, *(f"--limit {name}" for name in limit)])
