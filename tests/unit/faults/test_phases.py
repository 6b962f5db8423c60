"""What was expected held against what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from faults.phases import Phase, Seen, differences, words

ADDRESS = "10.10.0.2"
ALLOWED = {ADDRESS: [("server02",)]}


def seen(**changes: Any) -> Seen:
    """A phase in which all is as expected, but for the changes."""
    told: dict[str, Any] = {
        "done": "cut",
        "expected": "",
        "began": 0.0,
        "holders": {ADDRESS: ["server02"]},
        "answered": {ADDRESS: ["server02"]},
        "settled": 1.4,
        "named": ["node-unreadable"],
        "lost": 1300,
        "silence": 1.3,
    }
    return Seen(**told | changes)


def differs(phase: Phase, found: Seen, known: set[str] | None = None) -> list[str]:
    return differences(phase, found, known or set(), ["node-unreadable"])


LASTING = Phase("cut", ALLOWED, silence=3.0)
HEALED = Phase("plugged in", ALLOWED, silence=3.0, lasts=False)


def test_what_is_as_expected_differs_in_nothing() -> None:
    assert differs(LASTING, seen()) == []
    assert differs(HEALED, seen(named=[])) == []
    assert differs(HEALED, seen(named=["different-versions"]), {"different-versions"}) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"holders": {ADDRESS: []}}, "cut: 10.10.0.2 is held by nobody"),
        ({"holders": {ADDRESS: ["server01", "server02"]}}, "cut: 10.10.0.2 is held by server01 and server02"),
        ({"answered": {ADDRESS: []}}, "cut: nobody answers for 10.10.0.2"),
        ({"answered": {ADDRESS: ["52:54:00:00:00:99", "server02"]}}, "cut: 52:54:00:00:00:99 and server02 answers"),
        ({"settled": None}, "cut: it did not settle"),
        ({"settled": 7.0}, "cut: it settled in 7.0 s, not in 5 s"),
        ({"silence": 3.1}, "cut: 1300 lost, silence of 3.10 s"),
        ({"named": []}, "cut: status does not name node-unreadable: nothing is wrong"),
        ({"named": ["two-holders"]}, "cut: status does not name node-unreadable: two-holders"),
    ],
)
def test_each_thing_that_is_otherwise_is_told(changes: dict[str, Any], told: str) -> None:
    (found,) = differs(LASTING, seen(**changes))
    assert found.startswith(told)


def test_a_healthy_cluster_of_which_status_tells_something_is_told() -> None:
    assert differs(HEALED, seen()) == ["plugged in: status tells node-unreadable of a healthy cluster"]


def test_clients_that_may_lose_nothing_may_lose_a_packet_a_move() -> None:
    quiet = Phase("drained", ALLOWED)
    assert differs(quiet, seen(lost=2, silence=0.5)) == []
    assert differs(quiet, seen(lost=90, silence=0.09)) == []
    assert differs(quiet, seen(lost=200, silence=0.2)) == ["drained: 200 lost, silence of 0.20 s"]


def test_where_nobody_can_ask_the_holder_its_answer_is_not_missed() -> None:
    assert differs(Phase("cut", ALLOWED, silence=None, unreached=True), seen(answered={ADDRESS: []})) == []


def test_several_sets_of_holders_may_be_right() -> None:
    either = Phase("healed", {ADDRESS: [("server01",), ("server02",)]}, silence=3.0)
    assert differs(either, seen()) == []
    assert words(either) == "one holder; silence of 3.0 s at most"
    assert words(LASTING) == "server02; silence of 3.0 s at most"
    assert words(Phase("cut", {ADDRESS: [()]}, silence=None)) == "no holder; no answer meanwhile"
    assert words(Phase("split", {ADDRESS: [("server01", "server02")]})) == "server01 and server02; nothing lost"
