"""Lets many hosts run at once: each systemd takes a share of the machine's inotify instances."""

from pathlib import Path

from lab import cgroup
from lab.places import cgroup_root

LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
PER_HOST = 6
MACHINE = 8  # what else root runs here
ENOUGH = 8192


def make_room(more_hosts: int) -> None:
    """Raise the machine's limit if it is too low for the hosts that run and `more_hosts`."""
    running = sum(cgroup.is_populated(host) for host in cgroup_root().glob("keepalived-lab.*/server*"))
    if int(LIMIT.read_text()) < MACHINE + PER_HOST * (running + more_hosts):
        LIMIT.write_text(str(ENOUGH))
