"""What an Ansible role needs for the same work: playbooks of our own (bench/playbooks), run by ansible-core.

They do what the popular roles do: the package, the template, a handler, all hosts side by side. ansible-core has a
Python environment of its own, and the hosts get the Python that it needs there: neither is part of this project. Both
are made once and kept with the lab's base systems.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.ways import way
from lab import debian
from lab.errors import LabError
from lab.host import Host
from lab.lab import Lab
from lab.mirror import machine_mirror
from lab.operator import Operator, Unexpected
from lab.places import CACHE

VERSION = "2.19.14"
SUITE = "bookworm"
PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
SECONDS = 1200.0  # what it may take for dozens of hosts

UNTUNED: Mapping[str, str] = {}
"""As it comes: five hosts at a time, and a file copied for each task."""
TUNED: Mapping[str, str] = {"ANSIBLE_PIPELINING": "True", "ANSIBLE_FORKS": "60"}
"""The two settings that save most: all hosts at a time, and nothing copied."""

# Runs with $1 the folder, $2 this Python, $3 what pip is to install. Its last act makes the file that says so.
ENVIRONMENT = r"""
rm -rf "$1"
"$2" -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check "$3"
touch "$1/ready"
"""

# Runs with $1 the archive, $2 base system, $3 mirror, $4 suite, in mounts of its own: what apt adds to the base.
PYTHON = r"""
mount -t tmpfs tmpfs /mnt
cd /mnt
mkdir upper work root
mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" root
mount -t proc proc root/proc
cp /etc/resolv.conf root/etc/resolv.conf
echo "deb $3 $4 main" >root/etc/apt/sources.list
chroot root apt-get -qq -o Acquire::Check-Valid-Until=false update
chroot root apt-get -qq install --yes --no-install-recommends python3 python3-apt
rm -rf upper/etc/resolv.conf upper/etc/apt upper/var/cache upper/var/lib/apt
tar -C upper -cf "$1.new" .
mv "$1.new" "$1"
"""


def give_python(lab: Lab) -> None:
    """Gives every host the Python that Ansible needs there; they are fresh: what apt knows of is replaced.

    Raises LabError.
    """
    base = debian.ensure(SUITE)
    archive = CACHE / f"python-{base.name}.tar"
    if not archive.exists():
        _run(PYTHON, [str(archive), str(base), machine_mirror(), SUITE], ["unshare", "--mount"])

    def unpack(host: Host) -> None:
        subprocess.run(["tar", "-C", f"/proc/{host.pid}/root", "-xf", str(archive)], check=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(unpack, lab.hosts.values()))


def program() -> Path:
    """ansible-playbook, installed where it is missing. Raises LabError."""
    environment = CACHE / f"ansible-core-{VERSION}"
    if not (environment / "ready").exists():
        _run(ENVIRONMENT, [str(environment), sys.executable, f"ansible-core=={VERSION}"], [])
    return environment / "bin/ansible-playbook"


def command(lab: Lab, playbook: str = "playbook", **variables: object) -> list[str]:
    """What is typed to run it on every host, in the folder of the playbooks."""
    inventory = lab.places.home / "hosts"
    inventory.write_text("\n".join(["[managers]", *lab.hosts]) + "\n")
    extra = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return [str(program()), "-i", str(inventory), *extra, f"{playbook}.yml"]


def play(lab: Lab, playbook: str = "playbook", settings: Mapping[str, str] = UNTUNED, **variables: object) -> int:
    """Runs it on every host. Returns how many tasks have changed something. Raises LabError."""
    done = lab.operator(command(lab, playbook, **variables), cwd=PLAYBOOKS, timeout=SECONDS, env=settings)
    return changed(done)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tasks of a run have changed something. Raises Unexpected where one has failed."""
    found = [int(number) for number in re.findall(r" ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 ", done.stdout)]
    if done.returncode != 0 or not found:
        raise Unexpected(f"ansible-playbook: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return sum(found)


class Ansible:
    """The playbooks, as Ansible comes: five hosts at a time."""

    name = "Ansible, what roles do"

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._change, self._router = 5, 51

    def prepare(self) -> None:
        give_python(self._operator.lab)
        self._play()
        self._operator.sees_holder("server01", seconds=60)

    def acts(self) -> way.Acts:
        return {
            way.DRAIN: lambda: self._flag("touch", "server02"),
            way.RESTORE: lambda: self._flag("absent", "server01"),
            way.RESTART: lambda: self._changes("restarted"),
            way.RELOAD: lambda: self._changes("reloaded"),
            way.ROUTER: self._another_router,
            way.UPGRADE: lambda: self._only("upgrade"),
            way.REBOOT: lambda: self._only("reboot"),
        }

    def _play(self, take_up: str = "restarted") -> None:
        play(self._operator.lab, change=self._change, router=self._router, take_up=take_up)

    def _only(self, playbook: str) -> None:
        play(self._operator.lab, playbook)

    def _flag(self, state: str, then: str) -> None:
        play(self._operator.lab, "flag", state=state)
        self._operator.sees_holder(then, seconds=60)

    def _changes(self, take_up: str) -> None:
        self._change = 11 - self._change
        self._play(take_up)

    def _another_router(self) -> None:
        self._router = 128 - self._router
        self._play()


def _run(script: str, arguments: list[str], contained: list[str]) -> None:
    command = [*contained, "sh", "-euc", script, "sh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise LabError(f"what Ansible needs could not be made: {(done.stderr or done.stdout).strip()}")
