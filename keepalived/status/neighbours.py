"""Asking the operator's own network who answers for an address: the only witness of a holder that no node tells of.

A process of its own asks (`python -m keepalived.status.neighbours`): scapy takes a while to load, and must not wait
for pyinfra's SSH, nor SSH for it. It reads lines `["10.10.0.2", ...]`, asks by ARP (IPv6: solicitation) and answers
each with a line `{"10.10.0.2": {"macs": ["52:54:00:12:34:56"]}}`, or `{"unknown": WHY}` for an address that it cannot
ask for.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keepalived.observed.neighbours import Answer

NO_GATEWAY = ("0.0.0.0", "::")  # noqa: S104 - scapy's words for "on this network"
SEGMENT_SECONDS = 0.5  # within which machines on one segment answer


class Neighbours:
    """The process that asks. It ends with this one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Starts the process, which takes about a second until it can ask."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            start_new_session=True,  # Ctrl-C is for the run
        )

    def ask(self, addresses: Sequence[str]) -> dict[str, Answer]:
        """Who answers for each address. Starts the process where it does not run yet."""
        if self._process is None:
            self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(list(addresses)), file=self._process.stdin, flush=True)
            said: dict[str, dict[str, Any]] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            failed = Answer(None, f"the process that asks has failed: python -m {__name__}")
            return dict.fromkeys(addresses, failed)
        return {
            address: Answer(tuple(answer["macs"]) if "macs" in answer else None, answer.get("unknown", ""))
            for address, answer in said.items()
        }


def _ask_network(addresses: Sequence[str]) -> dict[str, dict[str, Any]]:
    """In the process that asks: `{"macs": [...]}`, sorted, or `{"unknown": WHY}` for each address."""
    from scapy.config import conf

    if any(":" in address for address in addresses):
        import scapy.layers.inet6  # noqa: F401 - it has `conf.route6`; with many network interfaces it takes long

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
            found |= {address: {"macs": sorted(macs)} for address, macs in _macs(asked, interface).items()}
        except PermissionError:
            found |= {address: {"unknown": "only root may ask the network"} for address in asked}
        except OSError as error:
            found |= {address: {"unknown": str(error)} for address in asked}
    return found


def _macs(addresses: Sequence[str], interface: str) -> dict[str, set[str]]:
    """Who answers for each address on the network of `interface`."""
    from scapy.layers.l2 import ARP, Ether
    from scapy.sendrecv import srp

    questions = [_question(address, interface) for address in addresses]
    answers, _ = srp(questions, iface=interface, timeout=SEGMENT_SECONDS, multi=True, verbose=False)
    macs: dict[str, set[str]] = {address: set() for address in addresses}
    for question, answer in answers:
        address = question[ARP].pdst if ARP in question else question["ICMPv6ND_NS"].tgt
        macs[address].add(str(answer[Ether].src))
    return macs


def _question(address: str, interface: str) -> Any:
    """RFC 826; RFC 4861, 4.3: to the solicited-node address, by multicast."""
    from scapy.config import conf
    from scapy.layers.l2 import ARP, Ether

    if ":" not in address:
        return Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst=address)

    from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
    from scapy.utils6 import in6_getnsma, in6_getnsmac

    group = in6_getnsma(socket.inet_pton(socket.AF_INET6, address))
    return (
        Ether(dst=in6_getnsmac(group))
        / IPv6(dst=socket.inet_ntop(socket.AF_INET6, group), hlim=255)
        / ICMPv6ND_NS(tgt=address)
        / ICMPv6NDOptSrcLLAddr(lladdr=conf.ifaces[interface].mac)
    )


def _answer_lines() -> None:
    import scapy.layers.l2
    import scapy.sendrecv  # noqa: F401 - what it needs is loaded before the first question comes

    for line in sys.stdin:
        print(json.dumps(_ask_network(json.loads(line))), flush=True)


if __name__ == "__main__":
    import logging

    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # before it is loaded
    _answer_lines()
