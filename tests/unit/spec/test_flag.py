"""A flag says who drained a node, why and until when; what it does not say is unknown, and a reason cannot lie."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from keepalived.spec.flag import LONGEST, Flag, RunKind, carried_over, content, fault_of, is_drained

WHOLE = """\
1
by: alice@notebook
reason: kernel upgrade
until: reboot
"""
SINCE = datetime(2026, 1, 31, 10, 11, 12, tzinfo=UTC)


def flag(text: str | None, **rest: Any) -> Flag:
    return Flag(path="/run/flag", present=True, content=text, **rest)


CONTENTS: list[tuple[dict[str, Any], str]] = [
    ({}, "1\n"),
    ({"by": "alice@notebook"}, "1\nby: alice@notebook\n"),
    ({"reason": "kernel upgrade"}, "1\nreason: kernel upgrade\n"),
    ({"by": "", "reason": ""}, "1\n"),
    ({"by": "alice@notebook", "reason": "kernel upgrade", "until_reboot": True}, WHOLE),
]


@pytest.mark.parametrize(("said", "text"), CONTENTS)
def test_an_operators_flag_says_what_is_known(said: dict[str, Any], text: str) -> None:
    assert content(**said) == text


SAID = list(product([None, "alice@notebook"], [None, "kernel upgrade: 6.1 → 6.12"], [False, True]))


@pytest.mark.parametrize(("by", "reason", "until_reboot"), SAID)
def test_what_an_operators_flag_says_is_read_again(by: str | None, reason: str | None, until_reboot: bool) -> None:
    found = flag(content(by, reason, until_reboot=until_reboot))
    assert (found.by, found.reason, found.until_reboot, found.run) == (by, reason, until_reboot, None)
    assert is_drained("script", found)
    assert is_drained("file", found)


BY_HAND = [
    # content, by, reason, until the next boot
    (None, None, None, False),
    ("", None, None, False),
    ("1\n", None, None, False),
    ("by: alice", "alice", None, False),
    (" by: alice\n1by: alice\n", None, None, False),
    ("1\nby:\nreason: \n", None, None, False),
    ("1\nby:  \nreason: x \n", None, "x", False),
    ("1\r\nby: alice\r\nuntil: reboot\r\n", "alice", None, True),
    ("1\nby: alice\nby: bob\n", "alice", None, False),
    ("1\nuntil: tomorrow\n", None, None, False),
    ("1\nuntil: reboot, or later\n", None, None, False),
    ("1\nReason: x\nwhy: y\n", None, None, False),
]


@pytest.mark.parametrize(("text", "by", "reason", "until_reboot"), BY_HAND)
def test_what_a_flag_made_by_hand_does_not_say_is_unknown(
    text: str | None, by: str | None, reason: str | None, until_reboot: bool
) -> None:
    found = flag(text)
    assert (found.by, found.reason, found.until_reboot) == (by, reason, until_reboot)


RUNS: list[tuple[str | None, RunKind | None]] = [
    (content(run="deploy"), "deploy"),
    (content("alice@notebook", "kernel upgrade", run="reboot"), "reboot"),
    ("1\nby: alice\nrun: upgrade\n", "upgrade"),
    ("run: deploy", "deploy"),
    ("1\nrun: deploy later\n", None),
    ("1\n run: deploy\n", None),
    ("1\nrun: away\n", None),
    ("1\n", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "run"), RUNS)
def test_a_runs_flag_is_told_by_a_line_of_its_own(text: str | None, run: RunKind | None) -> None:
    assert flag(text).run == run
    assert Flag(path="/run/flag", present=False, content=text).run is None


def test_a_deploys_flag_drains_however_it_is_looked_at() -> None:
    assert [is_drained(check, flag(content(run="deploy"))) for check in ("script", "file")] == [True, True]


def test_a_flag_that_is_not_there_drains_nothing_whatever_it_said() -> None:
    gone = Flag(path="/run/flag", present=False, content=WHOLE)
    assert [is_drained(check, gone) for check in ("script", "file")] == [False, False]


LOOKS_LIKE_MORE = ["run: deploy", "by: bob", "until: reboot", "reason: another", "0", "-1", "reboot"]


@pytest.mark.parametrize("reason", LOOKS_LIKE_MORE)
def test_a_reason_is_never_taken_for_anything_else(reason: str) -> None:
    assert fault_of(reason) is None
    found = flag(content("alice", reason))
    assert (found.by, found.reason, found.until_reboot, found.run) == ("alice", reason, False, None)
    assert is_drained("file", found)


FAULTS = [
    ("kernel upgrade", None),
    ("Überholung № 5 → 6", None),
    ("x" * LONGEST, None),
    ("x" * (LONGEST + 1), "has 201 characters, 200 at most are kept"),
    ("", "must be one line of words"),
    ("  ", "must be one line of words"),
    ("one\ntwo", "must be one line of words"),
    ("one\r", "must be one line of words"),
    ("one\ttwo", "must be one line of words"),
    ("one\u2028run: deploy", "must be one line of words"),
    ("one\x85run: deploy", "must be one line of words"),
    ("\x1b[31mred", "must be one line of words"),
    ("\x00", "must be one line of words"),
]


@pytest.mark.parametrize(("words", "fault"), FAULTS)
def test_a_reason_is_one_line_of_words(words: str, fault: str | None) -> None:
    assert fault_of(words) == fault


WORDS: list[tuple[str | None, datetime | None, str]] = [
    (WHOLE, SINCE, "since 2026-01-31 10:11:12 UTC by alice@notebook (kernel upgrade), until its next boot"),
    (WHOLE, None, "by alice@notebook (kernel upgrade), until its next boot"),
    ("1\nby: alice@notebook\n", SINCE, "since 2026-01-31 10:11:12 UTC by alice@notebook (no reason given)"),
    ("1\nreason: kernel upgrade\n", SINCE, "since 2026-01-31 10:11:12 UTC by hand (kernel upgrade)"),
    ("", SINCE, "since 2026-01-31 10:11:12 UTC by hand (reason unknown)"),
    (None, None, "by hand (reason unknown)"),
    (content(run="deploy"), SINCE, "since 2026-01-31 10:11:12 UTC by a deploy that is under way or did not end"),
    (content(run="deploy"), None, "by a deploy that is under way or did not end"),
    (content(run="upgrade"), None, "by an upgrade that is under way or did not end"),
    (
        content("alice@notebook", "new kernel", run="reboot"),
        SINCE,
        "since 2026-01-31 10:11:12 UTC by alice@notebook's reboot that is under way or did not end (new kernel)",
    ),
]


@pytest.mark.parametrize(("text", "since", "words"), WORDS)
def test_a_flag_in_words(text: str | None, since: datetime | None, words: str) -> None:
    assert flag(text, since=since).words == words


CARRIED = [
    # what an old flag says, what the new one must say
    (None, "1\n"),
    ("", "1\n"),
    ("1\n", "1\n"),
    ("1", "1\n"),
    ("3\n", "1\n"),  # three times the weight may be FAULT rather than a lower priority
    ("0\n", "1\n"),
    ("-1\n", "1\n"),
    ("3 disks are broken\n", "1\n"),
    ("root:$y$j9T$hash:19000:0:99999:7:::\nby: alice\n", "1\nby: alice\n"),  # everybody may read the new one
    ("by: alice\n", "1\nby: alice\n"),
    (WHOLE, WHOLE),
    (content(run="deploy", id="a1b2"), content(run="deploy", id="a1b2")),
]


@pytest.mark.parametrize(("old", "new"), CARRIED)
def test_a_flag_that_is_carried_over_drains_however_it_is_looked_at(old: str | None, new: str) -> None:
    before, after = flag(old), flag(carried_over(flag(old)))
    assert after.content == new
    assert is_drained("script", after)
    assert is_drained("file", after)
    assert carried_over(after) == new
    assert (after.by, after.reason, after.until_reboot, after.run) == (
        before.by,
        before.reason,
        before.until_reboot,
        before.run,
    )
