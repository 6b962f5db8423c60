"""The SSH connection to a node that has died ends, whatever waits for an answer through it."""

from __future__ import annotations

import logging
import socket
from typing import Any

from paramiko import Transport
from pyinfra import logger

ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""In seconds, and probes: a peer that answers nothing for 25 s is gone."""
UNANSWERED_MILLISECONDS = 25_000


def watched(sock: Any, **options: Any) -> Transport:
    """Paramiko's `transport_factory`, named in group_data/all.py: the kernel ends a connection whose peer is dead.

    `sock`: connected; through a jump host it is no socket, and the connection is the jump host's.
    """
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ALIVE.items():
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MILLISECONDS)
    if not logger.isEnabledFor(logging.DEBUG):
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it prints tracebacks for a node that stays mute
    return Transport(sock, **options)
