"""Kills, watches and removes trees of processes by their cgroup, so that no other can be hit."""

import os
from contextlib import suppress
from pathlib import Path

from lab.errors import LabError
from lab.places import cgroup_root
from lab.waiting import wait_for


def is_populated(cgroup: Path) -> bool:
    """Whether a process lives in `cgroup` or below it."""
    try:
        return "populated 1" in (cgroup / "cgroup.events").read_text()
    except OSError:
        return False


def processes(cgroup: Path) -> list[int]:
    """The processes in `cgroup` itself, oldest first; none if there is no such cgroup."""
    try:
        return [int(pid) for pid in (cgroup / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def enter(cgroup: Path) -> None:
    """Move this process there."""
    cgroup.mkdir(parents=True, exist_ok=True)
    (cgroup / "cgroup.procs").write_text(str(os.getpid()))


def leave() -> None:
    """Move this process out of every lab's cgroup."""
    (cgroup_root() / "cgroup.procs").write_text(str(os.getpid()))


def kill(cgroup: Path) -> None:
    """Kill all processes in `cgroup` and below, and return when they have gone."""
    killed = [pid for directory, _, _ in os.walk(cgroup) for pid in processes(Path(directory))]
    with suppress(FileNotFoundError):
        (cgroup / "cgroup.kill").write_text("1")
    wait_until_empty(cgroup, seconds=30)
    with suppress(LabError):  # the machine's own init buries them, when it comes to it: nothing that we could hasten
        wait_for("their burial", lambda: [*filter(_unburied, killed)], seconds=3, until=lambda left: not left)


def _unburied(pid: int) -> bool:
    """Whether a dead process is still listed, as somebody else's child."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state == "Z" and int(parent) != os.getpid()


def wait_until_empty(cgroup: Path, *, seconds: float) -> None:
    """Return when no process lives in `cgroup` or below. Raises LabError after `seconds`."""
    wait_for(
        f"the end of the processes in {cgroup}",
        lambda: "alive" if is_populated(cgroup) else "gone",
        seconds=seconds,
        until=lambda seen: seen == "gone",
        pause_seconds=0.005,
    )


def remove(cgroup: Path) -> None:
    """Remove `cgroup` and all below it; no process is left in it."""
    for directory, _, _ in os.walk(cgroup, topdown=False):
        with suppress(FileNotFoundError):
            Path(directory).rmdir()
