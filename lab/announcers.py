"""Who answers for an IPv4 address on the operator's network: `python -m lab.announcers ADDRESS`.

Asks for it three times and listens for 0.3 s. Writes the link-layer address of each machine that has said meanwhile, in
an answer or in a request of its own, that the address is its own: a line each.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

from lab.places import OPERATOR_ADDRESS, OPERATOR_INTERFACE

ARP = 0x0806
TIMES = 3
LISTEN_SECONDS = 0.1  # after each question


def announcers(address: str, interface: str = OPERATOR_INTERFACE) -> set[str]:
    """The machines that say that the address is theirs. Needs root."""
    here, wanted = socket.inet_aton(OPERATOR_ADDRESS.partition("/")[0]), socket.inet_aton(address)
    found = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP)) as wire:
        wire.bind((interface, ARP))
        own = wire.getsockname()[4]
        ask = struct.pack("!6s6sHHHBBH6s4s6s4s", b"\xff" * 6, own, ARP, 1, 0x0800, 6, 4, 1, own, here, bytes(6), wanted)
        for _ in range(TIMES):
            wire.send(ask)
            until = time.monotonic() + LISTEN_SECONDS
            while (left := until - time.monotonic()) > 0:
                wire.settimeout(left)
                try:
                    heard = wire.recv(2048)
                except TimeoutError:
                    break
                if heard[28:32] == wanted:
                    found.add(heard[22:28].hex(":"))
    return found


if __name__ == "__main__":
    print("\n".join(sorted(announcers(sys.argv[1]))))
