"""Reboots of all managers in turn: what moves, what clients lose, and how the next run continues where one stopped."""

from __future__ import annotations

import re

from lab.operator import CHECKPOINT, DRAIN, FLAG, REBOOT, RESTORE, SHIPPED, STATUS, Operator
from tests.documents import shown
from tests.lab.conftest import GAP_SECONDS, on

ONCE_EACH = {"server01": 1, "server02": 1, "server03": 1}


def turns(text: str) -> list[str]:
    """The nodes that were rebooted, in order."""
    return re.findall(r"\[(server\d+)\] \d+:\d\d rebooting", text)


@on("bookworm", "trixie")
def test_all_managers_are_rebooted_in_turn_and_clients_lose_nothing(managers: Operator) -> None:
    before = managers.reboots()
    plan = managers.types(f"{REBOOT} --dry")
    plan.line("managers: reboot server03, then server02, then server01; 10.10.0.2 is held by server01")
    plan.line("3. server01: 10.10.0.2 goes from server01 to server02, and back")
    with managers.watching() as seen:
        run = managers.types(f'{REBOOT} --data reason="new kernel"')
    shown.holds(run.text, f'{REBOOT} --data reason="new kernel"', "docs/maintenance.md")
    assert turns(run.text) == ["server03", "server02", "server01"]
    assert managers.reboots(before) == ONCE_EACH
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2  # one a move
    assert seen.longest(0) <= GAP_SECONDS
    managers.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")

    rows = [line.split() for line in run.text[run.text.index("--> The nodes:") :].splitlines()[1:5]]
    assert rows[0] == ["node", "address", "away", "at", "rebooted", "in", "back", "at", "whole", "turn"]
    assert [row[0] for row in rows[1:]] == ["server03", "server02", "server01"]
    assert rows[3][1] != "-"
    assert " answered" in run.line("    10.10.0.2: ")
    journal = managers.server01.succeed("journalctl -u keepalived -o cat")
    assert re.search(r"taken out of service for reboot by \S+ \(new kernel\)", journal)
    assert "back after reboot by " in journal


@on("bookworm")
def test_what_an_operator_has_drained_stays_drained_and_until_reboot_ends(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server02 --data reason=mine")
    managers.types(f"{DRAIN} --limit server03 --data until=reboot")
    run = managers.types(f"{REBOOT} --limit server02 --limit server03")
    assert turns(run.text) == ["server03", "server02"]
    run.line("2. server02: stays drained (since ")
    run.line("[server02] stays drained: since ")
    assert "reason: mine" in managers.server02.succeed(f"cat {FLAG}")
    managers.server03.succeed(f"test ! -e {FLAG}")
    assert managers.holders() == ["server01"]


@on("bookworm")
def test_only_nodes_that_ask_for_it_are_rebooted(managers: Operator) -> None:
    run = managers.types(f"{REBOOT} --data only=required")
    run.line("managers: nothing to reboot; 10.10.0.2 is held by server01")
    newer = re.sub(r"^\d+", "99", managers.server03.succeed("uname -r").strip())
    managers.afterwards(managers.server03, f"rm /boot/vmlinuz-{newer}")
    managers.server03.succeed(f"touch /boot/vmlinuz-{newer}")
    managers.server02.succeed("touch /run/reboot-required")
    run = managers.types(f"{REBOOT} --data only=required")
    run.line("server02 asks for a reboot: /run/reboot-required is there")
    run.line(f"server03 asks for a reboot: kernel {newer} is installed, ")
    run.line("server01 does not ask for a reboot")
    assert turns(run.text) == ["server03", "server02"]


@on("bookworm")
def test_no_node_is_rebooted_while_nobody_else_could_serve(managers: Operator) -> None:
    before = managers.reboots()
    managers.types(f"{DRAIN} --limit server02")
    managers.afterwards(managers.server03, "systemctl enable --quiet keepalived")
    managers.server03.succeed("systemctl disable --quiet --now keepalived")
    run = managers.is_refused(f"{REBOOT} --limit server01")
    run.line("no node would be left to serve 10.10.0.2: server01 is to be drained, server02 is drained, keepalived is ")
    run = managers.is_refused(f"{REBOOT} --limit server03")
    run.line("keepalived is not enabled on server03 and would not come back after a boot. Deploy first:")
    run.line("    pyinfra inventory.py deploy.py --limit server03")
    for option in ("only=kernel", "resume=perhaps", "reason=' '"):
        managers.is_refused(f"{REBOOT} --data {option}").line("Nothing was done.")
    assert managers.reboots() == before
    run = managers.types(f"{REBOOT} --limit server01 --data force=true")
    run.line("[server01] no node would be left to serve 10.10.0.2: ")
    managers.sees_holder("server01")
    assert managers.reboots(before) == {"server01": 1, "server02": 0, "server03": 0}


@on("bookworm")
def test_a_node_that_does_not_come_back_ends_the_run_and_the_next_goes_on(managers: Operator) -> None:
    managers.writes(f"{SHIPPED}maintenance: {{boot_timeout: 15}}\n")
    before = managers.reboots()
    first = managers.server01.pid
    with managers.watching() as seen:
        run = managers.begins(REBOOT, "[server02]", "rebooting")
        managers.server02.crash()
        said, _ = run.communicate()
    assert run.returncode == 1
    assert "Not within 15 s. Last seen: server02 does not answer" in said
    assert "server02 is out of service, the others serve. See its console, then continue the reboot:" in said
    assert "    pyinfra inventory.py tasks/reboot.py\n" in said
    assert "    pyinfra inventory.py tasks/restore.py --limit server02\n" in said
    assert "server02: cannot be read" in said
    assert re.search(r"server02 +- +NOT BACK +NOT BACK", said)
    assert (seen.lost, seen.route) == (0, ["server01"])
    assert managers.server01.pid == first

    managers.server02.boot()
    managers.sees("ssh", lambda: managers.attempts("pyinfra inventory.py exec -- true").status, 0)
    run = managers.types(REBOOT)
    run.line("managers: continues the reboot that ")
    run.line("server02, server03 have been rebooted since. To begin from the start:")
    run.line("        pyinfra inventory.py tasks/reboot.py --data resume=no")
    run.line("1. server02: put it back in service")
    assert turns(run.text) == ["server01"]
    assert managers.reboots(before) == {"server01": 1, "server02": 0, "server03": 1}  # server02 had its power cut
    managers.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")


@on("bookworm")
def test_a_run_killed_at_any_step_is_gone_on_with_and_no_node_boots_twice(managers: Operator) -> None:
    before = managers.reboots()
    with managers.watching() as seen:
        for name, moment in (
            ("[server03]", "taking it out of service"),
            ("[server03]", "has booted"),
            ("[server02]", "drained, holds nothing"),
            ("[server01]", "taking it out of service"),
            ("[server01]", "10.10.0.2: server02 → server01 in "),
        ):
            managers.kills(REBOOT, name, moment)
            managers.sees("holders", lambda: len(managers.holders()), 1)
        run = managers.types(REBOOT)
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 4
    run.line("managers: nothing to reboot; ")
    assert managers.reboots(before) == ONCE_EACH
    managers.sees_holder("server01")
    managers.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")


@on("bookworm")
def test_a_service_that_fails_after_the_boot_stops_the_run_until_it_is_repaired(managers: Operator) -> None:
    unit = "/etc/systemd/system/sick.service"
    said = "[Service]\\nType=oneshot\\nExecStart=test -e /var/lib/cure\\n[Install]\\nWantedBy=multi-user.target\\n"
    managers.afterwards(managers.server02, f"systemctl disable --quiet sick; rm -f {unit} /var/lib/cure")
    managers.server02.succeed(f"printf '{said}' > {unit}; systemctl enable --quiet sick")
    before = managers.reboots()
    run = managers.is_refused(f"{REBOOT} --limit server02")
    run.line("[server02] sick.service failed since the boot. See why on server02:")
    run.line("        journalctl -u sick.service -b")
    run.line("server02 stays out of service. Remove the cause, then continue the reboot:")
    run.line("        pyinfra inventory.py tasks/reboot.py --limit server02")
    managers.is_refused(f"{REBOOT} --limit server02").line("server02 stays out of service.")  # asked again
    managers.server02.succeed("touch /var/lib/cure; systemctl restart sick")
    run = managers.types(f"{REBOOT} --limit server02")
    run.line("1. server02: put it back in service")
    assert managers.reboots(before) == {"server01": 0, "server02": 1, "server03": 0}
    managers.server02.succeed(f"test ! -e {FLAG}")


@on("bookworm")
def test_hooks_run_where_they_should_and_a_failing_one_stops_before_the_reboot(managers: Operator) -> None:
    hooks = """\
maintenance:
  before:
    - echo "before $NODE" >> /var/lib/hooks
    - {command: 'echo "for $NODE $NODE_ADDRESS" >> /var/lib/hooks', on: another}
  after: ['echo "after $NODE" >> /var/lib/hooks']
  healthy: {command: 'test -e /var/lib/well || { touch /var/lib/well; false; }', timeout: 20}
"""
    for host in managers.hosts.values():
        managers.afterwards(host, "rm -f /var/lib/hooks /var/lib/well")
    managers.writes(SHIPPED + hooks)
    managers.types(f"{REBOOT} --limit server02")
    assert managers.server02.succeed("cat /var/lib/hooks") == "before server02\nafter server02\n"
    assert managers.server01.succeed("cat /var/lib/hooks") == "for server02 10.10.0.4\n"

    before = managers.reboots()
    managers.writes(SHIPPED + "maintenance: {before: ['echo the backup runs; false']}\n")
    run = managers.is_refused(f"{REBOOT} --limit server02")
    run.line("[server02] the backup runs")
    run.line("`echo the backup runs; false` failed on server02. server02 stays out of service. Remove the cause, ")
    assert managers.reboots() == before
    run = managers.is_refused(STATUS)
    run.line("server02 is drained since ")
    run = managers.types(f"{RESTORE} --limit server02")
    managers.server02.succeed(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")

    managers.writes(SHIPPED + "maintenance: {healthy: {command: echo no disk; false, timeout: 2}}\n")
    run = managers.is_refused(f"{REBOOT} --limit server02")
    run.line(
        "Not within 2 s. Last seen: `echo no disk; false` fails and says: no disk. server02 stays out of service. "
    )
    managers.server02.succeed(f"grep -x 'run: reboot' {FLAG}")
