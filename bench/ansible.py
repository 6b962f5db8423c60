"""What an Ansible role needs for the same work: a playbook of our own (bench/role), run by ansible-core on lab hosts.

ansible-core has a Python environment of its own, and the hosts get the Python that it needs there: neither is part of
this project. Both are made once and kept with the lab's base systems.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import debian
from lab.errors import LabError
from lab.host import Host
from lab.lab import Lab
from lab.mirror import machine_mirror
from lab.operator import Unexpected
from lab.places import CACHE

VERSION = "2.19.14"
SUITE = "bookworm"
ROLE = Path(__file__).parent / "role"
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


def play(lab: Lab, settings: Mapping[str, str] = UNTUNED) -> int:
    """Runs the playbook on every host. Returns how many tasks have changed something. Raises LabError."""
    environment = CACHE / f"ansible-core-{VERSION}"
    if not (environment / "ready").exists():
        _run(ENVIRONMENT, [str(environment), sys.executable, f"ansible-core=={VERSION}"], [])
    inventory = lab.places.home / "hosts"
    inventory.write_text("\n".join(["[managers]", *lab.hosts]) + "\n")
    command = [str(environment / "bin/ansible-playbook"), "-i", str(inventory), "playbook.yml"]
    done = lab.operator(command, cwd=ROLE, timeout=SECONDS, env=settings)
    changed = [int(number) for number in re.findall(r" ok=\d+ +changed=(\d+) .* failed=0 ", done.stdout)]
    if done.returncode != 0 or len(changed) != len(lab.hosts):
        raise Unexpected(f"ansible-playbook: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return sum(changed)


def _run(script: str, arguments: list[str], contained: list[str]) -> None:
    command = [*contained, "sh", "-euc", script, "sh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise LabError(f"what Ansible needs could not be made: {(done.stderr or done.stdout).strip()}")
