"""`lab demo`: a floating address lives on three real hosts, leaves one on request and comes back."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from lab.errors import LabError
from lab.lab import CHECKOUT, Lab
from lab.progress import shown
from lab.waiting import wait_for

ADDRESS = "10.10.0.2"
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
    _types(lab, "pyinfra inventory.py deploy.py -y")
    if _holders(lab) != ["server01"]:  # a drain of an earlier session
        _types(lab, "pyinfra inventory.py tasks/restore.py -y")
    _sees(lab, "server01")
    _types(lab, "pyinfra inventory.py tasks/drain.py --limit server01 -y")
    _sees(lab, "server02")
    _types(lab, "pyinfra inventory.py tasks/restore.py --limit server01 -y")
    _sees(lab, "server01")
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


def _types(lab: Lab, command: str) -> None:
    console.print(f"\n[bold](lab) $ {command}[/bold]")
    sys.stdout.flush()
    status = lab.operator_popen(shlex.split(command), stdout=None, stderr=None, cwd=CHECKOUT).wait()
    if status != 0:
        raise LabError(f"`{command}` ended with status {status}: see above; the lab stays up (`lab shell`, `lab down`)")


def _holders(lab: Lab) -> list[str]:
    return [host.name for host in lab.hosts.values() if ADDRESS in host.addresses()]


def _sees(lab: Lab, name: str) -> None:
    """The hosts' kernels are a witness of their own: what the tasks say is not taken for granted."""
    wait_for(f"{ADDRESS} on {name}", lambda: _holders(lab), seconds=HOLD_SECONDS, until=lambda seen: seen == [name])
    console.print(f"[green]{ADDRESS} is on {name}, and on no other host: seen in their kernels.[/green]")
