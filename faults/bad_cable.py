"""A cable that loses, delays or drops packets: `python -m faults.bad_cable ONE OTHER OPTIONS`, in the lab's switch.

It carries what comes in by one network interface to the other. A kernel has queues for that (netem), but not every one
of them is there; this needs nothing but packet sockets. OPTIONS is JSON, see `Options`. It ends with who started it.
"""

from __future__ import annotations

import heapq
import json
import random
import selectors
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass

EVERYTHING = 0x0003  # ETH_P_ALL, linux/if_ether.h
SOL_PACKET, PACKET_VNET_HDR = 263, 15  # linux/if_packet.h; not in the socket module
VNET_BYTES = 10  # before each packet: what the sender leaves to the hardware, handed on as it is
FRAME_BYTES = 1 << 17
BUFFER_BYTES = 8 << 20
SO_RCVBUFFORCE = 33
TYPE_AT, PROTOCOL_AT = 12, {0x0800: 23, 0x86DD: 20}  # in an Ethernet frame: IPv4's protocol, IPv6's next header


@dataclass(frozen=True)
class Options:
    """How bad it is. `loss`: the share of packets. `delay`, `jitter`: seconds, and up to so many more. `drops`: IP
    protocols that do not pass from the first interface to the second (`there`), or back (`back`)."""

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    drops_there: tuple[int, ...] = ()
    drops_back: tuple[int, ...] = ()
    seed: int = 0

    def as_json(self) -> str:
        """As the process takes it."""
        return json.dumps(asdict(self))


def protocol(frame: bytes) -> int | None:
    """The IP protocol of an Ethernet frame; None: it is not IP."""
    at = PROTOCOL_AT.get(int.from_bytes(frame[TYPE_AT : TYPE_AT + 2], "big"))
    return frame[at] if at is not None and len(frame) > at else None


def _opened(interface: str) -> socket.socket:
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING))
    one.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    one.bind((interface, EVERYTHING))
    one.setblocking(False)
    return one


def main(names: tuple[str, str], options: Options) -> None:
    """Carries until it is killed."""
    chance = random.Random(options.seed)  # noqa: S311 - it only has to be the same again
    ends = [_opened(name) for name in names]
    drops = (options.drops_there, options.drops_back)
    waiting: list[tuple[float, int, int, bytes]] = []
    selector = selectors.DefaultSelector()
    for place, end in enumerate(ends):
        selector.register(end, selectors.EVENT_READ, place)
    print("carries", flush=True)
    number = 0
    while True:
        until = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in selector.select(until):
            side: int = key.data
            with suppress(BlockingIOError):
                while True:
                    packet, told = ends[side].recvfrom(FRAME_BYTES)
                    if told[2] == socket.PACKET_OUTGOING or chance.random() < options.loss:
                        continue
                    if protocol(packet[VNET_BYTES:]) in drops[side]:
                        continue
                    number += 1
                    due = time.monotonic() + options.delay + options.jitter * chance.random()
                    heapq.heappush(waiting, (due, number, 1 - side, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(waiting)
            with suppress(OSError):  # the other end is down
                ends[to].send(packet)


if __name__ == "__main__":
    main((sys.argv[1], sys.argv[2]), Options(**json.loads(sys.argv[3])))
