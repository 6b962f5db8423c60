"""Connections that a run keeps open: what becomes of them, and the line of it."""

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from keepalived.run.probe.account import Event, account_of_connections
from keepalived.run.probe.connections import ConnectionsProber

ROOT = Path(__file__).parents[3]
NOON = 1795348800.0


def seen(**changed: Any) -> dict[str, Any]:
    return {"port": 443, "kept": 20, "broken": [], "closed": 0, "refused": None} | changed


def test_all_of_them_kept() -> None:
    assert account_of_connections("10.10.0.2", seen()) == "10.10.0.2 port 443: 20 of 20 established connections kept"


def test_some_broken() -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(NOON))
    broken = [(NOON + 1, "Connection timed out"), (NOON, "Connection reset by peer")]
    line = account_of_connections(
        "::2", seen(kept=18, broken=broken), [Event(NOON - 1, "managers", "server01", "Drain")]
    )
    assert line == (
        f"::2 port 443: 18 of 20 established connections kept; the first one broke at {clock} "
        '(Connection reset by peer) while "Drain" ran on server01'
    )


def test_some_closed_by_the_service_are_told_apart() -> None:
    assert account_of_connections("::2", seen(closed=3)).endswith("kept; the service itself closed 3")


def test_nothing_is_claimed_where_none_could_be_opened() -> None:
    line = account_of_connections("::2", seen(kept=0, refused="Connection refused"))
    assert line == (
        "::2 port 443: no connection could be opened before the run (Connection refused), so nothing is known of "
        "established ones"
    )


class Service:
    """A service on this machine that takes connections."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.connections.append(self.socket.accept()[0])
            except OSError:
                return


def until(what: Any) -> None:
    deadline = time.monotonic() + 5
    while not what() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert what()


@pytest.fixture
def service() -> Service:
    return Service()


def test_connections_that_live_are_kept(service: Service) -> None:
    prober = ConnectionsProber("127.0.0.1", service.port, count=3)
    prober.start()
    until(lambda: len(service.connections) == 3)
    prober.stop()
    assert prober.told() == seen(port=service.port, kept=3)


def test_one_that_is_reset_is_broken_and_one_that_is_closed_is_not(service: Service) -> None:
    prober = ConnectionsProber("127.0.0.1", service.port, count=3)
    prober.start()
    until(lambda: len(service.connections) == 3)
    reset, closed, _ = service.connections
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.close()
    closed.close()
    until(lambda: prober.seen.broken and prober.seen.closed)
    until(lambda: len(service.connections) == 5)  # others in their place
    prober.stop()
    assert [words for _, words in prober.seen.broken] == ["Connection reset by peer"]
    assert (prober.seen.closed, prober.seen.kept) == (1, 3)


def test_after_a_move_others_are_opened_and_the_old_ones_end_at_once(service: Service) -> None:
    prober = ConnectionsProber("127.0.0.1", service.port, count=2)
    prober.start()
    until(lambda: len(service.connections) == 2)
    prober.renew()
    assert prober.seen.kept == 2
    with pytest.raises(ConnectionResetError):
        service.connections[0].recv(1)
    until(lambda: len(service.connections) == 4)
    prober.stop()
    assert prober.seen.kept == 4


def test_a_closed_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    prober = ConnectionsProber("127.0.0.1", port)
    prober.start()
    prober.stop()
    assert prober.told() == seen(port=port, kept=0, refused="Connection refused")


def test_the_process_keeps_them_and_begins_anew_when_it_is_told(service: Service) -> None:
    command = [sys.executable, "-m", "keepalived.run.probe.process", f"--port=127.0.0.1={service.port}", "127.0.0.1"]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert probe.stdout is not None
    assert probe.stdin is not None
    assert json.loads(probe.stdout.readline()) == {"reachable": ["127.0.0.1"]}
    probe.stdin.write("renew\n")
    probe.stdin.flush()
    assert json.loads(probe.stdout.readline()) == {"renewed": 1}
    out, _ = probe.communicate()
    found = json.loads(out)["connections"]["127.0.0.1"]
    assert found["kept"] >= 20
    assert found["broken"] == []
