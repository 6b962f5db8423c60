"""Changes of a running cluster under the eyes of a client that asks every millisecond, on both Debian suites."""

from __future__ import annotations

import json
import subprocess

import pytest

from lab.witness import Witness
from tests.lab.conftest import BROKEN_UNIT, FLAG, GAP_SECONDS, SHIPPED, TOGETHER_SECONDS, Operator

pytestmark = pytest.mark.parametrize("suite", ["bookworm", "trixie"], indirect=True, scope="module")

DEPLOY = "pyinfra inventory.py deploy.py -y"
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
    run = operator.types("pyinfra inventory.py fact keepalived.facts.Node --json")
    nodes = json.loads(run.stdout)["keepalived.facts.Node"]
    assert len(nodes) == 3
    return all(node["configuration"]["applied"] for node in nodes.values()) and (
        "nodes to change" not in operator.types("pyinfra inventory.py deploy.py --dry").text
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
    managers.writes(one)
    managers.types(DEPLOY)
    for cluster, expected in ((two, ["server01"]), (one, [])):
        seen = deploy(managers, cluster)
        assert seen.lost <= 1
        assert seen.longest(0) <= GAP_SECONDS
        assert seen.longest(2) <= TOGETHER_SECONDS
        managers.sees_holder("server01")
        managers.sees("10.10.0.9", lambda: managers.holders("10.10.0.9"), expected)


def test_a_daemon_that_does_not_come_up_ends_the_run_before_the_next_node(managers: Operator) -> None:
    managers.server02.succeed(f"printf '[Service]\nExecStartPre=/bin/false\n' > {BROKEN_UNIT}; systemctl daemon-reload")
    start = managers.server01.succeed(STARTS)
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.is_refused(DEPLOY)
    run.line("[server02] keepalived did not restart: its last words are above.")
    assert managers.server01.succeed(STARTS) == start
    assert (seen.lost, seen.route, seen.counts) == (0, ["server01"], {1})
    managers.server02.succeed(f"rm {BROKEN_UNIT}; systemctl daemon-reload")
    managers.types(DEPLOY)
    assert runs_what_is_written(managers)
    assert managers.everywhere("systemctl is-active keepalived") == ["active\n"] * 3


@pytest.mark.parametrize(
    "moments",
    [
        [
            "Starting operation: Test the new configuration",
            "Starting operation: Install the unit's drop-in",
            "[server03] 10.10.0.2 is held by server01",
            "[server02] 10.10.0.2 is held by server01",
            "[server01] holds 10.10.0.2: handing over",
            "[server01] 10.10.0.2 is held by server02",
            "[server01] 10.10.0.2: server02 → server01 in",
        ],
        ["[server01] 10.10.0.2: server01 → server02 in"],
    ],
    ids=["each step", "moved"],
)
def test_runs_killed_at_any_moment_leave_the_address_served_and_the_next_goes_on(
    managers: Operator, moments: list[str]
) -> None:
    managers.writes(managers.changed())
    with managers.watching() as seen:
        for moment in moments:
            managers.kills(DEPLOY, moment)
        managers.types(DEPLOY)
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 4  # two hand-overs at most
    managers.sees_holder("server01")
    managers.everywhere(f"test ! -e {FLAG}")
    assert runs_what_is_written(managers)


def test_a_node_that_comes_to_hold_the_address_after_the_plan_hands_it_over_too(managers: Operator) -> None:
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.begins("pyinfra inventory.py deploy.py", "Detected changes displayed above")
        for host in (managers.server01, managers.server02):
            host.succeed(f"touch {FLAG}")
        managers.sees_holder("server03")
        managers.server02.succeed(f"rm {FLAG}")  # somebody must be able to take over
        managers.server02.succeed("systemctl stop keepalived; systemctl start keepalived")
        said, _ = run.communicate("\n")
    assert run.returncode == 0, said
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.server01.succeed(f"ls {FLAG}")  # still drained: an operator did that
    assert runs_what_is_written(managers)


def test_a_changed_flag_keeps_an_operators_drain_and_hands_over_by_the_old_flag(managers: Operator) -> None:
    managers.writes(managers.changed())
    managers.types(DEPLOY)
    managers.types("pyinfra inventory.py tasks/drain.py --limit server02 -y")
    elsewhere = "/var/lib/keepalived/elsewhere"
    seen = deploy(managers, managers.changed() + f"drain: {{flag: {elsewhere}}}\n")
    assert seen.route == ["server01", "server03", "server01"]
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.server02.succeed(f"cat {elsewhere}; test ! -e {FLAG}").startswith("1\nby: ")
    managers.everywhere(f"test ! -e {FLAG}")
    managers.types("pyinfra inventory.py tasks/restore.py --limit server02 -y")
    managers.writes(managers.changed())
    managers.types(DEPLOY)


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


def test_a_node_that_an_operator_drained_stays_drained(managers: Operator) -> None:
    managers.types("pyinfra inventory.py tasks/drain.py --limit server01 -y")
    seen = deploy(managers, managers.changed())
    assert seen.route == ["server02", "server03", "server02"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.server01.succeed(f"cat {FLAG}").startswith("1\nby: ")


def test_a_node_that_is_down_is_excluded_and_the_others_are_changed(managers: Operator) -> None:
    managers.server02.crash()
    managers.writes(managers.changed())
    with managers.watching() as seen:
        managers.types(f"{DEPLOY} --exclude server02")
    assert seen.route == ["server01", "server03", "server01"]
    assert seen.lost <= 2
    assert seen.longest(0) <= GAP_SECONDS


def test_the_last_node_reloads_instead_and_says_what_that_risks(managers: Operator) -> None:
    managers.types("pyinfra inventory.py tasks/drain.py --limit server02 --limit server03 -y")
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.types(DEPLOY)
    assert "[server01] no other node can take over, so keepalived is reloaded and not restarted" in run.text
    assert (seen.lost, seen.route) == (0, ["server01"])


def test_the_plan_tells_what_will_move_before_anything_runs(managers: Operator) -> None:
    managers.types(DEPLOY)
    order = "nodes:\n  server03: 10.10.0.5\n  server02: 10.10.0.4\n  server01: 10.10.0.3\n"
    managers.writes(order + SHIPPED[SHIPPED.index("instances:") :])
    run = managers.types("pyinfra inventory.py deploy.py --dry")
    run.line("1. server02: replace the file, which differs in comments only")
    run.line("2. server03: restart keepalived")
    run.line("3. server01: hand 10.10.0.2 to server02, restart keepalived")
    run.line("afterwards 10.10.0.2 (VI_1) is on server03")
    assert managers.holders() == ["server01"]
    with managers.watching() as seen:
        managers.types(DEPLOY)
    assert seen.lost <= 3
    assert seen.longest(0) <= GAP_SECONDS
    managers.sees_holder("server03")
    managers.writes(SHIPPED)
    managers.types(DEPLOY)


def test_terms_cannot_be_changed_on_some_nodes_only(managers: Operator) -> None:
    managers.writes(SHIPPED.replace("id: 51", "id: 77"))
    run = managers.is_refused(f"{DEPLOY} --limit server03")
    run.line("all that run must make it together: server01, server02 would be left out")
    assert managers.holders() == ["server01"]


def test_what_clients_saw_is_told_after_drain_restore_and_deploy(managers: Operator) -> None:
    for command in ("tasks/drain.py --limit server01", "tasks/restore.py --limit server01"):
        run = managers.types(f"pyinfra inventory.py {command} -y")
        assert " answered" in run.line("    10.10.0.2: ")
    managers.writes(managers.changed())
    run = managers.types(f"{DEPLOY} --data probe=off --limit server03")
    assert "What clients saw" not in run.text


AUTH = with_instance("authentication: {auth_type: PASS, auth_pass: %s}") + "vrrp_version: 2\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(SHIPPED, SHIPPED.replace("id: 51", "id: 77"), id="virtual_router_id"),
        pytest.param(SHIPPED + "vrrp_version: 2\n", SHIPPED, id="version 2 to 3"),
        pytest.param(AUTH % "one", AUTH % "two", id="auth"),
        pytest.param(SHIPPED + "vrrp_version: 2\n", SHIPPED + "vrrp_version: 2\nadvert_int: 2\n", id="v2 interval"),
        pytest.param(SHIPPED, with_instance("unicast: true"), id="multicast to unicast"),
        pytest.param(with_instance("unicast: true"), SHIPPED, id="unicast to multicast"),
        pytest.param(
            SHIPPED + "on_change: reload\n", SHIPPED.replace("id: 51", "id: 77") + "on_change: reload\n", id="reload"
        ),
    ],
)
def test_a_change_that_sets_the_nodes_apart_never_leaves_the_address_alone(
    managers: Operator, before: str, after: str
) -> None:
    managers.writes(before)
    managers.types(DEPLOY)
    seen = deploy(managers, after)
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert 3 not in seen.counts
    assert seen.lost <= 2
    managers.sees_holder("server01")
