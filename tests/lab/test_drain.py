"""Taking a node out of service and back by the two tasks, and by hand, on both Debian suites."""

from __future__ import annotations

import json
import shlex

from lab.operator import DRAIN, FLAG, NODE, RESTORE, SHIPPED, Operator
from tests.lab.conftest import on, on_one_of


@on("bookworm", "trixie")
def test_drain_moves_the_address_and_restore_takes_it_back(managers: Operator) -> None:
    run = managers.types(f"{DRAIN} --limit server01")
    assert managers.holders() == ["server02"]
    assert "[server01] 10.10.0.2: server01 → server02 in " in run.line("→")
    run = managers.types(f"{RESTORE} --limit server01")
    assert managers.holders() == ["server01"]
    assert "[server01] 10.10.0.2: server02 → server01 in " in run.line("→")


@on("bookworm")
def test_drain_of_a_backup_lowers_its_rank_and_moves_nothing(managers: Operator) -> None:
    run = managers.types(f"{DRAIN} --limit server02")
    run.line("[server02] drained, holds nothing; 10.10.0.2 is held by server01")
    managers.types(f"{DRAIN} --limit server01")
    assert managers.holders() == ["server03"]


@on("bookworm")
def test_draining_twice_changes_nothing(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01")
    since = managers.server01.succeed(f"stat -c %y {FLAG}")
    run = managers.types(f"{DRAIN} --limit server01")
    run.line("No change: drained, holds nothing; 10.10.0.2 is held by server02 (drained since ")
    assert managers.server01.succeed(f"stat -c %y {FLAG}") == since


@on("bookworm")
def test_two_nodes_drained_at_once_leave_the_third(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01 --limit server02")
    assert managers.holders() == ["server03"]
    managers.types(RESTORE)
    assert managers.holders() == ["server01"]


@on("bookworm")
def test_a_drain_outlives_a_power_cut_right_after_its_report(managers: Operator) -> None:
    """A host of the lab keeps what it has not flushed. That flag and folder are flushed a `sync` of our own tells."""
    sync, told = "/usr/local/sbin/sync", "/root/flushed"
    tells = f'#!/bin/sh\nls -d "$@" >> {told} && exec /usr/bin/sync "$@"\n'
    managers.afterwards(managers.server01, f"rm -f {sync} {told}")
    managers.server01.succeed(f"printf %s {shlex.quote(tells)} > {sync}; chmod +x {sync}")
    managers.types(f"{DRAIN} --limit server01")
    managers.server01.crash()
    managers.server01.boot()
    assert managers.server01.succeed(f"cat {told}").split() == [FLAG.rpartition("/")[0], FLAG]
    managers.sees("keepalived", lambda: managers.server01.execute("systemctl is-active keepalived").stdout, "active\n")
    run = managers.types(f"{DRAIN} --limit server01")
    run.line("No change: drained, holds nothing; 10.10.0.2 is held by server02 (drained since ")


@on("bookworm")
def test_until_reboot_ends_with_the_next_boot(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01 --data until=reboot")
    assert managers.holders() == ["server02"]
    managers.server01.crash()
    managers.server01.boot()
    managers.sees_holder("server01", seconds=40)
    run = managers.types("pyinfra inventory.py fact keepalived.facts.Drained --json --limit server01")
    assert json.loads(run.stdout) == {"keepalived.facts.Drained": {"server01": False}}


@on_one_of("bookworm", "trixie")
def test_touch_and_rm_by_hand_do_the_same_and_the_facts_see_it(managers: Operator) -> None:
    managers.server01.succeed(f"touch {FLAG}")
    managers.sees_holder("server02")
    run = managers.types("pyinfra inventory.py fact keepalived.facts.Drained --json")
    assert json.loads(run.stdout) == {
        "keepalived.facts.Drained": {"server01": True, "server02": False, "server03": False}
    }
    managers.server01.succeed(f"rm {FLAG}")
    managers.sees_holder("server01")


@on("bookworm")
def test_a_drain_survives_a_reboot(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01")
    managers.server01.crash()
    managers.server01.boot()
    managers.sees(
        "unit", lambda: managers.server01.execute("systemctl is-active keepalived").stdout, "active\n", seconds=30
    )
    managers.sees_holder("server02")
    run = managers.types(f"{NODE} --json")
    node = json.loads(run.stdout)["keepalived.facts.Node"]["server01"]
    assert (node["drained"], node["holds"]) == (True, [])


@on_one_of("bookworm", "trixie")
def test_check_file_drains_by_the_number_in_the_flag(redeployed: Operator) -> None:
    managers = redeployed
    managers.configures(SHIPPED + "drain: {check: file}\n")
    managers.types(f"{DRAIN} --limit server01")
    assert managers.holders() == ["server02"]
    managers.types(f"{RESTORE} --limit server01")
    assert managers.holders() == ["server01"]
    managers.server01.succeed(f"echo 1 > {FLAG}")
    managers.sees_holder("server02")
    managers.server01.succeed(f"rm {FLAG}")
    managers.sees_holder("server01")
    managers.server01.succeed(f"touch {FLAG}")  # empty: drains nothing, and the fact says so
    run = managers.types("pyinfra inventory.py fact keepalived.facts.Drained --json --limit server01")
    assert json.loads(run.stdout) == {"keepalived.facts.Drained": {"server01": False}}
    assert managers.holders() == ["server01"]
