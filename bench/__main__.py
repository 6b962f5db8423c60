"""Measures what an operator waits for and what clients lose, several times each, and prints medians with their spread.

Asserts nothing. `make bench` runs all of it; names of figures' groups as arguments, some: `python -m bench tasks`.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.witness import Witness

TIMES = 5
DEPLOY = "pyinfra inventory.py deploy.py -y"
SHIPPED = (CHECKOUT / "group_data/managers.yml").read_text()
CLUSTERS = 20
MANY_NODES = 30


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
    """A lab, a copy of the repository whose cluster files may change, and the figures taken."""

    def __init__(self, project: Path) -> None:
        self.lab = Lab(f"bench-{os.getpid()}")
        self.project = project
        self.figures: dict[str, list[float]] = {}

    def note(self, what: str, figure: float) -> None:
        self.figures.setdefault(what, []).append(figure)

    def types(self, command: str) -> str:
        """A command of the operator, which must succeed."""
        done = self.lab.operator(shlex.split(command), cwd=self.project, check=True)
        return done.stdout + done.stderr

    def writes(self, cluster: str, name: str = "managers") -> None:
        (self.project / f"group_data/{name}.yml").write_text(cluster)

    @contextmanager
    def hosts(self, nodes: int = 3) -> Iterator[None]:
        self.lab.up(nodes, owner=os.getpid())
        try:
            yield
        finally:
            self.lab.down()

    def boot(self) -> None:
        """Three hosts, until an operator can log in."""
        for _ in range(TIMES):
            self.note("lab boot of three hosts, s", seconds(lambda: self.lab.up(owner=os.getpid())))
            self.lab.down()

    def tasks(self) -> None:
        """The commands of every day."""
        with self.hosts():
            for _ in range(TIMES):
                with ThreadPoolExecutor(3) as pool:
                    list(pool.map(Host.fresh, self.lab.hosts.values()))
                self.note("first deploy, s", seconds(lambda: self.types(DEPLOY)))
            fact = "pyinfra inventory.py fact keepalived.facts.Node"
            for _ in range(TIMES):
                self.note("deploy without change, s", seconds(lambda: self.types(DEPLOY)))
                self.note("the fact Node of three hosts, s", seconds(lambda: self.types(fact)))
                for task, until in (("drain", "another node holds"), ("restore", "it holds")):
                    whole, move = self.moved(f"pyinfra inventory.py tasks/{task}.py --limit server01 -y")
                    self.note(f"{task}, whole command, s", whole)
                    self.note(f"{task}, until {until}, s", move)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        self.note("peak memory of a pyinfra process, MB", peak)

    def moved(self, command: str) -> tuple[float, float]:
        """Seconds of a whole task, and of the move of the address alone as the task saw it."""
        start = time.monotonic()
        said = self.types(command)
        whole = time.monotonic() - start
        found = re.search(r"→ \S+ in ([\d.]+) s", said)
        assert found, said
        return whole, float(found.group(1))

    def reboots(self) -> None:
        """Three managers rebooted in turn, and what a client that asks every millisecond loses by it."""
        with self.hosts():
            self.types(DEPLOY)
            for _ in range(TIMES):
                with Witness(self.lab, "10.10.0.2") as seen:
                    whole = seconds(lambda: self.types("pyinfra inventory.py tasks/reboot.py -y"))
                self.note("reboot of three managers, whole command, s", whole)
                self.note("reboot of three managers: packets lost", seen.lost)
                self.note("reboot of three managers: longest silence, ms", 1000 * seen.longest_silence)
                self.note("reboot of three managers: no holder for, s", seen.longest(0))

    def clients(self) -> None:
        """What a client that asks every millisecond loses by a change of three running nodes."""
        apart = SHIPPED.replace("virtual_router_id: 51", "virtual_router_id: 77")
        two = SHIPPED.replace("[10.10.0.2]", "[10.10.0.2, 10.10.0.9]")
        changes = {
            "restart on change": [f"{SHIPPED}advert_int: 0.4\n", SHIPPED],
            "reload on change": [f"{SHIPPED}on_change: reload\nadvert_int: 0.4\n", f"{SHIPPED}on_change: reload\n"],
            "another virtual_router_id": [apart, SHIPPED],
            "VRRP version": [f"{SHIPPED}vrrp_version: 2\n", SHIPPED],
            "address added or removed": [two, SHIPPED],
        }
        with self.hosts():
            self.writes(SHIPPED)
            self.types(DEPLOY)
            for what, files in changes.items():
                for cluster in (files * TIMES)[:TIMES]:
                    self.writes(cluster)
                    with Witness(self.lab, "10.10.0.2") as seen:
                        self.note(f"{what}: whole deploy, s", seconds(lambda: self.types(DEPLOY)))
                    self.note(f"{what}: packets lost", seen.lost)
                    self.note(f"{what}: longest silence, ms", 1000 * seen.longest_silence)
                    self.note(f"{what}: two holders for, s", seen.longest(2))
                    self.note(f"{what}: no holder for, s", seen.longest(0))

    def status(self) -> None:
        """Thirty nodes of one cluster, beside what pyinfra itself needs to connect to them."""
        nodes = [f"server{one:02}: 10.10.0.{one + 2}" for one in range(1, MANY_NODES + 1)]
        self.writes(
            f"nodes: {{{', '.join(nodes)}}}\ninstances: {{VI_1: {{virtual_router_id: 51, "
            "virtual_ipaddress: [10.10.0.2]}}\n"
        )
        with self.hosts(MANY_NODES):
            self.types(DEPLOY)
            for _ in range(TIMES):
                start = seconds(lambda: self.types("pyinfra inventory.py exec -- true"))
                self.note(f"pyinfra's own start with {MANY_NODES} hosts, s", start)
                whole = seconds(lambda: self.types("pyinfra inventory.py tasks/status.py"))
                self.note(f"status of {MANY_NODES} nodes, whole command, s", whole)
                self.note(f"status of {MANY_NODES} nodes, beside pyinfra's own start, s", whole - start)
        self.writes(SHIPPED)

    def clusters(self) -> None:
        """One cluster of two nodes beside twenty of them, changed in one run."""
        (self.project / "group_data/managers.yml").unlink()
        with self.hosts(2 * CLUSTERS):
            for many in (1, CLUSTERS):
                for change in range(4):
                    for number in range(many):
                        nodes = [f"server{one:02}: 10.10.0.{one + 2}" for one in (2 * number + 1, 2 * number + 2)]
                        self.writes(
                            f"nodes: {{{', '.join(nodes)}}}\n"
                            f"instances: {{VI_1: {{virtual_router_id: {number + 1}, "
                            f"virtual_ipaddress: [10.10.0.{100 + number}]}}}}\nadvert_int: 0.{4 + change}\n",
                            f"cluster{number}",
                        )
                    took = seconds(lambda: self.types(DEPLOY))
                    if change:
                        self.note(f"a change of {many} cluster{'s' * (many > 1)} of two nodes, s", took)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        for name in ("keepalived", "tasks", "templates", "deploy.py", "inventory.py", "config.py"):
            (project / name).symlink_to(CHECKOUT / name)
        shutil.copytree(CHECKOUT / "group_data", project / "group_data")
        bench = Bench(project)
        for group in sys.argv[1:] or ("boot", "tasks", "status", "reboots", "clients", "clusters"):
            getattr(bench, group)()
    table = Table("what", "median", "least", "most", "times", title=machine())
    for what, figures in bench.figures.items():
        table.add_row(what, *(f"{f(figures):.2f}" for f in (statistics.median, min, max)), str(len(figures)))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
