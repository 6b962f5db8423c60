"""What a witness saw of one phase, of all that it saw."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from faults.audit import before, window
from keepalived.run.probe.account import Probe

# A probe each millisecond from 10 s to 14 s; those of 11.0 to 12.3 s have no answer.
PROBES = [Probe(10 + n / 1000, None if 1000 <= n < 2300 else 10.0001 + n / 1000) for n in range(4000)]
HOLDERS = [
    (10.0, ("server01",)),
    (11.0, ()),
    (12.3, ("server02",)),
    (13.0, ("server01", "server02")),
    (13.25, ("server01",)),
    (14.0, ("server01",)),
]


def witness() -> Any:
    return SimpleNamespace(probes=PROBES, holders=HOLDERS)


def test_a_phase_in_which_the_holder_fails_has_its_silence_and_its_last_change() -> None:
    found = window(witness(), 10.9, 12.9)
    assert found.lost == 1300
    assert (found.silence, found.none_for, found.two_for) == pytest.approx((1.301, 1.3, 0.0))
    assert found.changed == pytest.approx(1.4)


def test_a_phase_begins_with_the_holder_of_the_one_before() -> None:
    found = window(witness(), 12.9, 14.0)
    assert (found.lost, found.none_for) == (0, 0.0)
    assert found.two_for == pytest.approx(0.25)
    assert found.changed == pytest.approx(0.35)
    assert before(witness(), 12.9) == ("server02",)


def test_a_phase_without_a_change_has_none() -> None:
    found = window(witness(), 13.5, 14.0)
    assert (found.changed, found.two_for, found.none_for) == (None, 0.0, 0.0)
    assert before(witness(), 9.0) == ("server01",)
