"""The client's eyes: a process of its own that asks addresses again and again whether they are there.

`python -m keepalived.run.probe.process [--interval SECONDS] ADDRESS...` says `{"reachable": [...]}` on a line once it
has tried each address, goes on until its standard input ends (so it never outlives whoever started it), and then writes
`{"method": "icmp", "interval": 0.01, "probes": {ADDRESS: [[SENT, ANSWERED], ...]}, "connections": {...}}`, in seconds
since the epoch. `--port ADDRESS=PORT`: connections to it are kept open as well (connections.py). A line of standard
input is an order to begin anew with others, and is answered by a line once that is done.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress

from icmplib import (
    ICMPLibError,
    ICMPRequest,
    ICMPv4Socket,
    ICMPv6Socket,
    SocketPermissionError,
)

from keepalived.run.probe.connections import ConnectionsProber

ICMP_SECONDS = 0.01
TCP_SECONDS = 0.1
TCP_PORT = 22  # open or closed: both are answers of a host that is there
FIRST_SECONDS = 0.5  # within which an address that is there answers the first probes
FOREVER_SECONDS = 1e6
LAST_SECONDS = 0.5  # for the answers still on their way when it ends
SEQUENCES = 1 << 16
BUFFER_BYTES = 8 << 20  # answers that wait while this machine is busy must not be dropped and pass for lost
SO_RCVBUFFORCE = 33  # Linux, asm-generic/socket.h; not in the socket module

NEVER = 0.0
"""The time of an answer that has not come."""


class Probes:
    """When each probe was sent and answered: two numbers a probe, for a run may take hours."""

    def __init__(self) -> None:
        self.sent = array("d")
        self.answered = array("d")

    def __len__(self) -> int:
        return len(self.answered)

    def add(self, sent: float, answered: float | None = None) -> None:
        """A probe that was sent, and answered if it was."""
        self.sent.append(sent)
        self.answered.append(NEVER if answered is None else answered)  # last: the other thread counts these

    def answer(self, place: int, when: float) -> None:
        """An answer has come. Of several the first one counts."""
        if self.answered[place] == NEVER:
            self.answered[place] = when

    @property
    def any_answered(self) -> bool:
        """Whether an answer has come at all."""
        return any(when != NEVER for when in self.answered)

    def listed(self) -> list[list[float | None]]:
        """`[[SENT, ANSWERED], ...]`"""
        return [[sent, None if when == NEVER else when] for sent, when in zip(self.sent, self.answered, strict=False)]


class IcmpProber:
    """Sends echo requests at a steady pace in one thread and takes the answers in another."""

    method = "icmp"

    def __init__(self, address: str, interval: float) -> None:
        self.address = address
        self.interval = interval
        self.probes = Probes()
        self._socket = _icmp_socket(address)
        self._id = os.getpid() & 0xFFFF
        self._done = threading.Event()
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._receiver = threading.Thread(target=self._receive, daemon=True)  # ends with the process

    def start(self) -> None:
        self._receiver.start()
        self._sender.start()

    def stop(self) -> None:
        self._done.set()
        self._sender.join()

    def _send(self) -> None:
        due = time.monotonic()
        while not self._done.is_set():
            sequence = len(self.probes) % SEQUENCES
            request = ICMPRequest(self.address, id=self._id, sequence=sequence, payload_size=8)
            self.probes.add(time.time())
            try:
                self._socket.send(request)
                self._id = request.id  # without privileges the kernel chooses it
            except ICMPLibError:
                pass  # no route, no neighbour: an answer that does not come
            due = max(due + self.interval, time.monotonic() - self.interval)
            time.sleep(max(0.0, due - time.monotonic()))

    def _receive(self) -> None:
        while True:
            try:
                # A time limit would cost answers: icmplib throws away what it reads after the limit, which is what
                # happens when this machine was busy in between.
                reply = self._socket.receive(None, FOREVER_SECONDS)
            except ICMPLibError:
                continue
            count = len(self.probes)
            place = count - 1 - (count - 1 - reply.sequence) % SEQUENCES
            if reply.type in (0, 129) and reply.id == self._id and reply.source == self.address and place >= 0:
                self.probes.answer(place, reply.time)


class TcpProber:
    """Knocks at a TCP port, for who may not send ICMP."""

    method = "tcp"

    def __init__(self, address: str, interval: float) -> None:
        self.address = address
        self.interval = max(interval, TCP_SECONDS)
        self.probes = Probes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._knock, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _knock(self) -> None:
        while not self._done.is_set():
            start = time.time()
            answered: float | None = None
            try:
                socket.create_connection((self.address, TCP_PORT), timeout=LAST_SECONDS).close()
                answered = time.time()
            except ConnectionRefusedError:
                answered = time.time()
            except OSError:
                pass
            self.probes.add(start, answered)
            time.sleep(max(0.0, start + self.interval - time.time()))


def _icmp_socket(address: str) -> ICMPv4Socket | ICMPv6Socket:
    kind = ICMPv6Socket if ":" in address else ICMPv4Socket
    try:
        opened = kind(privileged=True)
    except SocketPermissionError:
        opened = kind(privileged=False)  # net.ipv4.ping_group_range
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
        with suppress(OSError):  # the second one is for root alone
            opened._sock.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    return opened


def probers(addresses: Sequence[str], interval: float) -> list[IcmpProber] | list[TcpProber]:
    """One prober an address: ICMP where this process may, else TCP."""
    try:
        return [IcmpProber(address, interval) for address in addresses]
    except ICMPLibError:
        return [TcpProber(address, interval) for address in addresses]


def side_by_side(do: Callable[[ConnectionsProber], None], all_of: Sequence[ConnectionsProber]) -> None:
    """Does something with each, and returns when all is done."""
    threads = [threading.Thread(target=do, args=[one], daemon=True) for one in all_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interval", type=float, default=ICMP_SECONDS, metavar="SECONDS")
    parser.add_argument("--port", action="append", default=[], metavar="ADDRESS=PORT")
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    options = parser.parse_args()
    running = probers(options.addresses, options.interval)
    for prober in running:
        prober.start()
    ports = dict(one.rsplit("=", 1) for one in options.port)
    keeping = [ConnectionsProber(address, int(port)) for address, port in ports.items()]
    side_by_side(ConnectionsProber.start, keeping)
    deadline = time.monotonic() + FIRST_SECONDS
    while time.monotonic() < deadline and not all(prober.probes.any_answered for prober in running):
        time.sleep(0.02)
    reachable = [prober.address for prober in running if prober.probes.any_answered]
    print(json.dumps({"reachable": reachable}), flush=True)
    for _ in sys.stdin:
        side_by_side(ConnectionsProber.renew, keeping)
        print(json.dumps({"renewed": len(keeping)}), flush=True)
    side_by_side(ConnectionsProber.stop, keeping)
    for prober in running:
        prober.stop()
    time.sleep(LAST_SECONDS)
    seen = {prober.address: prober.probes.listed() for prober in running}
    connections = {one.address: one.told() for one in keeping}
    told = {"method": running[0].method, "interval": running[0].interval, "probes": seen, "connections": connections}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
