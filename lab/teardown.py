"""Removes a lab, whole or what is left of one: processes, cgroups, namespaces, directories."""

import shutil
from contextlib import suppress

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
