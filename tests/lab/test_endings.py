"""How a run ends that does not come to its end: by a signal, by what is typed at the question, by nobody there."""

from __future__ import annotations

import signal

import pytest

from lab.operator import ASKS, DEPLOY, DRAIN, FLAG, RESTORE, Operator

ASKED = DRAIN.removesuffix(" -y") + " --limit server01"
UNTOUCHED = ["no\n"] * 3


def flags(managers: Operator) -> list[str]:
    return managers.everywhere(f"test -e {FLAG} && echo yes || echo no")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_deploy_that_is_interrupted_when_it_has_handed_over(managers: Operator, number: int, status: int) -> None:
    managers.writes(managers.changed())
    run = managers.ends(managers.begins(DEPLOY, "server01 → server02"), number)
    assert run.status == status
    assert "Ended by " in run.line("Nothing more is begun; what was under way may be half done. The nodes now:")
    for name in managers.hosts:
        assert "priority" in run.line(f"    {name}: ")
    assert "The next deploy puts it back in service" in run.line("ended where it was. The node is still drained.")
    assert "What clients saw" in run.text
    managers.sees("a holder", lambda: len(managers.holders()), 1)
    again = managers.is_refused(DEPLOY)
    assert "by a deploy of root@" in again.line("may be under way")
    managers.types(f"{DEPLOY} --data resume=true")
    assert flags(managers) == UNTOUCHED
    managers.sees_holder("server01")


def test_two_deploys_at_the_same_time_do_not_undo_each_other(managers: Operator) -> None:
    managers.writes(managers.changed())
    with managers.watching() as seen:
        first = managers.begins(DEPLOY, "server01 → server02")
        first.send_signal(signal.SIGSTOP)  # in the middle of its hand-over
        second = managers.is_refused(DEPLOY)
        assert "[server01]" in managers.ends(first, signal.SIGCONT).line("server02 → server01 in")
    assert "may be under way. Wait for its end" in second.line("server01 was drained")
    assert first.returncode == 0
    assert seen.lost <= 2
    assert flags(managers) == UNTOUCHED
    managers.sees_holder("server01")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_at_the_question(managers: Operator, number: int, status: int) -> None:
    run = managers.ends(managers.begins(ASKED, ASKS), number)
    assert run.status == status
    assert "Nothing was done" in run.line("Ended by ")
    assert flags(managers) == UNTOUCHED


@pytest.mark.parametrize(
    ("answer", "words"), [("no\n", "Nothing was done."), ("", "nobody answered. To run it unasked, add -y")]
)
def test_anything_but_enter_is_no_success(managers: Operator, answer: str, words: str) -> None:
    run = managers.attempts(ASKED, answer=answer)
    assert run.status == 1
    assert words in run.text
    assert "Traceback" not in run.text
    assert flags(managers) == UNTOUCHED


def test_a_plan_that_was_asked_for_is_a_success(managers: Operator) -> None:
    assert "server01" in managers.types(f"{ASKED} --dry").text
    assert flags(managers) == UNTOUCHED


@pytest.mark.parametrize("option", ["--no-wait", "--serial"])
@pytest.mark.parametrize("command", [DEPLOY, DRAIN, RESTORE])
def test_options_that_void_the_order_between_nodes(managers: Operator, command: str, option: str) -> None:
    run = managers.is_refused(f"{command} {option}")
    assert "Nothing was done." in run.line(f"{option} would change nodes before another one has taken over")
    assert flags(managers) == UNTOUCHED
