"""A connection to a node that has lost its power ends, in every command."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from keepalived.run.connections import watched
from lab.lab import CHECKOUT


@pytest.fixture
def connected() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as node, socket.create_connection(node.getsockname()) as sock:
        yield sock


def test_the_kernel_watches_it(connected: socket.socket) -> None:
    watched(connected, gss_kex=False, gss_deleg_creds=True, disabled_algorithms=None)
    assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    dead_after = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) + connected.getsockopt(
        socket.IPPROTO_TCP, socket.TCP_KEEPINTVL
    ) * connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
    assert dead_after == 25
    assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000


def test_through_a_jump_host_it_is_left_alone() -> None:
    class Channel:
        """It has no options to set."""

        def settimeout(self, seconds: float) -> None: ...

    channel = Channel()
    assert watched(channel).sock is channel


def test_pyinfra_is_told_of_it_in_the_data_of_every_host() -> None:
    data: dict[str, object] = {}
    exec((CHECKOUT / "group_data/all.py").read_text(), data)  # noqa: S102 - as pyinfra does it
    assert data["ssh_paramiko_connect_kwargs"] == {"channel_timeout": 10, "transport_factory": watched}
