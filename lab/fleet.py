"""How long many clusters take in one run, and as a job for each: `python -m lab.fleet 10 100`, numbers of clusters.

The hosts are pyinfra's @fake ones, so these are the times of pyinfra and of this project: no network, no keepalived.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.lab import CHECKOUT
from lab.operator import LINKED

NODES = 3
INVENTORY = """\
from pathlib import Path

from lab.fakes import fakes

globals().update(fakes(Path(__file__).parent / "group_data"))
"""


def write(folder: Path, clusters: int) -> None:
    """Makes `folder` a copy of this repository with so many clusters of three hosts that are not there."""
    for name in (*LINKED, "lab"):
        if name != "inventory.py":
            (folder / name).symlink_to(CHECKOUT / name)
    (folder / "inventory.py").write_text(INVENTORY)
    (folder / "group_data").mkdir()
    for number in range(clusters):
        network = f"10.{number // 250}.{number % 250}"
        nodes = "".join(f"  c{number}n{at}: {network}.{2 + at}\n" for at in range(1, NODES + 1))
        (folder / f"group_data/c{number}.yml").write_text(
            f"nodes:\n{nodes}instances:\n  VI_1: {{virtual_router_id: 51, virtual_ipaddress: [{network}.2]}}\n"
        )


def plan(folder: Path, *limit: str) -> tuple[float, float, float]:
    """The seconds, the seconds of processor and the MiB of `deploy.py --dry`."""
    program = "import sys; from pyinfra_cli.main import cli; cli(sys.argv[1:])"
    command = [sys.executable, "-c", program, "inventory.py", "deploy.py", "--dry", *limit]
    begin = time.monotonic()
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        sys.exit(f"deploy.py --dry {' '.join(limit)} ended with {run.returncode}")
    return time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def row(clusters: int) -> list[str]:
    """The figures of so many clusters: of one run for all, and of the job for the last one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, clusters)
        runs = [plan(folder), plan(folder, "--limit", f"c{clusters - 1}")]
    told = [f"{seconds:.1f} s ({cpu:.1f} s), {memory:.0f} MiB" for seconds, cpu, memory in runs]
    return [f"{clusters} ({clusters * NODES})", *told]


def main() -> None:
    """Prints a table for the numbers of clusters that are named."""
    table = Table("clusters (hosts)", "one run for all", "one job")
    for clusters in map(int, sys.argv[1:] or ("10", "100")):
        table.add_row(*row(clusters))
    Console().print(table)
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    Console().print(f"In brackets of processor. {machine}")


if __name__ == "__main__":
    main()
