"""The first command of a newcomer: `make demo` shows a move on real hosts."""

from __future__ import annotations

import os
import subprocess
import sys

from lab.lab import CHECKOUT


def test_the_demo_is_seen_to_work() -> None:
    name = f"test-{os.getpid()}-demo"
    lab = [sys.executable, "-m", "lab", "--name", name]
    try:
        shows = subprocess.run([*lab, "demo"], cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    finally:
        subprocess.run([*lab, "down"], cwd=CHECKOUT, check=True, capture_output=True)
    assert shows.returncode == 0, shows.stdout + shows.stderr
    assert "Every step was seen to work." in shows.stdout
