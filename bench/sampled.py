"""Where a command of pyinfra spends its processor time: `python sampled.py FILE ARGUMENTS…` runs `pyinfra ARGUMENTS…`.

Every 5 ms of processor time it looks which package works, and writes `{"keepalived.plan": 0.12, …}` to FILE: the
share of each. The package is that of the innermost function which is neither Python's own nor without a file.
"""

from __future__ import annotations

import atexit
import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

LOOK_SECONDS = 0.005
OURS = Path(__file__).resolve().parents[1] / "keepalived"
PACKAGES = "site-packages/"

seen: Counter[str] = Counter()


def package(frame: FrameType | None) -> str:
    """`keepalived.plan`, `pyinfra`, or `Python` where there is none."""
    while frame:
        path = frame.f_code.co_filename
        if PACKAGES in path:
            return path.partition(PACKAGES)[2].partition("/")[0].removesuffix(".py")
        if Path(path).is_absolute() and OURS in (resolved := Path(path).resolve()).parents:
            return f"keepalived.{resolved.relative_to(OURS).parts[0].removesuffix('.py')}"
        frame = frame.f_back
    return "Python"


def look(number: int, frame: FrameType | None) -> None:
    """One sample."""
    seen[package(frame)] += 1


def main(file: str, *arguments: str) -> None:
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, LOOK_SECONDS, LOOK_SECONDS)

    def write() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(file).write_text(json.dumps({name: count / seen.total() for name, count in seen.most_common()}))

    atexit.register(write)
    sys.argv = ["pyinfra", *arguments]
    from pyinfra_cli.cli import cli

    cli()


if __name__ == "__main__":
    main(*sys.argv[1:])
