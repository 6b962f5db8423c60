"""What may happen to the lab's switch and its cables, each for as long as a `with` lasts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from faults.bad_cable import Options
from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.network import in_time, ip
from lab.places import BRIDGE, NAMESPACES

OTHER_BRIDGE = "br1"
STRANGER = "stranger"
STRANGERS_OWN = {4: "10.10.0.200/24", 6: "fd00:10::200/64"}


@contextmanager
def split(lab: Lab, beyond: Sequence[Host]) -> Iterator[None]:
    """The hosts `beyond` are in a network of their own: what is left reaches them no more, they reach each other."""
    switch = lab.places.switch_namespace
    ip("-n", switch, "link", "add", OTHER_BRIDGE, "type", "bridge", "mcast_snooping", "0")
    ip("-n", switch, "link", "set", OTHER_BRIDGE, "up")
    try:
        for host in beyond:
            ip("-n", switch, "link", "set", host.name, "master", OTHER_BRIDGE)
        yield
    finally:
        for host in beyond:
            ip("-n", switch, "link", "set", host.name, "master", BRIDGE)
        ip("-n", switch, "link", "del", OTHER_BRIDGE)


@contextmanager
def bad_cable(lab: Lab, host: Host, options: Options) -> Iterator[None]:
    """The cable between a host and the switch is bad. `there` is from the host to the switch."""
    switch, near, far = lab.places.switch_namespace, f"{host.name}-n", f"{host.name}-f"
    ip("-n", switch, "link", "add", near, "type", "veth", "peer", "name", far)
    for name in (near, far):
        ip("-n", switch, "link", "set", name, "up")
    carrying = [sys.executable, "-m", "faults.bad_cable", host.name, near, options.as_json()]
    process = subprocess.Popen(
        ["nsenter", f"--net={NAMESPACES / switch}", *in_time(carrying)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "carries\n":
            raise LabError(f"the cable of {host.name} could not be made bad")
        ip("-n", switch, "link", "set", far, "master", BRIDGE)
        ip("-n", switch, "link", "set", host.name, "nomaster")
        yield
    finally:
        with suppress(LabError):
            ip("-n", switch, "link", "set", host.name, "master", BRIDGE)
        process.kill()
        process.communicate()
        ip("-n", switch, "link", "del", near)


@contextmanager
def stranger(lab: Lab) -> Iterator[str]:
    """A machine in the hosts' network that is none of theirs. Yields the name of its namespace, which goes with the lab
    in any case."""
    switch, namespace = lab.places.switch_namespace, f"keepalived-lab.{lab.name}.{STRANGER}"
    ip("netns", "add", namespace)
    try:
        ip("-n", switch, "link", "add", STRANGER, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        ip("-n", switch, "link", "set", STRANGER, "master", BRIDGE, "up")
        for own in STRANGERS_OWN.values():
            ip("-n", namespace, "addr", "add", own, "dev", "eth0", *(["nodad"] if ":" in own else []))
        ip("-n", namespace, "link", "set", "eth0", "up")
        yield namespace
    finally:
        ip("netns", "del", namespace)
        with suppress(LabError):  # it goes with its other end, a moment later
            ip("-n", switch, "link", "del", STRANGER)
