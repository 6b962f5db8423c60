"""What a command costs the machine on which it is typed: `python cost.py FILE COMMAND…` runs it, and writes
`{"seconds": 1.2, "processor": 0.6, "megabytes": 71}` to FILE.

The processor time is that of the command and all its children. The memory is the most that all of them had together,
each page that several share counted in parts (PSS), looked at five times a second. It runs by itself.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

LOOK_SECONDS = 0.2


def below(pid: int) -> list[int]:
    """The process and all its children."""
    found = [pid]
    with suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += below(int(child))
    return found


def megabytes(pid: int) -> float:
    """The memory of a process, 0 where it has ended meanwhile."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
    return 0.0


def main(file: str, *command: str) -> int:
    start, most, ended = time.monotonic(), 0.0, Event()
    running = subprocess.Popen(command)

    def look() -> None:
        nonlocal most
        while not ended.wait(LOOK_SECONDS):
            most = max(most, sum(map(megabytes, below(running.pid))))

    looking = Thread(target=look, daemon=True)
    looking.start()
    status = running.wait()
    whole = time.monotonic() - start
    ended.set()
    looking.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {"seconds": whole, "processor": used.ru_utime + used.ru_stime, "megabytes": most}
    Path(file).write_text(json.dumps(told))
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os._exit(main(*sys.argv[1:]))
