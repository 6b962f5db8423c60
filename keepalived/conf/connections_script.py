"""The commands of scripts/connections.sh, as a shell takes them. Reads that file."""

from __future__ import annotations

import shlex
from pathlib import Path

SCRIPT = (Path(__file__).parents[1] / "scripts/connections.sh").read_text(encoding="utf-8")


def connections_command(verb: str, *words: str) -> str:
    """`bash -c … keepalived-connections pass 10.10.0.2 …`: the script needs not be on the node."""
    return " ".join(["bash -c", shlex.quote(SCRIPT), "keepalived-connections", verb, *map(shlex.quote, words)])
