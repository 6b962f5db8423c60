"""Measures what an operator waits for and what clients lose, several times each, and prints medians with their spread.

Asserts nothing. `make bench` runs all of it; names of figures' groups as arguments, some: `python -m bench tasks`.
"""

from __future__ import annotations

import os
import re
import resource
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import ansible
from bench.machine import machine
from keepalived.facts import Node
from lab.lab import Lab
from lab.operator import (
    ADDRESS,
    CLUSTER_FILE,
    DEPLOY,
    DRAIN,
    FLAG,
    NODE,
    REBOOT,
    RESTORE,
    SHIPPED,
    STATUS,
    Operator,
    copy_repository,
)
from lab.witness import Witness

TIMES = 5
ANSIBLE_TIMES = 3  # a minute each
LONG_SECONDS = 600.0  # what a command may take for dozens of nodes
CLUSTERS = 20
MANY_NODES = 30
LOOKS = 20  # taken together: one is too short for the clock of processes


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def moved(operator: Operator, command: str) -> tuple[float, float]:
    """Seconds of a whole task, and of the move of the address alone as the task saw it."""
    start = time.monotonic()
    said = operator.types(command).text
    whole = time.monotonic() - start
    found = re.search(r"→ \S+ in ([\d.]+) s", said)
    assert found, said
    return whole, float(found.group(1))


class Bench:
    """A lab, a copy of the repository whose cluster files may change, and the figures taken."""

    def __init__(self, project: Path) -> None:
        self.lab = Lab(f"bench-{os.getpid()}")
        self.project = project
        self.figures: dict[str, list[float]] = {}

    def note(self, what: str, figure: float) -> None:
        self.figures.setdefault(what, []).append(figure)

    @contextmanager
    def operator(self, nodes: int = 3) -> Iterator[Operator]:
        """Somebody before so many hosts."""
        self.lab.up(nodes, owner=os.getpid())
        try:
            yield Operator(self.lab, self.project)
        finally:
            self.lab.down()

    def boot(self) -> None:
        """Three hosts, until an operator can log in."""
        for _ in range(TIMES):
            self.note("lab boot of three hosts, s", seconds(lambda: self.lab.up(owner=os.getpid())))
            self.lab.down()

    def tasks(self) -> None:
        """The commands of every day."""
        with self.operator() as operator:
            for _ in range(TIMES):
                self.lab.fresh()
                self.note("first deploy, s", seconds(lambda: operator.types(DEPLOY)))
            for _ in range(TIMES):
                self.note("deploy without change, s", seconds(lambda: operator.types(DEPLOY)))
                self.note("the fact Node of three hosts, s", seconds(lambda: operator.types(NODE)))
                for task, command, until in (("drain", DRAIN, "another node holds"), ("restore", RESTORE, "it holds")):
                    whole, move = moved(operator, f"{command} --limit server01")
                    self.note(f"{task}, whole command, s", whole)
                    self.note(f"{task}, until {until}, s", move)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        self.note("peak memory of a pyinfra process, MB", peak)

    def reboots(self) -> None:
        """Three managers rebooted in turn, and what a client that asks every millisecond loses by it."""
        with self.operator() as operator:
            operator.types(DEPLOY)
            for _ in range(TIMES):
                with Witness(self.lab, "10.10.0.2") as seen:
                    whole = seconds(lambda: operator.types(REBOOT))
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
        with self.operator() as operator:
            operator.writes(SHIPPED)
            operator.types(DEPLOY)
            for what, files in changes.items():
                for cluster in (files * TIMES)[:TIMES]:
                    operator.writes(cluster)
                    with Witness(self.lab, "10.10.0.2") as seen:
                        self.note(f"{what}: whole deploy, s", seconds(lambda: operator.types(DEPLOY)))
                    self.note(f"{what}: packets lost", seen.lost)
                    self.note(f"{what}: longest silence, ms", 1000 * seen.longest_silence)
                    self.note(f"{what}: two holders for, s", seen.longest(2))
                    self.note(f"{what}: no holder for, s", seen.longest(0))

    def status(self) -> None:
        """Commands that change nothing, of three and of thirty nodes, beside what others need: pyinfra, to run `true`,
        and Ansible, for less."""
        for many in (3, MANY_NODES):
            nodes = [f"server{one:02}: 10.10.0.{one + 2}" for one in range(1, many + 1)]
            with self.operator(many) as operator:
                ansible.give_python(self.lab)
                operator.writes(
                    f"nodes: {{{', '.join(nodes)}}}\ninstances: {{VI_1: {{virtual_router_id: 51, "
                    "virtual_ipaddress: [10.10.0.2]}}\n"
                )
                operator.types(DEPLOY, timeout=LONG_SECONDS)
                for _ in range(TIMES):
                    start = seconds(lambda: operator.types("pyinfra inventory.py exec -- true"))
                    self.note(f"`exec -- true` on {many} nodes, s", start)
                    for what, command in (("status", STATUS), ("deploy without change", DEPLOY)):
                        whole = seconds(partial(operator.types, command))
                        self.note(f"{what} of {many} nodes, s", whole)
                        self.note(f"{what} of {many} nodes : `exec -- true`, ratio", whole / start)
                ours = statistics.median(self.figures[f"deploy without change of {many} nodes, s"])
                ansible.play(self.lab)
                for how, settings in (("", ansible.UNTUNED), (", tuned", ansible.TUNED)):
                    for _ in range(ANSIBLE_TIMES):
                        whole = seconds(partial(self.nothing_to_play, settings))
                        self.note(f"Ansible{how}: role without change on {many} nodes, s", whole)
                        self.note(f"Ansible{how} : deploy without change, {many} nodes, ratio", whole / ours)
            operator.writes(SHIPPED)

    def looks(self) -> None:
        """What a look costs the node that is looked at."""
        with self.operator() as operator:
            operator.types(DEPLOY)
            for what, journal in (("a look", False), ("a look with the journal, as of status", True)):
                asked = Node().command(flag=FLAG, check="script", addresses=[ADDRESS], journal=journal)
                look = f"sh -c {shlex.quote(asked.get_raw_value())} >/dev/null"
                many = f"i=0; while [ $i -lt {LOOKS} ]; do {look}; i=$((i + 1)); done; times; sh -c 'echo $PPID $$'"
                for _ in range(TIMES):
                    _, spent, pids = operator.server01.succeed(many).splitlines()
                    used = sum(60 * int(m) + float(s) for m, s in re.findall(r"(\d+)m([\d.]+)s", spent))
                    first, last = map(int, pids.split())
                    self.note(f"{what}: processor of the node, ms", 1000 * used / LOOKS)
                    self.note(f"{what}: processes", (last - first - 1) / LOOKS)

    def nothing_to_play(self, settings: Mapping[str, str]) -> None:
        """Ansible's role where nothing is due."""
        changed = ansible.play(self.lab, settings)
        assert changed == 0, f"{changed} tasks have changed something"

    def clusters(self) -> None:
        """One cluster of two nodes beside twenty of them, changed in one run."""
        (self.project / CLUSTER_FILE).unlink()
        with self.operator(2 * CLUSTERS) as operator:
            for many in (1, CLUSTERS):
                for change in range(4):
                    for number in range(many):
                        nodes = [f"server{one:02}: 10.10.0.{one + 2}" for one in (2 * number + 1, 2 * number + 2)]
                        operator.writes(
                            f"nodes: {{{', '.join(nodes)}}}\n"
                            f"instances: {{VI_1: {{virtual_router_id: {number + 1}, "
                            f"virtual_ipaddress: [10.10.0.{100 + number}]}}}}\nadvert_int: 0.{4 + change}\n",
                            f"cluster{number}",
                        )
                    took = seconds(lambda: operator.types(DEPLOY, timeout=LONG_SECONDS))
                    if change:
                        self.note(f"a change of {many} cluster{'s' * (many > 1)} of two nodes, s", took)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(copy_repository(Path(folder)))
        for group in sys.argv[1:] or ("boot", "tasks", "status", "looks", "reboots", "clients", "clusters"):
            getattr(bench, group)()
    table = Table("what", "median", "least", "most", "times", title=machine())
    for what, figures in bench.figures.items():
        table.add_row(what, *(f"{f(figures):.2f}" for f in (statistics.median, min, max)), str(len(figures)))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
