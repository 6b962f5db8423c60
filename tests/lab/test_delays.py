"""`preempt_delay` and `vrrp_startup_delay` make every move and every start longer, and the commands wait so long."""

from __future__ import annotations

import time

import pytest

from lab.operator import DEPLOY, DRAIN, REBOOT, RESTORE, SHIPPED, Operator
from tests.lab.conftest import GAP_SECONDS, on_one_of

pytestmark = on_one_of("bookworm", "trixie")

DELAY, STARTUP = 4, 5  # seconds, longer than a move without them
WAITS = f"{SHIPPED}    preempt_delay: {DELAY}\nglobal_defs: {{vrrp_startup_delay: {STARTUP}}}\n"


@pytest.fixture(scope="module")
def waits(operator: Operator) -> Operator:
    """Three nodes that wait before they take over."""
    operator.writes(WAITS)
    operator.types(DEPLOY)
    return operator


def test_a_first_deploy_waits_until_there_is_a_holder(waits: Operator) -> None:
    assert waits.holders() == ["server01"]


def test_a_drain_and_a_restore_wait_for_it(waits: Operator) -> None:
    with waits.watching() as seen:
        began = time.monotonic()
        waits.types(f"{DRAIN} --limit server01")
        assert time.monotonic() - began > DELAY
        assert waits.holders() == ["server02"]
        waits.types(f"{RESTORE} --limit server01")
        assert waits.holders() == ["server01"]
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS


def test_a_deploy_takes_back_what_it_has_handed_over(waits: Operator) -> None:
    waits.writes(f"{WAITS}advert_int: 0.4\n")
    with waits.watching() as seen:
        waits.types(DEPLOY)
    assert waits.holders() == ["server01"]
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS


def test_a_reboot_waits_for_both(waits: Operator) -> None:
    with waits.watching() as seen:
        waits.types(f"{REBOOT} --limit server01")
    assert waits.holders() == ["server01"]
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS
