"""Connections to a port that are kept open while addresses move, and what became of them.

Nothing is said on them, for nobody knows the service's protocol. The kernel asks the other side every second whether it
still knows the connection (SO_KEEPALIVE): that goes the same way as a client's data, and a node that does not know the
connection answers with a reset.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from select import select
from typing import Any

COUNT = 20  # for each address
OPEN_SECONDS = 1.0  # within which a connection must be open
LOST_SECONDS = 5  # without an answer a connection counts as broken
SEEN_SECONDS = 2.0  # a connection that is given up has been asked at least once in this time
FRESH_SECONDS = 1.5  # its last answer is not older than this
LOOK_SECONDS = 0.05
LAST_ACK = struct.Struct("56xI")  # tcpi_last_ack_recv in struct tcp_info (linux/tcp.h), in milliseconds
NO_ERROR = 0


@dataclass
class Kept:
    """What became of the connections to one address."""

    kept: int = 0
    broken: list[tuple[float, str]] = field(default_factory=list)
    """When, in seconds since the epoch, and what the system said."""
    closed: int = 0
    """Those that the service has closed by itself: others were opened in their place."""
    refused: str | None = None
    """Why none could be opened at the start; None: they could."""


class ConnectionsProber:
    """Keeps connections to one port of one address open, in a thread of its own."""

    def __init__(self, address: str, port: int, count: int = COUNT) -> None:
        self.address, self.port, self.count = address, port, count
        self.seen = Kept()
        self._open: dict[socket.socket, float] = {}
        """The connections, each with when it was opened."""
        self._old_before = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Opens the connections."""
        for _ in range(self.count):
            if not self._begin():
                break
        if self._open:
            self.seen.refused = None
            self._thread.start()

    def renew(self) -> None:
        """What was moved has been seen: begins anew with other connections, once each has been asked again."""
        self._old_before = now = time.monotonic()
        deadline = now + SEEN_SECONDS + LOST_SECONDS + 1
        while self._thread.is_alive() and time.monotonic() < deadline and any(at < now for at in self._opened()):
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ends. Connections that are still open have lived."""
        if self._thread.is_alive():
            self._ended.set()
            self._thread.join()
        for one in list(self._open):
            self._give_up(one)
            self.seen.kept += 1

    def told(self) -> dict[str, Any]:
        """What became of them, as JSON."""
        return {
            "port": self.port,
            "kept": self.seen.kept,
            "broken": self.seen.broken,
            "closed": self.seen.closed,
            "refused": self.seen.refused,
        }

    def _opened(self) -> list[float]:
        return list(self._open.values())

    def _begin(self) -> bool:
        try:
            one = socket.create_connection((self.address, self.port), timeout=OPEN_SECONDS)
        except OSError as error:
            self.seen.refused = error.strerror or str(error)
            return False
        one.setblocking(False)
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, LOST_SECONDS),
        ):
            one.setsockopt(level, option, value)
        self._open[one] = time.monotonic()
        return True

    def _watch(self) -> None:
        while not self._ended.is_set():
            began = time.monotonic()
            for one in select(list(self._open), [], [], LOOK_SECONDS)[0]:
                self._look(one)
            for one, since in list(self._open.items()):
                if since < self._old_before and began > self._old_before + SEEN_SECONDS and self._is_answered(one):
                    self._give_up(one)
                    self.seen.kept += 1
            if len(self._open) < self.count and not self._ended.is_set():
                before = self.seen.refused
                self._begin()  # one a look: a service that closes at once is not flooded
                self.seen.refused = before
            time.sleep(max(0.0, began + LOOK_SECONDS - time.monotonic()))

    def _look(self, one: socket.socket) -> None:
        """Something has come: words of the service, its end, or an error."""
        try:
            if one.recv(65536):
                return
            self.seen.closed += 1
        except BlockingIOError:
            return
        except OSError as error:
            self.seen.broken.append((time.time(), os.strerror(error.errno) if error.errno else str(error)))
        self._give_up(one)

    @staticmethod
    def _is_answered(one: socket.socket) -> bool:
        told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_ACK.size)
        return bool(LAST_ACK.unpack(told)[0] <= 1000 * FRESH_SECONDS)

    def _give_up(self, one: socket.socket) -> None:
        """Ends a connection at once: the service must not be left with one that it still counts."""
        del self._open[one]
        with suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, NO_ERROR))
        one.close()
