"""Changes of a running cluster under the eyes of a client that asks every millisecond, on both Debian suites."""

from __future__ import annotations

import json
import subprocess

import pytest

from lab.operator import DEPLOY, FLAG, NODE, SHIPPED, Operator
from lab.witness import Witness
from tests.lab.conftest import GAP_SECONDS, TOGETHER_SECONDS, on_one_of

pytestmark = on_one_of("bookworm", "trixie")

STARTS = "systemctl show keepalived -p InvocationID --value"
BUSY_SECONDS = 0.1  # what a busy machine may add to a silence; `make bench` has the tight figures


def with_instance(*lines: str) -> str:
    """The shipped cluster file with more keys in VI_1."""
    return SHIPPED + "".join(f"    {line}\n" for line in lines)


def deploy(operator: Operator, cluster: str) -> Witness:
    """Brings the cluster file out, and tells what was seen meanwhile."""
    operator.writes(cluster)
    with operator.watching() as witness:
        operator.types(DEPLOY)
    return witness


def runs_what_is_written(operator: Operator) -> bool:
    """Whether every daemon runs what group_data/managers.yml asks for: then a deploy has nothing to do."""
    run = operator.types(f"{NODE} --json")
    nodes = json.loads(run.stdout)["keepalived.facts.Node"]
    assert len(nodes) == 3
    return all(node["configuration"]["applied"] for node in nodes.values()) and (
        "nodes to change" not in operator.types(f"{DEPLOY} --dry").text
    )


def test_restart_on_change_hands_the_address_over_and_takes_it_back(managers: Operator) -> None:
    seen = deploy(managers, managers.changed())
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 2  # one a move
    assert seen.longest_silence < 0.02 + BUSY_SECONDS
    assert managers.everywhere(f"ls {FLAG} 2>&1 | grep -c 'No such'") == ["1\n"] * 3


def test_reload_on_change_moves_nothing_and_connections_live_on(managers: Operator) -> None:
    starts = managers.everywhere(STARTS)
    # sshd answers at the floating address too, with server01's key.
    ssh = managers.lab.operator_popen(
        ["ssh", "-o", "HostKeyAlias=server01", "10.10.0.2", "cat"], stdin=subprocess.PIPE, cwd=managers.project
    )

    def echo(line: str) -> str:
        assert ssh.stdin is not None
        assert ssh.stdout is not None
        print(line, file=ssh.stdin, flush=True)
        return ssh.stdout.readline().strip()

    assert echo("before") == "before"
    seen = deploy(managers, managers.changed() + "on_change: reload\n")
    assert echo("after") == "after"
    ssh.communicate()
    assert runs_what_is_written(managers)
    assert managers.everywhere(STARTS) == starts
    assert seen.route == ["server01"]
    assert seen.lost == 0


@pytest.mark.parametrize("on_change", ["restart", "reload"])
def test_adding_and_removing_an_address_leaves_the_others_alone(managers: Operator, on_change: str) -> None:
    one = managers.changed() + f"on_change: {on_change}\n"
    two = one.replace("[10.10.0.2]", "[10.10.0.2, 10.10.0.9]")
    managers.configures(one)
    for cluster, expected in ((two, ["server01"]), (one, [])):
        seen = deploy(managers, cluster)
        assert seen.lost <= 1
        assert seen.longest(0) <= GAP_SECONDS
        assert seen.longest(2) <= TOGETHER_SECONDS
        managers.sees_holder("server01")
        managers.sees("10.10.0.9", lambda: managers.holders("10.10.0.9"), expected)


def test_the_holder_killed_with_all_its_processes_leaves_one_holder_within_5_seconds(managers: Operator) -> None:
    started = managers.server01.succeed(STARTS)
    with managers.watching() as seen:
        managers.server01.succeed("pkill -KILL -x keepalived")
        managers.sees("a new start", lambda: managers.server01.succeed(STARTS) != started, True)
        managers.sees("unit", lambda: managers.server01.succeed("systemctl is-active keepalived || true"), "active\n")
        managers.sees_holder("server01")
    assert seen.counts <= {0, 1, 2}
    assert seen.longest(0) <= 5
    assert seen.longest(2) <= 5


# One after the other: what one ends with the next begins with, and need not be brought out first.
OLD = SHIPPED + "vrrp_version: 2\n"
SLOW = OLD + "advert_int: 2\n"
AUTH = with_instance("authentication: {auth_type: PASS, auth_pass: one}") + "vrrp_version: 2\n"
OTHER = SHIPPED.replace("id: 51", "id: 77")
APART = {
    "virtual_router_id": (SHIPPED, OTHER),
    "reload": (OTHER + "on_change: reload\n", SHIPPED + "on_change: reload\n"),
    "multicast to unicast": (SHIPPED, with_instance("unicast: true")),
    "unicast to multicast": (with_instance("unicast: true"), SHIPPED),
    "version 3 to 2": (SHIPPED, OLD),
    "v2 interval": (OLD, SLOW),
    "v2 interval and auth": (SLOW, AUTH),
    "auth": (AUTH, AUTH.replace("one", "two")),
    "version 2 to 3": (AUTH.replace("one", "two"), SHIPPED),
}


@pytest.mark.parametrize(("before", "after"), APART.values(), ids=APART.keys())
def test_a_change_that_sets_the_nodes_apart_never_leaves_the_address_alone(
    managers: Operator, before: str, after: str
) -> None:
    managers.configures(before)
    seen = deploy(managers, after)
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert 3 not in seen.counts
    assert seen.lost <= 2
    managers.sees_holder("server01")
