"""How long commands take for few and for many hosts, and what they cost there, beside Ansible and the floors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import linear_regression, median

from bench.figures import Figures
from bench.taking import LONG_SECONDS, Taking, cluster
from bench.ways import ansible
from lab.lab import CHECKOUT
from lab.operator import DEPLOY, STATUS, Operator

COST = CHECKOUT / "bench/cost.py"
SIZES, SMALL_SIZES = (3, 10, 30, 60), (3, 10)
IN_A_CLUSTER = 3
SECONDS, PROCESSOR, MEGABYTES = "whole, s", "processor of the operator's machine, s", "its memory, MB"
SLOPE = "more for each host, s"
SSH, EXEC, SAME, CHANGE, STATES = (
    "`ssh true`, side by side",
    "`pyinfra exec -- true`",
    "`deploy.py`, nothing due",
    "`deploy.py`, a change",
    "`tasks/status.py`",
)
SAME_PLAY, CHANGE_PLAY = "Ansible, nothing due", "Ansible, a change"
TUNED = ", tuned"


def take(taking: Taking) -> None:
    """Clusters of three, the last one of up to five; Ansible has the same hosts in one group."""
    for many in taking.sizes(SIZES, SMALL_SIZES):
        with taking.operator(many) as operator:
            ansible.give_python(operator.lab)
            _ours(taking, operator, many)
            _ansible(taking, operator, many)
    _slopes(taking.figures)


def write_clusters(operator: Operator, many: int, change: int) -> None:
    """A cluster file for each three hosts."""
    firsts = list(range(1, many + 1, IN_A_CLUSTER))
    if len(firsts) > 1 and many - firsts[-1] + 1 < IN_A_CLUSTER:
        firsts.pop()
    for number, first in enumerate(firsts, 1):
        last = firsts[number] if number < len(firsts) else many + 1
        operator.writes(
            cluster(last - first, number=number, first=first, change=change),
            "managers" if number == 1 else f"cluster{number}",
        )


def _ours(taking: Taking, operator: Operator, many: int) -> None:
    write_clusters(operator, many, 5)
    operator.types(DEPLOY, timeout=LONG_SECONDS)
    taking.runs(operator)
    taking.figures.versions = dict(taking.figures.versions) | {"ansible-core": ansible.VERSION}
    hosts = " ".join(operator.hosts)
    everywhere = ["bash", "-c", f"for host in {hosts}; do ssh $host true & done; wait"]
    for time in range(taking.times):
        _note(taking, many, SSH, everywhere, operator)
        _note(taking, many, EXEC, ["pyinfra", "inventory.py", "exec", "--", "true"], operator)
        _note(taking, many, SAME, DEPLOY.split(), operator)
        _note(taking, many, STATES, STATUS.split(), operator)
        write_clusters(operator, many, 6 - time % 2)
        _note(taking, many, CHANGE, DEPLOY.split(), operator)
    taking.says(f"{many} hosts, ours")


def _ansible(taking: Taking, operator: Operator, many: int) -> None:
    """The same hosts afterwards: it replaces keepalived.conf."""
    change = 5
    ansible.play(operator.lab, change=change)
    for how, settings in (("", ansible.UNTUNED), (TUNED, ansible.TUNED)):
        for _ in range(taking.times):
            _play(taking, many, SAME_PLAY + how, operator, settings, change, lambda changed: changed == 0)
            change = 11 - change
            _play(taking, many, CHANGE_PLAY + how, operator, settings, change, lambda changed: changed == 2 * many)
    taking.says(f"{many} hosts, Ansible")


def _play(
    taking: Taking,
    many: int,
    row: str,
    operator: Operator,
    settings: Mapping[str, str],
    change: int,
    is_right: Callable[[int], bool],
) -> None:
    command = ansible.command(operator.lab, change=change)
    changed = ansible.changed(_note(taking, many, row, command, operator, ansible.PLAYBOOKS, settings))
    assert is_right(changed), f"{row}: {changed} tasks have changed something"


def _note(
    taking: Taking,
    many: int,
    row: str,
    command: list[str],
    operator: Operator,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command on the operator's machine and notes what it costs there."""
    told = taking.folder / "cost"
    whole = [sys.executable, str(COST), str(told), *command]
    done = operator.lab.operator(whole, cwd=cwd or operator.project, env=env, timeout=LONG_SECONDS, check=True)
    cost = json.loads(told.read_text())
    for measure, key in ((SECONDS, "seconds"), (PROCESSOR, "processor"), (MEGABYTES, "megabytes")):
        taking.figures.note(row, f"{many} hosts", measure, cost[key])
    return done


def _slopes(figures: Figures) -> None:
    """By how much each command takes longer for each host more: the straight line through the medians."""
    for row in figures.rows(SECONDS):
        points = [one for one in figures.figures if (one.row, one.measure) == (row, SECONDS)]
        if len(points) > 1:
            hosts = [float(one.column.split()[0]) for one in points]
            figures.note(row, SLOPE, SLOPE, linear_regression(hosts, [median(one.values) for one in points]).slope)
