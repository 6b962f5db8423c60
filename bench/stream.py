"""A client with one TCP connection: `python stream.py ADDRESS PORT`. See stream.pl for the other side.

For each line `up BYTES`, `down BYTES` or `turns COUNT` on its standard input it writes how many seconds that took, or
the error. It ends with its input.
"""

from __future__ import annotations

import socket
import sys
import time

SIZE = 1 << 18
ZEROS = bytes(SIZE)
ANSWER_SECONDS = 60.0


class Connection:
    """One, to the end."""

    def __init__(self, address: str, port: int) -> None:
        self._socket = socket.create_connection((address, port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def up(self, count: int) -> None:
        """Sends so many bytes, until the other side has read them all."""
        self._socket.sendall(f"up {count}\n".encode())
        while count > 0:
            count -= self._socket.send(ZEROS[:count])
        self._read(len(b"ok\n"))

    def down(self, count: int) -> None:
        """Gets so many bytes."""
        self._socket.sendall(f"down {count}\n".encode())
        self._read(count)

    def turns(self, count: int) -> None:
        """A byte to the other side and its answer, so many times."""
        for _ in range(count):
            self.up(1)

    def _read(self, count: int) -> None:
        while count > 0:
            got = len(self._socket.recv(min(count, SIZE)))
            if not got:
                raise ConnectionError("the connection was closed")
            count -= got


def main(address: str, port: int) -> None:
    """Until the input ends."""
    connection = Connection(address, port)
    print("connected", flush=True)
    for line in sys.stdin:
        way, count = line.split()
        start = time.monotonic()
        try:
            getattr(connection, way)(int(count))
            print(time.monotonic() - start, flush=True)
        except OSError as error:
            print(f"broken: {error}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
