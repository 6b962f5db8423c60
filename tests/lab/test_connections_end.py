"""What was done for established connections ends whatever happens, and where they cannot be kept it is said."""

from __future__ import annotations

import signal
from functools import partial

import pytest

from lab.operator import ADDRESS, DRAIN, FLAG, REMOVE, RESTORE, SHIPPED, Operator
from lab.talking import PORT, Talking
from tests.lab.conftest import on
from tests.lab.keeping import KEEP, LEFT, SIX, announcers, leaves_nothing, make_keep, make_ready, talking

pytestmark = on("bookworm")


@pytest.fixture(scope="module")
def keeping(operator: Operator) -> Operator:
    """Three managers that keep connections."""
    make_keep(operator)
    return operator


@pytest.fixture
def managers(keeping: Operator) -> Operator:
    """The same, all in service."""
    keeping.writes(KEEP)
    make_ready(keeping)
    return keeping


def test_the_end_of_connections_is_waited_for(managers: Operator) -> None:
    with talking(managers, 5):
        run = managers.is_refused(f"{DRAIN} --limit server01 --data wait=2")
        run.line("server01 is drained, but not within 2 s have its connections ended: server01 still serves")
    run = managers.types(f"{DRAIN} --limit server01 --data wait=30")
    assert "still serves" not in run.text


def made(what: str) -> str:
    """Until the files of this step are written anew; both addresses have some."""
    files = f"stat -c %.Y /run/keepalived-connections/{what}/*/until 2>/dev/null"
    return f'was=$({files}); until now=$({files}); [ "$now" != "$was" ]; do sleep 0.02; done'


def until(test: str) -> str:
    return f"until {test}; do sleep 0.02; done"


HOLDS = f"ip -o address show to {ADDRESS} | grep -q ."
STEPS = [  # what is killed, and the first thing that is seen on which host of the step that it is killed after
    (DRAIN, "server02", made("pass")),
    (DRAIN, "server01", made("serve")),
    (DRAIN, "server01", until(f"test -e {FLAG}")),
    (RESTORE, "server01", made("pass")),
    (RESTORE, "server02", made("serve")),
    (RESTORE, "server01", until(f"test ! -e {FLAG}")),
    (DRAIN, "server02", until(HOLDS)),
    (RESTORE, "server01", until(HOLDS)),
]


def test_an_operator_who_is_killed_after_any_step_breaks_no_connection_and_leaves_nothing(managers: Operator) -> None:
    with talking(managers, 20, ADDRESS, SIX):
        for command, host, step in STEPS:
            run = managers.starts(f"{command} --limit server01")
            managers.hosts[host].succeed(step, 20)
            run.send_signal(signal.SIGKILL)
            run.communicate()
            drained = managers.server01.execute(f"test -e {FLAG}").returncode == 0
            for address in (ADDRESS, SIX):
                holder = ["server02" if drained else "server01"]
                managers.sees(f"holders of {address}", partial(managers.holders, address), holder)
                managers.sees(f"who answers for {address}", partial(announcers, managers, address), 1, 5)
    leaves_nothing(managers)


def test_where_it_cannot_be_the_plan_says_so_and_the_address_moves_as_ever(managers: Operator) -> None:
    leaves_nothing(managers)
    for host in (managers.server02, managers.server03):
        managers.afterwards(host, "mv /usr/sbin/nft.away /usr/sbin/nft")
        host.succeed("mv /usr/sbin/nft /usr/sbin/nft.away")
    run = managers.types(f"{DRAIN} --limit server01 --data probe_port={PORT}")
    run.line("  established connections end: on server02 nft is not installed; on server03 nft is not installed")
    assert "the first one broke at" in run.line(f"{ADDRESS} port {PORT}")
    assert managers.holders() == ["server02"]
    assert managers.everywhere(LEFT) == ["", "", ""]


def test_a_run_that_watches_no_connection_says_so(managers: Operator) -> None:
    managers.writes(SHIPPED)
    managers.types(f"{DRAIN} --limit server01").line("Established connections were not looked at")


def test_a_removed_node_has_nothing_left(managers: Operator) -> None:
    with Talking(managers.lab, ADDRESS, 7):
        run = managers.types(f"{REMOVE} --limit server01")
        assert "the removal cuts them" in run.line("cuts them")
        assert managers.server01.succeed(LEFT) == ""
