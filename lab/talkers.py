"""Clients that keep TCP connections to an address and talk on them: `python -m lab.talkers ADDRESS PORT COUNT [NEW]`.

Each of COUNT connections sends a line every 100 ms and waits for its echo. Besides, NEW connections a second are made,
20 if not said, which say one line and end. Says `{"open": COUNT}` on a line once all are open, goes on until its
standard input ends, and then writes what became of them, in milliseconds where it is a time. `silences` has from when
to when a connection had no answer for more than 500 ms, in seconds since the epoch; null: to the end, it is broken.
`slow_new` has when such a new connection began, after how many seconds it was open, and when it had its answer; null:
it never was, or never had one.

`{"kept": 200, "broken": {"Connection reset by peer": 0}, "silences": [], "slowest": 12, "new": 300, "failed": 0,
"slowest_new": 8, "slow_new": [], "servers": {"server01": 200}}`. A server tells its name with each echo.

One thread looks every 10 ms at all of them: that is how exact the times are. To be woken by each echo would cost more
than all the rest.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import select
import socket
import sys
import time
from collections import Counter, deque
from typing import Any

LOOK_SECONDS = 0.01
LINE_SECONDS = 0.1
NEW_A_SECOND = 20.0
ANSWER_SECONDS = 5.0
SILENT_SECONDS = 0.5
SWEEP_SECONDS = 0.5  # so much later it is noticed at most that there is no answer
STDIN = 0


class Connection:
    """One of them. `words`: what it has said; None until it is open."""

    def __init__(self, talking_to: socket.socket, *, kept: bool, now: float) -> None:
        self.socket, self.kept, self.began, self.said = talking_to, kept, now, now
        self.words: str | None = None
        self.number = 0
        self.heard = b""
        self.server = "?"
        self.is_resting = False


class Talk:
    """All connections, and what became of them."""

    def __init__(self, address: str, port: int, count: int, new_a_second: float = NEW_A_SECOND) -> None:
        self.address, self.port, self.count, self.new_seconds = address, port, count, 1 / new_a_second
        self.broken: Counter[str] = Counter()
        self.servers: Counter[str] = Counter()
        self.silences: list[tuple[float, float | None]] = []
        self.slow_new: list[tuple[float, float | None, float | None]] = []
        self.slowest = self.slowest_new = 0.0
        self.new = self.open = 0
        self.why: Counter[str] = Counter()
        self.is_ended = False
        self._poll = select.epoll()
        self._all: dict[int, Connection] = {}
        self._resting: deque[tuple[float, Connection]] = deque()

    def run(self) -> dict[str, Any]:
        """All of it, until standard input ends."""
        for _ in range(self.count):
            self._begin(kept=True)
        self._poll.register(STDIN, select.EPOLLIN)
        told = False
        next_new = next_sweep = time.monotonic()
        while self._all or not self.is_ended:
            for number, _ in self._poll.poll(0):
                if number == STDIN:
                    self._read_standard_input()
                elif number in self._all:
                    self._hear(self._all[number])
            now = time.monotonic()
            if not told and self.open + self.broken.total() >= self.count:
                told, next_new = True, now
                print(json.dumps({"open": self.open}), flush=True)
            while self._resting and (self.is_ended or self._resting[0][0] <= now):
                self._go_on(self._resting.popleft()[1])
            while told and not self.is_ended and next_new <= now:
                self._begin(kept=False)
                next_new += self.new_seconds
            if next_sweep <= now:
                next_sweep = now + SWEEP_SECONDS
                self._sweep(now)
            time.sleep(LOOK_SECONDS)
        return {
            "kept": self.servers.total(),
            "broken": self.broken,
            "silences": self.silences,
            "slowest": round(1000 * self.slowest),
            "new": self.new,
            "failed": self.why.total(),
            "why": self.why,
            "slowest_new": round(1000 * self.slowest_new),
            "slow_new": self.slow_new,
            "servers": self.servers,
        }

    def _read_standard_input(self) -> None:
        if not os.read(STDIN, 4096):
            self._poll.unregister(STDIN)
            self.is_ended = True

    def _begin(self, *, kept: bool) -> None:
        self.new += not kept
        talking_to = socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET)
        talking_to.setblocking(False)
        one = Connection(talking_to, kept=kept, now=time.monotonic())
        self._all[talking_to.fileno()] = one
        self._poll.register(talking_to, select.EPOLLOUT)
        if (error := talking_to.connect_ex((self.address, self.port))) not in (0, errno.EINPROGRESS):
            self._break(one, os.strerror(error))

    def _hear(self, one: Connection) -> None:
        try:
            if one.words is None:
                if error := one.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(error, os.strerror(error))
                self._poll.modify(one.socket, select.EPOLLIN)
                self.open += one.kept
                self._say(one)
                return
            heard = one.socket.recv(4096)
        except OSError as error:
            self._break(one, error.strerror or str(error))
            return
        one.heard += heard
        if not heard:
            self._break(one, "the connection was closed")
        elif one.heard.endswith(b"\n"):
            self._judge(one, one.heard.decode(errors="replace").strip())

    def _judge(self, one: Connection, answer: str) -> None:
        one.server, _, echo = answer.partition(" ")
        one.heard = b""
        if one.is_resting or echo != one.words:
            self._break(one, f"an answer {answer!r}")
            return
        now = time.monotonic()
        if not one.kept:
            self.slowest_new = max(self.slowest_new, now - one.began)
            if now - one.began > SILENT_SECONDS:
                self.slow_new.append((_since_epoch(one.began), one.said - one.began, now - one.began))
            self._close(one)
            return
        self.slowest = max(self.slowest, now - one.said)
        if now - one.said > SILENT_SECONDS:
            self.silences.append((_since_epoch(one.said), time.time()))
        one.is_resting = True
        self._resting.append((now + LINE_SECONDS, one))

    def _go_on(self, one: Connection) -> None:
        """What a connection does that has rested."""
        if one.socket.fileno() not in self._all:
            return  # it broke meanwhile
        if self.is_ended:
            self.servers[one.server] += 1
            self._close(one)
        else:
            self._say(one)

    def _say(self, one: Connection) -> None:
        one.number += 1
        one.words = f"line {one.number}" if one.kept else "new"
        one.said, one.is_resting = time.monotonic(), False
        try:
            one.socket.send(f"{one.words}\n".encode())
        except OSError as error:
            self._break(one, error.strerror or str(error))

    def _sweep(self, now: float) -> None:
        """Gives those up that have no answer."""
        for one in list(self._all.values()):
            if not one.is_resting and now - (one.said if one.kept else one.began) > ANSWER_SECONDS:
                self._break(one, "no answer")

    def _break(self, one: Connection, why: str) -> None:
        if one.kept:
            self.broken[why] += 1
            self.silences.append((_since_epoch(one.said), None))
        else:
            self.why[why] += 1
            opened = None if one.words is None else one.said - one.began
            self.slow_new.append((_since_epoch(one.began), opened, None))
        self._close(one)

    def _close(self, one: Connection) -> None:
        del self._all[one.socket.fileno()]
        one.socket.close()


def _since_epoch(monotonic: float) -> float:
    return time.time() - time.monotonic() + monotonic


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    address, port, count, *new = sys.argv[1:]
    print(json.dumps(Talk(address, int(port), int(count), *map(float, new)).run()), flush=True)
