"""1,000 hosts in 333 clusters on hosts that are not there: what pyinfra and this project need for themselves.

Nothing is connected to and no node is changed: the hosts answer at once, from memory.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.at_rest import write_reports
from bench.taking import LONG_SECONDS, Taking
from keepalived.spec.cluster_file import read_clusters
from lab.lab import CHECKOUT
from lab.operator import CLUSTER_FILE, copy_repository

HOSTS, SMALL_HOSTS = 1000, 100
IN_A_CLUSTER = 3
INVENTORY = """\
from pathlib import Path

from bench.at_rest import at_rest

HERE = Path(__file__).parent
globals().update(at_rest(HERE / {files!r}, HERE / "reports.json"))
"""
COMMANDS = {
    "`deploy.py`, nothing due": "inventory.py deploy.py -y",
    "`deploy.py --dry`, a change of every node": "changed.py deploy.py --dry",
    "`deploy.py --limit` one cluster, nothing due": "inventory.py deploy.py -y --limit cluster000",
    "`tasks/status.py`": "inventory.py tasks/status.py",
}
PHASE = re.compile(r"--> (Loading config|Loading inventory|Connecting|Preparing|Beginning|Results)")
WHOLE, MEGABYTES, SHARE = "whole, s", "memory, MB", "share of the processor time"
MOST_PACKAGES = 12


def take(taking: Taking) -> None:
    """Each command several times, then once with a look at what takes the time."""
    hosts = SMALL_HOSTS if taking.small else HOSTS
    project = taking.folder / "many"
    project.mkdir()
    copy_repository(project)
    (project / CLUSTER_FILE).unlink()
    shutil.copytree(project / "group_data", project / "changed")
    _write(project / "group_data", hosts, change=5)
    _write(project / "changed", hosts, change=6)
    write_reports(read_clusters(project / "group_data"), project / "reports.json")
    (project / "inventory.py").unlink()
    (project / "inventory.py").write_text(INVENTORY.format(files="group_data"))
    (project / "changed.py").write_text(INVENTORY.format(files="changed"))
    for name, command in COMMANDS.items():
        for _ in range(taking.times):
            _phases(taking, project, name, command.split())
        _packages(taking, project, name, command.split())
        taking.says(name)


def _write(folder: Path, hosts: int, change: int) -> None:
    """The cluster files: three nodes each, the last cluster has the rest."""
    clusters = hosts // IN_A_CLUSTER
    for number in range(clusters):
        first = number * IN_A_CLUSTER + 1
        last = first + IN_A_CLUSTER - 1 if number < clusters - 1 else hosts
        network = f"10.{number // 250 + 20}.{number % 250}"
        nodes = ", ".join(f"server{one:04}: {network}.{one - first + 3}" for one in range(first, last + 1))
        (folder / f"cluster{number:03}.yml").write_text(
            f"nodes: {{{nodes}}}\ninstances: {{VI_1: {{virtual_router_id: 51, "
            f"virtual_ipaddress: [{network}.2], garp_master_repeat: {change}}}}}\n"
        )


def _environment() -> dict[str, str]:
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
    }


def _phases(taking: Taking, project: Path, name: str, command: list[str]) -> None:
    """When it says that it comes to what, and what it costs."""
    told = taking.folder / "cost"
    whole = [sys.executable, str(CHECKOUT / "bench/cost.py"), str(told), "pyinfra", *command]
    start = now = time.monotonic()
    phase, said = "Loading Python", []
    with subprocess.Popen(
        whole, cwd=project, env=_environment(), stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            said.append(line)
            if found := PHASE.search(line):
                taking.figures.note(name, phase, "s", time.monotonic() - now)
                phase, now = found.group(1), time.monotonic()
        running.wait(LONG_SECONDS)
    taking.figures.note(name, phase, "s", time.monotonic() - now)
    taking.figures.note(name, WHOLE, WHOLE, time.monotonic() - start)
    taking.figures.note(name, MEGABYTES, MEGABYTES, json.loads(told.read_text())["megabytes"])
    assert running.returncode == 0, "".join(said[-30:])


def _packages(taking: Taking, project: Path, name: str, command: list[str]) -> None:
    told = taking.folder / "sampled"
    whole = [sys.executable, str(CHECKOUT / "bench/sampled.py"), str(told), *command]
    subprocess.run(whole, cwd=project, env=_environment(), check=True, capture_output=True, timeout=LONG_SECONDS)
    shares = list(json.loads(told.read_text()).items())
    for package, share in shares[:MOST_PACKAGES]:
        taking.figures.note(name, package, SHARE, share)
    taking.figures.note(name, "all others", SHARE, sum(share for _, share in shares[MOST_PACKAGES:]))
