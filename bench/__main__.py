"""Measures what an operator waits for, five times each, and prints medians with their spread. Asserts nothing."""

from __future__ import annotations

import os
import platform
import re
import resource
import shlex
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.host import Host
from lab.lab import CHECKOUT, Lab

TIMES = 5
DEPLOY = "pyinfra inventory.py deploy.py -y"


def machine() -> str:
    """`Intel Xeon, 2 cores, 24 GB, Linux 6.1`"""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = found.group(1) if found else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


class Bench:
    """A lab of three, and the figures taken on it."""

    def __init__(self) -> None:
        self.lab = Lab(f"bench-{os.getpid()}")
        self.figures: dict[str, list[float]] = {}

    def note(self, what: str, figure: float) -> None:
        self.figures.setdefault(what, []).append(figure)

    def types(self, command: str) -> str:
        done = self.lab.operator(shlex.split(command), cwd=CHECKOUT, check=True)
        return done.stdout + done.stderr

    def moved(self, command: str) -> tuple[float, float]:
        """Seconds of a whole task, and of the move of the address alone as the task saw it."""
        start = time.monotonic()
        said = self.types(command)
        whole = time.monotonic() - start
        found = re.search(r"→ \S+ in ([\d.]+) s", said)
        assert found, said
        return whole, float(found.group(1))

    def boot(self) -> None:
        for _ in range(TIMES):
            self.note("lab boot of three hosts, s", seconds(lambda: self.lab.up(owner=os.getpid())))
            self.lab.down()

    def run(self) -> None:
        self.boot()
        self.lab.up(owner=os.getpid())
        for _ in range(TIMES):
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(Host.fresh, self.lab.hosts.values()))
            self.note("first deploy, s", seconds(lambda: self.types(DEPLOY)))
        for _ in range(TIMES):
            self.note("deploy without change, s", seconds(lambda: self.types(DEPLOY)))
            self.note(
                "the fact Node of three hosts, s",
                seconds(lambda: self.types("pyinfra inventory.py fact keepalived.facts.Node")),
            )
            for task in ("drain", "restore"):
                whole, move = self.moved(f"pyinfra inventory.py tasks/{task}.py --limit server01 -y")
                self.note(f"{task}, whole command, s", whole)
                self.note(f"{task}, until {'another node' if task == 'drain' else 'it'} holds, s", move)
        self.note("peak memory of a pyinfra process, MB", peak_children_megabytes())


def peak_children_megabytes() -> float:
    """The largest resident size of any process waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    bench = Bench()
    try:
        bench.run()
    finally:
        bench.lab.down()
    table = Table("what", "median", "least", "most", "times", title=machine())
    for what, figures in bench.figures.items():
        table.add_row(what, *(f"{f(figures):.2f}" for f in (statistics.median, min, max)), str(len(figures)))
    Console().print(table)


if __name__ == "__main__":
    main()
