"""What an operator says by --data: yes or no, and nothing in between."""

from __future__ import annotations

from pyinfra.api import Host

from keepalived.errors import NothingDone

WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def said_true(host: Host, name: str, *, default: bool = False) -> bool:
    """The value of --data NAME=true or false. Raises NothingDone on anything else."""
    value = host.data.get(name)
    if value is None:
        return default
    if (found := WORDS.get(str(value).lower())) is None:
        raise NothingDone(f"{name}={value} is neither true nor false")
    return found
