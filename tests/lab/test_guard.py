"""What keeps a drain from doing harm, and what is told of it: the guard, the reasons, the failures."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

from lab.operator import ASKS, DEPLOY, DRAIN, FLAG, RESTORE, Operator

UNCONFIRMED = DRAIN.removesuffix(" -y")


def test_the_last_node_is_not_drained_and_the_refusal_names_every_reason(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server02")
    managers.server03.succeed("systemctl stop keepalived")
    for force in ("", "--data force=false "):
        run = managers.is_refused(f"{DRAIN} --limit server01 {force}-y")
        assert run.line("Nothing was done.").endswith(
            "managers: no node would be left to serve 10.10.0.2: server01 is to be drained, server02 is drained, "
            "keepalived is inactive on server03. Restore or repair one first. To drain all the same:"
        )
        run.line("    pyinfra inventory.py tasks/drain.py --limit server01 --data force=true")
    run = managers.is_refused(f"{DRAIN}")  # without --limit: every node
    assert "server01 is to be drained" in run.line("Nothing was done.")
    managers.server01.succeed(f"test ! -e {FLAG}")
    assert managers.holders() == ["server01"]


def test_a_forced_drain_of_the_last_node_tells_that_it_keeps_the_address(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server02 --limit server03")
    run = managers.is_refused(f"{DRAIN} --limit server01 --data force=true")
    run.line("server01 still holds 10.10.0.2: no other node can take over (server02 is drained, server03 is drained)")
    run.line("server01: MASTER with priority 3, holds 10.10.0.2, drained")
    assert managers.holders() == ["server01"]
    managers.server01.succeed(f"test -e {FLAG}")


def test_an_address_that_goes_to_a_drained_node_is_said_to(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01 --limit server02")
    run = managers.types(f"{DRAIN} --limit server03 --data force=true")
    run.line("10.10.0.2: server03 → server01 (drained) in ")  # the origin's warning: the best of three drained nodes
    assert managers.holders() == ["server01"]


def test_the_plan_predicts_the_moves_before_anything_is_done(managers: Operator) -> None:
    run = managers.types(f"{DRAIN} --limit server01 --limit server02 --dry")
    run.line("managers: drain server01, server02; 10.10.0.2 goes from server01 to server03")
    assert managers.everywhere(f"ls {FLAG} 2>&1 | grep -c 'No such'") == ["1\n"] * 3
    managers.types(f"{DRAIN} --limit server01")
    run = managers.types(RESTORE)
    run.line("managers: server02, server03 are in service already")
    run.line("managers: restore server01; 10.10.0.2 goes from server02 to server01")
    assert managers.holders() == ["server01"]


def test_who_why_and_until_when_are_kept_on_the_node_and_in_its_journal(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01 --data reason='50% off \\o/, \"today\"' --data until=reboot")
    said = managers.server01.succeed(f"cat {FLAG}").splitlines()
    assert said[0] == "1"
    assert said[1].startswith("by: ")
    assert said[2:] == ['reason: 50% off \\o/, "today"', "until: reboot"]
    journal = managers.server01.succeed("journalctl -u keepalived -n 200 -o cat")
    assert "drained until its next boot by " in journal
    assert '(50% off \\o/, "today")' in journal
    since = managers.server01.succeed(f"stat -L -c %Y {FLAG}")
    managers.types(f"{DRAIN} --limit server01 --data reason=tomorrow")  # only the reason is another one
    assert managers.server01.succeed(f"grep -c 'reason: tomorrow' {FLAG}; stat -L -c %Y {FLAG}") == f"1\n{since}"
    run = managers.types(f"{DRAIN} --limit server01")
    assert run.line("No change: drained").endswith("(tomorrow), until its next boot)")
    managers.types(f"{DRAIN} --limit server01 --data until=restore")
    said = managers.server01.succeed(f"test ! -L {FLAG}; cat {FLAG}").splitlines()
    assert (said[0], said[2:]) == ("1", ["reason: tomorrow"])
    managers.types(f"{RESTORE} --limit server01")
    assert "put back in service by " in managers.server01.succeed("journalctl -u keepalived -n 200 -o cat")


def test_a_reason_that_cannot_be_kept_is_refused(managers: Operator) -> None:
    for option, why in (
        ("reason=' '", "the reason must be one line of words"),
        (f"reason={'x' * 201}", "the reason has 201 characters, 200 at most are kept"),
        (
            "until=monday",
            "until=monday is not known: until=reboot (the next boot ends it) or until=restore (the default)",
        ),
    ):
        run = managers.is_refused(f"{DRAIN} --limit server01 --data {option}")
        assert run.line("Nothing was done.").endswith(why)
    managers.server01.succeed(f"test ! -e {FLAG}")


def test_a_drain_that_comes_second_is_taken_back(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server03")
    first = managers.begins(f"{UNCONFIRMED} --limit server01", ASKS)  # not yet confirmed
    managers.types(f"{DRAIN} --limit server02")
    said, _ = first.communicate("\n")
    assert first.returncode != 0
    (words,) = [line for line in said.splitlines() if "its flag was removed" in line]
    assert words.endswith(
        "server01 was not drained, its flag was removed again: "
        "no node would be left to serve 10.10.0.2: server01 is drained, "
        "server02 is drained, server03 is drained"
    )
    managers.server01.succeed(f"test ! -e {FLAG}")
    managers.sees_holder("server01")


def test_a_deploy_leaves_a_drain_that_comes_while_it_hands_over(managers: Operator) -> None:
    managers.writes(managers.changed())
    run = managers.starts(DEPLOY)
    assert run.stdout is not None
    said = ""
    for line in run.stdout:
        said += line
        if "[server01] holds 10.10.0.2: handing over" in line:
            run.send_signal(signal.SIGSTOP)  # it must not have ended before the drain has begun, on a busy machine
            managers.types(f"{DRAIN} --limit server01 --data reason=mine")
            run.send_signal(signal.SIGCONT)
    assert run.wait() == 0, said
    assert "[server01] stays drained: since " in said, said
    assert "reason: mine" in managers.server01.succeed(f"cat {FLAG}")
    managers.sees_holder("server02")


def test_two_operators_at_once_leave_a_node_in_service(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server03")
    names = ("server01", "server02")
    both = [managers.begins(f"{UNCONFIRMED} --limit {name}", ASKS) for name in names]  # each plan has been allowed
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda run: run.communicate("\n")[0], both))
    failed = [run.returncode != 0 for run in both]
    assert any(failed), said
    for text, has_failed, name in zip(said, failed, names, strict=True):
        assert (f"{name} was not drained, its flag was removed again" in text) == has_failed, text
    flags = [managers.hosts[name].execute(f"test -e {FLAG}").returncode == 0 for name in names]
    assert flags == [not has_failed for has_failed in failed]


def edits(managers: Operator, command: str, *names: str) -> None:
    """Somebody changes keepalived.conf on these hosts by hand, and restarts."""
    for name in names:
        managers.hosts[name].succeed(
            f"sed -i '{command}' /etc/keepalived/keepalived.conf; systemctl restart keepalived"
        )
    managers.sees_holder("server01")


def test_a_drain_that_fails_names_the_likely_reason(redeployed: Operator) -> None:
    edits(redeployed, f"s#{FLAG}#/run/elsewhere#", "server01")
    run = redeployed.is_refused(f"{DRAIN} --limit server01")
    assert "Not seen within" in run.text
    assert "Its keepalived looks at /run/elsewhere. Deploy" in run.text


def test_a_drain_moves_the_address_past_a_nopreempt_that_somebody_has_written(redeployed: Operator) -> None:
    edits(redeployed, "s/^    advert_int/    nopreempt\\n&/", "server02", "server03")
    run = redeployed.types(f"{DRAIN} --limit server01")
    run.line("[server01] server02 runs with nopreempt: reloaded it without, until it holds VI_1")
    assert redeployed.holders() == ["server02"]
    redeployed.server02.succeed("grep nopreempt /etc/keepalived/keepalived.conf")


def test_a_dead_node_does_not_keep_another_from_being_drained(managers: Operator) -> None:
    managers.server03.crash()
    run = managers.types(f"{DRAIN} --limit server01")
    assert "10.10.0.2: server01 → server02 in " in run.text
    assert managers.holders() == ["server02"]


def test_a_node_that_dies_in_the_middle_does_not_hold_up_a_drain(managers: Operator) -> None:
    run = managers.begins(f"{UNCONFIRMED} --limit server01", ASKS)  # connected to all three, and planned
    managers.server03.crash()
    said, _ = run.communicate("\n", timeout=60)
    assert run.returncode == 0, said
    assert "10.10.0.2: server01 → server02 in " in said


def test_drain_of_a_dead_node_fails(managers: Operator) -> None:
    managers.server03.crash()
    run = managers.is_refused(f"{DRAIN} --limit server03")
    run.line("[server03] Could not connect")
    run.line("--> pyinfra error: No hosts remaining!")
    assert managers.holders() == ["server01"]


def test_a_drain_that_does_not_take_effect_says_what_was_last_seen(managers: Operator) -> None:
    managers.server01.succeed("pkill -STOP -x keepalived")
    try:
        run = managers.is_refused(f"{DRAIN} --limit server01")
    finally:
        managers.server01.succeed("pkill -CONT -x keepalived")
    run.line("Last seen: still holds 10.10.0.2")
