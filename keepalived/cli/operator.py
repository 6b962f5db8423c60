"""Who types."""

from __future__ import annotations

import getpass
import os
import socket


def operator_name() -> str:
    """Who types: `alice@notebook`."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # in a container: a user id without a name
        user = f"uid{os.getuid()}"
    name = f"{user}@{socket.gethostname()}"
    return "".join(letter for letter in name if letter.isprintable())
