"""The network of a lab: a switch, and one cable to each host and to the operator's machine.

The switch is a bridge in a namespace of its own, never in the machine's, where 10.10.0.0/24 may be somebody's LAN. Its
end of a cable has the host's name, or `operator`; the host's end is `enp0s3`. So the operator's machine has one network
interface, however many hosts there are.
"""

import json
import subprocess
from collections.abc import Iterable

from lab.errors import LabError
from lab.places import BRIDGE, INTERFACE, NAMESPACES, OPERATOR_ADDRESS, OPERATOR_INTERFACE, HostPlaces, Places


def ip(*arguments: str) -> str:
    """Run `ip` and return what it wrote. Raises LabError when it fails."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")
    return done.stdout


def make_operator(lab: Places) -> None:
    """Make the switch, and the operator's namespace with a cable to it."""
    switch, namespace = lab.switch_namespace, lab.operator_namespace
    for made in (switch, namespace):
        ip("netns", "add", made)
        ip("-n", made, "link", "set", "lo", "up")
    ip("-n", switch, "link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "0")
    ip("-n", switch, "link", "set", BRIDGE, "up")
    ip("-n", switch, "link", "add", "operator", "type", "veth", "peer", "name", OPERATOR_INTERFACE, "netns", namespace)
    ip("-n", switch, "link", "set", "operator", "master", BRIDGE, "up")
    renew_operator(lab)
    # Who came through sudo works here as himself, and shall be able to ping.
    everybody = "net.ipv4.ping_group_range=0 2147483647"
    command = ["nsenter", f"--net={NAMESPACES / namespace}", "sysctl", "--quiet", "-w", everybody]
    subprocess.run(command, check=False, capture_output=True)


def renew_operator(lab: Places) -> None:
    """Leave the operator's machine one address and what follows from it: none of the links, routes and neighbours that
    somebody has added."""
    namespace = lab.operator_namespace
    for link in json.loads(ip("-n", namespace, "-j", "link", "show")):
        if link["ifname"] not in ("lo", OPERATOR_INTERFACE):
            ip("-n", namespace, "link", "del", link["ifname"])
    for interface in ("lo", OPERATOR_INTERFACE):  # routes and neighbours go with the link
        ip("-n", namespace, "link", "set", interface, "down")
        ip("-n", namespace, "addr", "flush", "dev", interface)
    ip("-n", namespace, "addr", "add", OPERATOR_ADDRESS, "dev", OPERATOR_INTERFACE)
    for interface in ("lo", OPERATOR_INTERFACE):
        ip("-n", namespace, "link", "set", interface, "up")


def connect(lab: Places, host: HostPlaces) -> None:
    """Give the host a new namespace with its interface and address in it: what a boot finds.

    Nothing that the host had set in the kernel outlives this: no address, rule, qdisc or sysctl.
    The cable is kept, with its MAC addresses and what was done to the switch's end of it.
    """
    switch, own = lab.switch_namespace, host.namespace
    if (NAMESPACES / own).exists():
        if _has(own, INTERFACE):
            ip("-n", own, "link", "set", INTERFACE, "netns", switch)
        ip("netns", "del", own)
    ip("netns", "add", own)
    if not _has(switch, INTERFACE):
        if _has(switch, host.name):
            ip("-n", switch, "link", "del", host.name)
        ends = (host.name, "type", "veth", "peer", "name", INTERFACE)
        ip("-n", switch, "link", "add", *ends)
        ip("-n", switch, "link", "set", host.name, "master", BRIDGE, "up")
    ip("-n", switch, "link", "set", INTERFACE, "netns", own)
    ip("-n", own, "link", "set", "lo", "up")
    ip("-n", own, "addr", "add", f"{host.address}/24", "dev", INTERFACE)
    ip("-n", own, "link", "set", INTERFACE, "up")


def disconnect(host: HostPlaces) -> None:
    """What a machine without power is to the others: no carrier, and no address answers."""
    if _has(host.namespace, INTERFACE):
        ip("-n", host.namespace, "link", "set", INTERFACE, "down")
        ip("-n", host.namespace, "addr", "flush", "dev", INTERFACE)


def set_cable(lab: Places, host: HostPlaces, *, plugged: bool) -> None:
    """Plug or unplug the switch's end of the host's cable."""
    state = "up" if plugged else "down"
    ip("-n", lab.switch_namespace, "link", "set", host.name, state)


def addresses(host: HostPlaces) -> list[str]:
    """The addresses on the host's interfaces, as the kernel has them; those of `lo` aside.

    ['10.10.0.3', '10.10.0.2', 'fe80::2c5c:8aff:fe3f:a5a3']; none while the host is between two boots.
    """
    show = ("-n", host.namespace, "-j", "addr", "show")
    try:
        shown = json.loads(ip(*show))
    except LabError:
        if not _has(host.namespace, INTERFACE):
            return []
        shown = json.loads(ip(*show))  # it has come meanwhile
    links = [link for link in shown if link.get("ifname", "lo") != "lo"]
    return [address["local"] for link in links for address in link.get("addr_info", ())]


def in_time(command: Iterable[str]) -> list[str]:
    """The same command, served before all others where the machine allows it: who measures must not be late himself.

    It ends with this process, however that ends.
    """
    before_all = "chrt --fifo 60"
    first = f'{before_all} true 2>/dev/null && exec {before_all} "$@"; exec "$@"'
    return ["setpriv", "--pdeathsig", "KILL", "sh", "-c", first, "sh", *command]


def follow_addresses(host: HostPlaces) -> "subprocess.Popen[str]":
    """The kernel's own word of each address that comes or goes, a line each, until the host's namespace ends.

    [2026-01-31T10:11:12.131415] 2: enp0s3    inet 10.10.0.2/32 scope global enp0s3 ...
    [2026-01-31T10:11:14.161718] Deleted 2: enp0s3    inet 10.10.0.2/32 scope global enp0s3 ...
    """
    command = ["ip", "-n", host.namespace, "-ts", "-o", "monitor", "address"]
    return subprocess.Popen(in_time(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def remove(lab: Places) -> None:
    """Remove the namespaces of the lab, and with them all there is in them."""
    for namespace in lab.namespaces():
        ip("netns", "del", namespace)


def _has(namespace: str, interface: str) -> bool:
    command = ["ip", "-n", namespace, "link", "show", "dev", interface]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
