"""Removes a lab, whole or what is left of one: processes, cgroups, namespaces, directories."""

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from lab import cgroup, network
from lab.errors import LabError
from lab.places import STATE, Places


def remains(lab: Places) -> list[str]:
    """What there is of the lab: directories and namespaces; nothing if it is not up."""
    paths = [path for path in (lab.state, lab.cgroup) if path.exists()]
    return [*map(str, paths), *lab.namespaces()]


def remove(lab: Places) -> None:
    """Remove all there is of the lab; its lock is held. Mounts go with the processes that see them.

    Raises LabError with what is left if anything is.
    """
    cgroup.kill(lab.cgroup)
    cgroup.remove(lab.cgroup)
    network.remove(lab)
    if lab.state.exists():
        shutil.rmtree(lab.state)
    with suppress(OSError):
        STATE.rmdir()  # with the last lab
    if left := remains(lab):
        raise LabError(f"of the lab {lab.name} is left: {', '.join(left)}")


def remove_in_any_case(lab: Places) -> None:
    """The same in a process of its own: it comes to its end also where this one is killed meanwhile."""
    removing = [sys.executable, "-B", "-m", "lab.teardown", lab.name]
    done = subprocess.run(
        removing,
        cwd=Path(__file__).parents[1],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(done.stderr.strip() or f"the lab {lab.name} was not removed")


if __name__ == "__main__":
    try:
        remove(Places(sys.argv[1]))
    except LabError as error:
        sys.exit(str(error))
