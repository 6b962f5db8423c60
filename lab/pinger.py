"""A client that asks an address every millisecond whether it is there: `python -m lab.pinger ADDRESS`.

Says `{"reachable": true}` on a line once it has an answer, or has none within half a second; goes on until its standard
input ends, and then writes `{"probes": [[SENT, ANSWERED], ...]}`, in seconds since the epoch.

The lab has eyes of its own, so that what the project's probe tells can be held against them. They look a hundred times
as often as an operator's, and must leave the machine to the hosts: one thread, and nothing for a packet that the kernel
does anyway.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from contextlib import suppress

INTERVAL_SECONDS = 0.001
FIRST_SECONDS = 0.5
LAST_SECONDS = 0.5  # for the answers still on their way when it ends
SEQUENCES = 1 << 16
BUFFER_BYTES = 8 << 20  # answers that wait while this machine is busy must not be dropped and pass for lost
SO_RCVBUFFORCE = 33  # Linux, asm-generic/socket.h; not in the socket module
SEQUENCE_AT = 6  # in an echo answer, whose identifier and checksum are the kernel's business

Probes = list[list[float | None]]


class Pinger:
    """Echo requests to one address at a steady pace, and their answers."""

    def __init__(self, address: str) -> None:
        six = ":" in address
        self._to = (address, 0)
        self._kind = 128 if six else 8
        protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        self._socket = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM, protocol)
        self._socket.setblocking(False)
        for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
            with suppress(OSError):  # the second one is for root alone
                self._socket.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
        self._due = time.monotonic()
        self.probes: Probes = []
        self.is_answered = False

    def ask(self) -> None:
        """Waits until the next probe is due, sends it, and takes the answers that have come."""
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due + INTERVAL_SECONDS, time.monotonic() - INTERVAL_SECONDS)
        request = struct.pack("!BBHHHQ", self._kind, 0, 0, 0, len(self.probes) % SEQUENCES, 0)
        self.probes.append([time.time(), None])
        with suppress(OSError):  # no route, no neighbour: an answer that does not come
            self._socket.sendto(request, self._to)
        self.listen()

    def listen(self) -> None:
        """Takes the answers that have come."""
        with suppress(BlockingIOError):
            while True:
                answer = self._socket.recv(64)
                (sequence,) = struct.unpack_from("!H", answer, SEQUENCE_AT)
                last = len(self.probes) - 1
                probe = self.probes[last - (last - sequence) % SEQUENCES]
                probe[1] = probe[1] or time.time()
                self.is_answered = True


def main(address: str) -> None:
    """Asks until nobody listens any more."""
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    pinger = Pinger(address)
    deadline = time.monotonic() + FIRST_SECONDS
    while not pinger.is_answered and time.monotonic() < deadline:
        pinger.ask()
    print(json.dumps({"reachable": pinger.is_answered}), flush=True)
    while not ended.is_set():
        pinger.ask()
    deadline = time.monotonic() + LAST_SECONDS
    while time.monotonic() < deadline:
        pinger.listen()
        time.sleep(INTERVAL_SECONDS)
    print(json.dumps({"probes": pinger.probes}))


if __name__ == "__main__":
    main(sys.argv[1])
