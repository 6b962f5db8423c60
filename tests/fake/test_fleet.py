"""docs/beyond-one-machine.md: a job a cluster, and what it costs, on hosts that are not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from lab.fleet import write
from lab.lab import CHECKOUT

JOBS = (
    "ls group_data/*.yml | xargs -n 1 basename -s .yml | grep -vx all | "
    "xargs -P 4 -I CLUSTER pyinfra inventory.py deploy.py --dry --limit CLUSTER"
)


def jobs(folder: Path) -> subprocess.CompletedProcess[str]:
    """The jobs of the document, in a folder with clusters."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", JOBS], cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )


def test_each_cluster_is_a_job_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, clusters=2)
    (tmp_path / "group_data/all.yml").write_text("advert_int: 0.2\n")
    run = jobs(tmp_path)
    assert run.returncode == 0, run.stderr
    plans = re.findall(r"(c\d): 3 of 3 nodes to change", run.stdout + run.stderr)
    assert sorted(plans) == ["c0", "c1"]

    (tmp_path / "group_data/c1.yml").write_text((tmp_path / "group_data/c0.yml").read_text())
    run = jobs(tmp_path)
    assert run.returncode != 0
    assert "to change" not in run.stdout + run.stderr  # a node in two clusters is refused in every job


def test_what_it_costs_is_measured() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "lab.fleet", "2"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert "2 (6)" in run.stdout
