"""Clients that keep TCP connections to an address and talk on them: `python -m lab.talkers ADDRESS PORT COUNT`.

Each of COUNT connections sends a line every 100 ms and waits for its echo. Besides, a new connection is made every
50 ms, which says one line and ends. Says `{"open": COUNT}` on a line once all are open, goes on until its standard
input ends, and then writes what became of them, in milliseconds where it is a time. `silences` has from when to when a
connection had no answer for more than 500 ms, in seconds since the epoch; null: to the end, it is broken.

`{"kept": 200, "broken": {"Connection reset by peer": 0}, "silences": [], "slowest": 12, "new": 300, "failed": 0,
"slowest_new": 8, "servers": {"server01": 200}}`. A server tells its name with each echo.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter

LINE_SECONDS = 0.1
NEW_SECONDS = 0.05
ANSWER_SECONDS = 5.0
SILENT_SECONDS = 0.5


class Talk:
    """What became of all connections."""

    def __init__(self, address: str, port: int, count: int) -> None:
        self.address, self.port, self.count = address, port, count
        self.broken: Counter[str] = Counter()
        self.silences: list[tuple[float, float | None]] = []
        self.servers: Counter[str] = Counter()
        self.slowest = self.slowest_new = 0.0
        self.new = self.failed = self.open = 0
        self.why: Counter[str] = Counter()
        self.ended = asyncio.Event()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: str) -> tuple[str, float]:
        """Says a line. Who has echoed it, and after how many seconds."""
        began = time.monotonic()
        writer.write(f"{words}\n".encode())
        answer = (await asyncio.wait_for(reader.readline(), ANSWER_SECONDS)).decode().strip()
        server, _, echo = answer.partition(" ")
        if echo != words:
            raise ConnectionError(f"an answer {answer!r}" if answer else "the connection was closed")
        return server, time.monotonic() - began

    async def keep(self) -> None:
        """One connection, to the end."""
        said = time.time()
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(self.address, self.port), ANSWER_SECONDS)
            self.open += 1
            number, server = 0, "?"
            while not self.ended.is_set():
                number += 1
                said = time.time()
                server, seconds = await self._say(reader, writer, f"line {number}")
                self.slowest = max(self.slowest, seconds)
                if seconds > SILENT_SECONDS:
                    self.silences.append((said, said + seconds))
                await asyncio.sleep(LINE_SECONDS)
            self.servers[server] += 1
            writer.close()
        except (TimeoutError, OSError) as error:
            self.broken[str(error) or "no answer"] += 1
            self.silences.append((said, None))

    async def begin_new(self) -> None:
        """New connections, one after the other's begin."""
        talking = set()
        while not self.ended.is_set():
            talking.add(asyncio.create_task(self._once()))
            talking = {one for one in talking if not one.done()}
            await asyncio.sleep(NEW_SECONDS)
        await asyncio.gather(*talking)

    async def _once(self) -> None:
        self.new += 1
        try:
            began = time.monotonic()
            reader, writer = await asyncio.wait_for(asyncio.open_connection(self.address, self.port), ANSWER_SECONDS)
            await self._say(reader, writer, "new")
            self.slowest_new = max(self.slowest_new, time.monotonic() - began)
            writer.close()
        except (TimeoutError, OSError) as error:
            self.failed += 1
            self.why[str(error) or "no answer"] += 1

    async def run(self) -> None:
        """All of it, until standard input ends."""
        keeping = [asyncio.create_task(self.keep()) for _ in range(self.count)]
        while self.open + self.broken.total() < self.count:
            await asyncio.sleep(0.02)
        print(json.dumps({"open": self.open}), flush=True)
        beginning = asyncio.create_task(self.begin_new())
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        self.ended.set()
        await asyncio.gather(beginning, *keeping)
        told = {
            "kept": self.servers.total(),
            "broken": self.broken,
            "silences": self.silences,
            "slowest": round(1000 * self.slowest),
            "new": self.new,
            "failed": self.failed,
            "why": self.why,
            "slowest_new": round(1000 * self.slowest_new),
            "servers": self.servers,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(Talk(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run())
