"""`lab demo`: a floating address lives on three real hosts, leaves one on request and comes back."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from lab.lab import CHECKOUT, Lab
from lab.operator import ADDRESS, DEPLOY, DRAIN, RESTORE, Operator
from lab.progress import shown

HOLD_SECONDS = 30.0

GO_ON = """
Every step was seen to work. The lab stays up; go on in it:

    .venv/bin/python -m lab shell       a shell on the operator's machine, and there for instance
        pyinfra inventory.py deploy.py
        pyinfra inventory.py tasks/drain.py --limit server02
        pyinfra inventory.py tasks/restore.py --limit server02
        pyinfra inventory.py tasks/status.py
        pyinfra inventory.py tasks/reboot.py
        pyinfra inventory.py fact keepalived.facts.Node
        ssh server01
    .venv/bin/python -m lab down        ends it and leaves nothing behind
"""

console = Console(highlight=False, soft_wrap=True)


def demo(lab: Lab) -> None:
    """Shows it step by step. Raises LabError at the first one that was not seen to work."""
    lab.up(steps=shown)
    console.print(f"Three hosts are up: {', '.join(f'{host.name} {host.address}' for host in lab.hosts.values())}")
    operator = Operator(lab, CHECKOUT)
    _types(operator, DEPLOY)
    if operator.holders() != ["server01"]:  # a drain of an earlier session
        _types(operator, RESTORE)
    _sees(operator, "server01")
    _types(operator, f"{DRAIN} --limit server01")
    _sees(operator, "server02")
    _types(operator, f"{RESTORE} --limit server01")
    _sees(operator, "server01")
    console.print(GO_ON)


def without_hosts(lacking: str) -> None:
    """What can be shown without real hosts: the files as rendered, and pyinfra's plan on @fake hosts."""
    console.print("Without real hosts, this is what deploy.py would put on each node:")
    sys.stdout.flush()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
    subprocess.run([sys.executable, "-m", "lab.fake_inventory"], cwd=CHECKOUT, env=environment, check=False)
    command = "pyinfra lab/fake_inventory.py deploy.py --dry"
    console.print(f"\n[bold]$ {command}[/bold]")
    subprocess.run(shlex.split(command), cwd=CHECKOUT, env=environment, check=False)
    console.print(f"\nReal hosts are needed for the rest. Missing here: {lacking}")


def _types(operator: Operator, command: str) -> None:
    console.print(f"\n[bold](lab) $ {command}[/bold]")
    sys.stdout.flush()
    operator.shows(command)


def _sees(operator: Operator, name: str) -> None:
    """The hosts' kernels are a witness of their own: what the tasks say is not taken for granted."""
    operator.sees_holder(name, seconds=HOLD_SECONDS)
    console.print(f"[green]{ADDRESS} is on {name}, and on no other host: seen in their kernels.[/green]")
