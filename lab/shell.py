"""The operator's place in a lab: a home with keys that know the hosts, in the hosts' network."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from lab import cgroup
from lab.boot import make_key
from lab.errors import LabError
from lab.places import NAMESPACES, HostPlaces, Places

KEPT = ("TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LANG", "CI", "TZ")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_home(lab: Places) -> str:
    """Make the home and its key. Returns the public key, as authorized_keys has it."""
    ssh = lab.home / ".ssh"
    ssh.mkdir(parents=True, mode=0o700)
    key = ssh / "id_ed25519"
    make_key(key, f"operator of {lab.name}")
    # OpenSSH takes the home from the account, not from HOME, and would read the user's own files.
    programs = lab.home / "bin"
    programs.mkdir()
    for name in ("ssh", "scp", "sftp"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec /usr/bin/{name} -F "{ssh}/config" "$@"\n')
        program.chmod(0o755)
    (lab.home / ".bashrc").write_text(f"PS1='({lab.name}) $ '\n")
    return key.with_suffix(".pub").read_text()


def introduce(lab: Places, hosts: Iterable[tuple[HostPlaces, str]]) -> None:
    """Make the hosts known to the operator's ssh: each with its public host key."""
    ssh = lab.home / ".ssh"
    known, config = [], []
    for host, key in hosts:
        known.append(f"{host.name},{host.address} {key}\n")
        config.append(f"Host {host.name}\n    HostName {host.address}\n\n")
    config.append(
        "Host server* 10.10.0.*\n"
        "    User admin\n"
        f"    IdentityFile {ssh}/id_ed25519\n"
        "    IdentitiesOnly yes\n"
        f"    UserKnownHostsFile {ssh}/known_hosts\n"
        "    StrictHostKeyChecking yes\n"
    )
    (ssh / "known_hosts").write_text("".join(known))
    (ssh / "config").write_text("".join(config))


def environment(lab: Places) -> dict[str, str]:
    """The variables of a command there: of the caller's only what describes the terminal and CI."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT or k.startswith("LC_")}
    user = os.environ.get("SUDO_USER", "root")
    # Ours first: where Python is the system's, so is the ssh beside it.
    path = f"{lab.home / 'bin'}:{Path(sys.executable).parent}:{SYSTEM_PATH}"
    own = {"HOME": str(lab.home), "PATH": path, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash"}
    return {"LANG": "C.UTF-8"} | kept | own


def entering(lab: Places, command: Iterable[str]) -> list[str]:
    """The command that runs `command` there, in the same process.

    Its environment must be that of `environment`. Who came through sudo works as himself, so that
    what he writes in his checkout is his own.
    """
    user, group = os.environ.get("SUDO_UID", "0"), os.environ.get("SUDO_GID", "0")
    namespace = f"--net={NAMESPACES / lab.operator_namespace}"
    within = ["nsenter", namespace, "--setuid", user, "--setgid", group, "--", *command]
    into_cgroup = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["sh", "-c", into_cgroup, str(lab.cgroup / "operator"), *within]


def own_home(lab: Places, environ: Mapping[str, str] = os.environ) -> None:
    """Give the home to who came through sudo: ssh reads only files of its user."""
    user, group = int(environ.get("SUDO_UID", "0")), int(environ.get("SUDO_GID", "0"))
    if lab.home.stat().st_uid != user:
        for directory, _, files in os.walk(lab.home):
            for path in (directory, *(os.path.join(directory, name) for name in files)):
                os.chown(path, user, group, follow_symlinks=False)


def is_inside(lab: Places) -> bool:
    """Whether this process was started from the operator's place."""
    own = Path("/proc/self/cgroup").read_text().splitlines()
    return any(line.endswith(f"/{lab.cgroup.name}/operator") for line in own)


def hang_up(lab: Places) -> None:
    """Let shells that stand there end in order, so that they put their terminals right."""
    operator = lab.cgroup / "operator"
    for pid in cgroup.processes(operator):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
    with suppress(LabError):
        cgroup.wait_until_empty(operator, seconds=0.5)
