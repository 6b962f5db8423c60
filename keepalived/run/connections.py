"""The SSH connections of a run: one to a node that has died is noticed, whatever waits for an answer through it."""

from __future__ import annotations

import logging
import socket
from contextlib import suppress

from paramiko import SSHClient
from pyinfra import logger
from pyinfra.api import Host, State
from pyinfra.api.state import BaseStateCallback

ALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""In seconds, and probes: a peer that answers nothing for 25 s is gone."""
UNANSWERED_MILLISECONDS = 25_000


class _Connected(BaseStateCallback):
    """Sees to a connection as soon as it is made."""

    @staticmethod
    def host_connect(state: State, host: Host) -> None:
        notice_death(host)


def watch_connections(state: State) -> None:
    """Sees to the connections that are made already, and to those that will be."""
    if not logger.isEnabledFor(logging.DEBUG):
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # a node that stays mute is told in our words
    state.add_callback_handler(_Connected())  # type: ignore[no-untyped-call]
    for host in state.inventory:
        notice_death(host)


def notice_death(host: Host) -> None:
    """Has the kernel end the connection of a host that has lost its power, where it has one by SSH."""
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if isinstance(client, SSHClient) else None
    if transport is None or not isinstance(transport.sock, socket.socket):
        return  # not connected, not by SSH, or through a jump host, whose connection is another one's
    with suppress(OSError):
        transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ALIVE.items():
            transport.sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MILLISECONDS)
