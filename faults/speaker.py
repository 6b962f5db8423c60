"""Somebody who sends adverts of VRRPv3 ten times a second: `python -m faults.speaker SOURCE ADDRESS PRIORITY TO...`.

TO are addresses of nodes, or the multicast group. Says a line once it has begun.
"""

from __future__ import annotations

import socket
import sys
import time

VIRTUAL_ROUTER_ID = 51
INTERVAL_SECONDS = 0.1
GROUPS = {"224.0.0.18": "01:00:5e:00:00:12", "ff02::12": "33:33:00:00:00:12"}
ADVERT_CENTISECONDS = 50


def main(source: str, address: str, priority: int, targets: list[str]) -> None:
    """Sends until it is killed."""
    from scapy.config import conf
    from scapy.interfaces import resolve_iface
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether, getmacbyip
    from scapy.layers.vrrp import VRRPv3

    conf.iface = resolve_iface("eth0")
    six = ":" in address
    if six and targets[0] in GROUPS:  # IPv6 routers speak from their link-local address
        source = next(str(one[0]) for one in conf.iface.ips[6] if str(one[0]).startswith("fe80"))
    frames = []
    for target in targets:
        packet = IPv6(src=source, dst=target, hlim=255) if six else IP(src=source, dst=target, ttl=255)
        advert = VRRPv3(vrid=VIRTUAL_ROUTER_ID, priority=priority, addrlist=[address], adv=ADVERT_CENTISECONDS)
        mac = GROUPS.get(target) or (_neighbour(target) if six else getmacbyip(target))
        frames.append(bytes(Ether(dst=mac) / packet / advert))
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("eth0", 0))
    print("speaks", flush=True)
    while True:
        for frame in frames:
            out.send(frame)
        time.sleep(INTERVAL_SECONDS)


def _neighbour(address: str) -> str | None:
    from scapy.layers.inet6 import getmacbyip6

    return str(getmacbyip6(address))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
