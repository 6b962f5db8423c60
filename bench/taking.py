"""One group's run: hosts for it, how often each thing is measured, and where its figures go."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figures
from lab.lab import CHECKOUT, Lab
from lab.operator import Operator, copy_repository

LONG_SECONDS = 1200.0  # what a command may take for dozens of nodes


@dataclass(frozen=True)
class Taking:
    """What a group is handed."""

    figures: Figures
    folder: Path
    """Of this run alone, gone after it."""
    times: int
    small: bool
    results: Path | None = None
    """Where they are written as they come: what a run that is cut short has taken is not lost."""

    @contextmanager
    def operator(self, nodes: int = 3, suite: str = "bookworm") -> Iterator[Operator]:
        """Somebody before so many fresh hosts, in a copy of the repository."""
        project = self.folder / f"project-{time.monotonic_ns()}"
        project.mkdir()
        lab = Lab(f"bench-{os.getpid()}")
        lab.up(nodes, suite, owner=os.getpid())
        try:
            yield Operator(lab, copy_repository(project))
        finally:
            lab.down()

    def runs(self, operator: Operator) -> None:
        """Notes the version of keepalived that the hosts have."""
        version = str(operator.server01.version("keepalived")).partition("+")[0].rpartition(":")[2]
        self.figures.versions = dict(self.figures.versions) | {"keepalived": version}

    def sizes(self, full: Sequence[int], small: Sequence[int]) -> Sequence[int]:
        """How many hosts."""
        return small if self.small else full

    def says(self, words: str) -> None:
        """To who looks on, when something has been taken."""
        print(f"{self.figures.group}: {words}", flush=True)
        if self.results:
            self.figures.write(self.results)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def cluster(
    nodes: int = 3, *, number: int = 1, first: int = 1, router: int | None = None, change: int = 5, more: str = ""
) -> str:
    """A cluster file. `change`: what no client notices (gratuitous ARPs of a new holder); `more`: further keys."""
    members = ", ".join(f"server{one:02}: 10.10.0.{one + 2}" for one in range(first, first + nodes))
    address = "10.10.0.2" if number == 1 else f"10.10.0.{100 + number}"
    return (
        f"nodes: {{{members}}}\ninstances: {{VI_1: {{virtual_router_id: {router or 50 + number}, "
        f"virtual_ipaddress: [{address}], garp_master_repeat: {change}}}}}\n{more}"
    )


ORIGINS = (CHECKOUT / "tests/unit/origins_own.conf").read_text()
"""keepalived.conf of the blog post, of its first node."""
ORIGINS_VALUES = (CHECKOUT / "tests/unit/golden/origin.yml").read_text()
"""The cluster file that says the same."""
