"""Tells what this machine lacks for real hosts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from lab.errors import LabError
from lab.places import cgroup_root

PACKAGE_OF: Mapping[str, str] = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "chrt": "util-linux",
    "mount": "mount",
    "apt-config": "apt",
    "dpkg-deb": "dpkg",
    "sysctl": "procps",
}
SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# The namespaces and mounts a host is made of, tried where nothing can stay behind.
TRY = ["unshare", "--mount", "--net", "--cgroup", "--pid", "--fork", "--kill-child", "--mount-proc"]
TRY += ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]


def complete_path() -> None:
    """Put the directories of system programs on PATH, which a plain user's often lacks."""
    path = os.environ.get("PATH", "").split(":")
    os.environ["PATH"] = ":".join([*path, *(d for d in SYSTEM_DIRECTORIES if d not in path)])


def lacking_packages() -> list[str]:
    """The Debian packages of the programs that are not there."""
    complete_path()
    return sorted({package for program, package in PACKAGE_OF.items() if shutil.which(program) is None})


def install(packages: list[str]) -> None:
    """Install Debian packages, as root. Raises LabError with apt's last words."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *packages]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | quiet)
        except FileNotFoundError:
            raise LabError(f"no apt-get here: install {' '.join(packages)} by hand") from None
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
            raise LabError(f"`{' '.join(command)}` failed: {last}")


def missing() -> str | None:
    """What this machine lacks for real hosts, in one line; None if it has all. Takes some 10 ms.

    A plain user lacks nothing where sudo can make him root, which `python -m lab` does by itself.
    """
    if sys.platform != "linux":
        return "real hosts need Linux"
    if packages := lacking_packages():
        return f"programs of the Debian packages {' '.join(packages)}: apt-get install them"
    root = os.geteuid() == 0
    if not root and not can_become_root():
        return "neither root nor sudo: real hosts need one of them"
    if not (cgroup_root() / "cgroup.procs").exists():
        return "no cgroups of version 2 on this machine"
    if not root and not _is_silent_sudo():
        return None  # it can ask for the password, but not here
    tried = subprocess.run(TRY if root else ["sudo", "-n", *TRY], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        reason = tried.stderr.strip().splitlines()[-1:] or ["unshare failed"]
        return f"no right to make namespaces and mounts here ({reason[0]})"
    writable = ["test", "-w", str(cgroup_root() / "cgroup.procs")]
    if subprocess.run(writable if root else ["sudo", "-n", *writable], check=False).returncode:
        return f"no right to make cgroups in {cgroup_root()}"
    return None


def can_become_root() -> bool:
    """Whether sudo works without a password, or can ask for it on a terminal."""
    if shutil.which("sudo") is None:
        return False
    return _is_silent_sudo() or (sys.stdin.isatty() and sys.stderr.isatty())


def _is_silent_sudo() -> bool:
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
