"""The process that asks the operator's own network who answers for an address (`neighbours.py`), and its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_process: subprocess.Popen[str] | None = None


def start() -> None:
    """Starts the process. It ends with this one."""
    global _process
    _process = subprocess.Popen(
        [sys.executable, "-m", "keepalived.status.neighbours"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # Ctrl-C is for the run
    )


def ask(addresses: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each address `{"macs": [...]}`, or `{"unknown": WHY}`."""
    if _process is None:
        start()
    assert _process is not None
    assert _process.stdin is not None
    assert _process.stdout is not None
    try:
        print(json.dumps(list(addresses)), file=_process.stdin, flush=True)
        return dict(json.loads(_process.stdout.readline()))
    except (OSError, ValueError):
        return {
            address: {"unknown": "the process that asks has failed: python -m keepalived.status.neighbours"}
            for address in addresses
        }
