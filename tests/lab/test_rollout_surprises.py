"""Changes of a running cluster that do not go as planned, or meet nodes that are not as they should be."""

from __future__ import annotations

import pytest

from lab.operator import ASKS, BROKEN_UNIT, DEPLOY, DRAIN, FLAG, SHIPPED, Operator
from tests import titles
from tests.lab.conftest import GAP_SECONDS
from tests.lab.test_rollout import STARTS, deploy, runs_what_is_written


def test_a_daemon_that_does_not_come_up_ends_the_run_before_the_next_node(managers: Operator) -> None:
    managers.server02.succeed(f"printf '[Service]\nExecStartPre=/bin/false\n' > {BROKEN_UNIT}; systemctl daemon-reload")
    start = managers.server01.succeed(STARTS)
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.is_refused(DEPLOY)
    run.line("[server02] `systemctl restart keepalived` failed on server02. The nodes after this one are as they were.")
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
            titles.started(titles.TEST_CONFIGURATION),
            titles.started(titles.ENABLE),
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
            managers.kills(f"{DEPLOY} --data resume=true", moment)
        managers.types(f"{DEPLOY} --data resume=true")
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 4  # two hand-overs at most
    managers.sees_holder("server01")
    managers.everywhere(f"test ! -e {FLAG}")
    assert runs_what_is_written(managers)


def test_a_node_that_comes_to_hold_the_address_after_the_plan_hands_it_over_too(managers: Operator) -> None:
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.begins(DEPLOY.removesuffix(" -y"), ASKS)
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


def test_a_changed_flag_keeps_an_operators_drain_and_hands_over_by_the_old_flag(redeployed: Operator) -> None:
    managers = redeployed
    managers.configures(managers.changed())
    managers.types(f"{DRAIN} --limit server02")
    elsewhere = "/var/lib/keepalived/elsewhere"
    seen = deploy(managers, managers.changed() + f"drain: {{flag: {elsewhere}}}\n")
    assert seen.route == ["server01", "server03", "server01"]
    assert seen.longest(0) <= GAP_SECONDS
    assert managers.server02.succeed(f"cat {elsewhere}; test ! -e {FLAG}").startswith("1\nby: ")
    managers.everywhere(f"test ! -e {FLAG}")


def test_a_node_that_an_operator_drained_stays_drained(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01")
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
    managers.types(f"{DRAIN} --limit server02 --limit server03")
    managers.writes(managers.changed())
    with managers.watching() as seen:
        run = managers.types(DEPLOY)
    assert "[server01] no other node can take over, so keepalived is reloaded and not restarted" in run.text
    assert (seen.lost, seen.route) == (0, ["server01"])


def test_the_plan_tells_what_will_move_before_anything_runs(redeployed: Operator) -> None:
    managers = redeployed
    managers.types(DEPLOY)
    order = "nodes:\n  server03: 10.10.0.5\n  server02: 10.10.0.4\n  server01: 10.10.0.3\n"
    managers.writes(order + SHIPPED[SHIPPED.index("instances:") :])
    run = managers.types(f"{DEPLOY} --dry")
    run.line("1. server02: replace the file, which differs in comments only")
    run.line("2. server03: reload keepalived")
    run.line("3. server01: reload keepalived")
    run.line("afterwards 10.10.0.2 (VI_1) is on server03")
    assert managers.holders() == ["server01"]
    with managers.watching() as seen:
        managers.types(DEPLOY)
    assert seen.lost <= 3
    assert seen.longest(0) <= GAP_SECONDS
    managers.sees_holder("server03")


def test_terms_cannot_be_changed_on_some_nodes_only(managers: Operator) -> None:
    managers.writes(SHIPPED.replace("id: 51", "id: 77"))
    run = managers.is_refused(f"{DEPLOY} --limit server03")
    run.line("all nodes that run must change together: server01, server02 would be left out")
    assert managers.holders() == ["server01"]


def test_what_clients_saw_is_told_after_drain_restore_and_deploy(managers: Operator) -> None:
    for command in ("tasks/drain.py --limit server01", "tasks/restore.py --limit server01"):
        run = managers.types(f"pyinfra inventory.py {command} -y")
        assert " answered" in run.line("    10.10.0.2: ")
    managers.writes(managers.changed())
    run = managers.types(f"{DEPLOY} --data probe=off --limit server03")
    assert "What clients saw" not in run.text
