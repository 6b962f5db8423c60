"""The faults: enough of them, each told in words, and named by diagnoses that exist."""

from __future__ import annotations

from faults.cases.registry import CASES
from faults.variants import PLAINEST, every
from keepalived.plan.diagnosis.registry import DIAGNOSES


def test_there_are_many_of_them_and_most_can_be_done_to_the_plainest_cluster() -> None:
    assert len(CASES) >= 60
    assert sum(case.applies(PLAINEST) for case in CASES.values()) >= 40
    assert all(any(case.applies(variant) for variant in every()) for case in CASES.values())


def test_each_is_told_in_a_sentence_of_its_own() -> None:
    told = [case.words for case in CASES.values()]
    assert len(set(told)) == len(told)
    assert all(words.endswith(".") for words in told)


def test_each_is_named_by_a_diagnosis_or_says_why_not() -> None:
    ids = {one.id for one in DIAGNOSES}
    assert {name: case.named for name, case in CASES.items() if not set(case.named) <= ids} == {}
    assert [name for name, case in CASES.items() if bool(case.named) == bool(case.why_unnamed)] == []
