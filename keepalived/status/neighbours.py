"""Who answers for an address on the operator's own network: the only witness of a holder that no node tells of.

`python -m keepalived.status.neighbours` reads lines `["10.10.0.2", ...]`, asks by ARP (IPv6: solicitation) and
answers each with a line `{"10.10.0.2": {"macs": ["52:54:00:12:34:56"]}}`, or `{"unknown": WHY}` for an address that it
cannot ask for. A process of its own: scapy takes a while to load, and must not wait for pyinfra's SSH, nor SSH for it.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Iterable
from typing import Any

logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.config import conf  # noqa: E402 - not before its warnings are off
from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6  # noqa: E402
from scapy.layers.l2 import ARP, Ether  # noqa: E402
from scapy.sendrecv import srp  # noqa: E402
from scapy.utils6 import in6_getnsma, in6_getnsmac  # noqa: E402

NO_GATEWAY = ("0.0.0.0", "::")  # noqa: S104 - scapy's words for "on this network"
ANSWER_SECONDS = 0.5  # within which machines on one segment answer


def ask(addresses: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Who answers for each address: `{"macs": [...]}`, sorted; or `{"unknown": WHY}`."""
    found: dict[str, dict[str, Any]] = {}
    by_interface: dict[str, list[str]] = {}
    for address in addresses:
        interface, _, gateway = (conf.route6 if ":" in address else conf.route).route(address)
        if gateway not in NO_GATEWAY or interface == conf.loopback_name:
            found[address] = {"unknown": "it is not on a network of this machine"}
        else:
            by_interface.setdefault(str(interface), []).append(address)
    for interface, asked in by_interface.items():
        try:
            questions = [_question(address, interface) for address in asked]
            answers, _ = srp(questions, iface=interface, timeout=ANSWER_SECONDS, multi=True, verbose=False)
        except PermissionError:
            found |= {address: {"unknown": "only root may ask the network"} for address in asked}
        except OSError as error:
            found |= {address: {"unknown": str(error)} for address in asked}
        else:
            macs: dict[str, set[str]] = {address: set() for address in asked}
            for question, answer in answers:
                address = question[ARP].pdst if ARP in question else question[ICMPv6ND_NS].tgt
                macs[address].add(str(answer[Ether].src))
            found |= {address: {"macs": sorted(answered)} for address, answered in macs.items()}
    return found


def _question(address: str, interface: str) -> Any:
    """RFC 826; RFC 4861, 4.3: to the solicited-node address, by multicast."""
    if ":" not in address:
        return Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst=address)
    group = in6_getnsma(socket.inet_pton(socket.AF_INET6, address))
    return (
        Ether(dst=in6_getnsmac(group))
        / IPv6(dst=socket.inet_ntop(socket.AF_INET6, group), hlim=255)
        / ICMPv6ND_NS(tgt=address)
        / ICMPv6NDOptSrcLLAddr(lladdr=conf.ifaces[interface].mac)
    )


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(ask(json.loads(line))), flush=True)
