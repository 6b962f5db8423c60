"""A check of the service decides who holds the address: by taking a node out, or by its weight."""

from __future__ import annotations

import pytest

from lab.operator import DEPLOY, DRAIN, REMOVE, SHIPPED, STATUS, Operator
from lab.waiting import wait_for
from tests.lab.conftest import GAP_SECONDS, Labs, on

pytestmark = on("bookworm")

# Each looks for a file: on a host it is there exactly when the service is broken.
CHECKS = """
checks:
  app: {command: "test ! -e /run/app-broken || { echo 503 from the backend; exit 7; }", interval: 1}
  web: {file: /run/web-broken, interval: 1, weight: 20}
"""
STAYS = "sha256sum /etc/keepalived/keepalived.conf; systemctl show -P InvocationID keepalived"
BROKEN = "rm -f /run/app-broken /run/web-broken"


def breaks(operator: Operator, host: str, service: str) -> None:
    """The service dies on the host, and is repaired after the test."""
    operator.afterwards(operator.hosts[host], BROKEN)
    operator.hosts[host].succeed(f"touch /run/{service}-broken")


@pytest.fixture
def checked(managers: Operator) -> Operator:
    """Three managers with the two checks, all of which pass."""
    managers.configures(SHIPPED + CHECKS)
    return managers


def sees_it_fail(operator: Operator, host: str, check: str) -> str:
    """Waits until status tells that the check fails on the host, and how."""

    def told() -> str:
        lines = operator.attempts(STATUS).text.splitlines()
        return next((line for line in lines if line.startswith(f"The check {check} (") and f"on {host} " in line), "")

    return wait_for(f"status tells that {check} fails on {host}", told, seconds=20)


def test_a_rollout_that_adds_checks_loses_nothing(managers: Operator) -> None:
    managers.writes(SHIPPED + CHECKS)
    with managers.watching() as seen:
        managers.types(DEPLOY)
    assert seen.lost <= 2  # one a move
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.holders() == ["server01"]
    assert "nothing to change" in managers.types(DEPLOY).text
    assert "Nothing is wrong" in managers.types(STATUS).text


def test_a_node_on_which_the_service_fails_gives_the_address_up_and_gets_it_back(checked: Operator) -> None:
    with checked.watching() as seen:
        breaks(checked, "server01", "app")
        checked.sees_holder("server02")
        said = sees_it_fail(checked, "server01", "app")
        checked.repairs()
        checked.sees_holder("server01")
    assert "exit status 7: 503 from the backend. [check-fails]" in said
    assert seen.longest(0) <= 1  # it gives up at once, and says so: the others wait for less than an advert


def test_a_weight_moves_the_address_and_clients_lose_nothing(checked: Operator) -> None:
    with checked.watching() as seen:
        breaks(checked, "server01", "web")
        checked.sees_holder("server02")
        checked.repairs()
        checked.sees_holder("server01")
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 2  # one a move


def test_a_weighted_check_that_fails_everywhere_leaves_the_address_with_the_best(checked: Operator) -> None:
    for host in checked.hosts:
        breaks(checked, host, "web")
    sees_it_fail(checked, "server03", "web")
    assert checked.holders() == ["server01"]


def test_no_drain_leaves_the_address_to_a_node_on_which_a_check_fails(checked: Operator) -> None:
    breaks(checked, "server02", "app")
    breaks(checked, "server03", "web")
    sees_it_fail(checked, "server03", "web")
    refused = checked.is_refused(f"{DRAIN} --limit server01").text
    assert "the check app fails on server02 (exit status 7: 503 from the backend)" in refused
    assert "the check web fails on server03 (exit status 1: /run/web-broken is there)" in refused
    assert checked.holders() == ["server01"]


def test_a_drain_passes_over_a_node_on_which_the_service_fails(checked: Operator) -> None:
    breaks(checked, "server02", "app")
    sees_it_fail(checked, "server02", "app")
    said = checked.types(f"{DRAIN} --limit server01").text
    assert "10.10.0.2 goes from server01 to server03" in said
    assert checked.holders() == ["server03"]


def test_a_changed_command_counts_after_a_reload(checked: Operator, labs: Labs) -> None:
    """keepalived 2.2.7 keeps the result of a check of the same name."""
    labs.spoil(checked)
    checked.writes(
        f"{SHIPPED}{CHECKS.replace('exit 7', 'exit 8').replace('! -e /run/app', '-e /run/app')}on_change: reload\n"
    )
    said = checked.is_refused(DEPLOY).text  # the command now asks for the file that is not there
    assert "the check app fails on server03 (exit status 8: 503 from the backend)" in said
    assert checked.holders() == ["server01"]


def test_a_check_that_cannot_be_run_ends_the_deploy_before_anything_is_changed(checked: Operator) -> None:
    before = checked.everywhere(STAYS)
    typos = "  typo: {command: no-such-program --help}\n  user: {port: 22, user: nosuch}\n"
    checked.writes(SHIPPED + CHECKS + typos)
    said = checked.is_refused(DEPLOY).text
    assert "The check typo cannot be run as root: sh: 1: no-such-program: not found" in said
    assert "The check user cannot be run as nosuch: id: 'nosuch': no such user" in said
    assert checked.everywhere(STAYS) == before


def test_what_a_check_has_started_as_another_user_ends_with_its_time(checked: Operator) -> None:
    checked.configures(
        f'{SHIPPED}checks:\n  slow: {{command: "exec sleep 4321", user: nobody, timeout: 1, weight: 20}}\n'
    )
    assert "no end within 1 s" in sees_it_fail(checked, "server01", "slow")
    counts = {checked.server01.succeed("pgrep -cu nobody -f 'sleep 4321' || true").strip() for _ in range(20)}
    assert counts <= {"0", "1"}  # one runs now and then, and none is left behind


def test_a_removed_node_has_no_script_left(redeployed: Operator) -> None:
    redeployed.configures(SHIPPED + CHECKS)
    redeployed.types(f"{REMOVE} --limit server03")
    assert redeployed.server03.execute("ls /etc/keepalived/checks").returncode != 0
