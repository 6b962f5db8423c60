"""Every check has an id of its own; a healthy cluster has no problem; the worst comes first; a person finds each."""

import re
from pathlib import Path

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import Journal
from keepalived.plan.diagnosis.findings import Evidence, Severity
from keepalived.plan.diagnosis.registry import DIAGNOSES, likely, problems
from tests.unit.cluster_states import (
    ALONE,
    AT_REST,
    DRAINED,
    FIRST,
    ONE,
    SECOND,
    TEXT,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    but,
    node,
    saying,
    state,
)
from tests.unit.told_problems import found

BOTH = ("VI_1", "VI_2")
FILE = f"{ONE}drain: {{check: file}}\n"
SECOND_HOLDS = node(102, VIP)
TROUBLESHOOTING = Path(__file__).parents[4] / "docs/troubleshooting.md"
HEALTHY = {
    "at rest": AT_REST,
    "an operator has drained the holder": state(DRAINED, SECOND_HOLDS, THIRD),
    "an operator has drained a backup": state(FIRST, node(2, drained=True), node(1, drained=True)),
    "a node alone": state(node(101, VIP), text=ALONE),
    "two instances": state(
        node(103, VIP, "10.10.0.9", instances=BOTH), node(102, instances=BOTH), node(101, instances=BOTH), text=TWO
    ),
    "a look at a file": state(
        saying(FIRST, base_priority=103), saying(SECOND, base_priority=102), saying(THIRD, base_priority=101), text=FILE
    ),
    "a node drained by a file": state(
        saying(DRAINED, base_priority=103), saying(SECOND_HOLDS, base_priority=102), THIRD, text=FILE
    ),
    "backups receive the holder's adverts": state(
        FIRST, saying(SECOND, master_priority=103), saying(THIRD, master_priority=103)
    ),
    "a holder remembers its predecessor": state(saying(FIRST, master_priority=102), SECOND, THIRD),
    "nodes complain of one another": state(
        FIRST, but(SECOND, journal=Journal(last_change=None, adverts_from=["10.10.0.3", "10.10.0.5"])), THIRD
    ),
    "nodes complain of one another by other addresses than their own": state(
        but(FIRST, interfaces={"enp0s3": ["10.10.0.3", "10.10.0.2", "fe80::1"], "enp0s8": ["10.20.0.3"]}),
        but(SECOND, journal=Journal(last_change=None, adverts_from=["10.20.0.3", "fe80::1"])),
        THIRD,
    ),
    "the holder is one of two with the highest priority": state(node(102), SECOND_HOLDS, THIRD),
    "a daemon that keeps no copy of its configuration": state(
        but(FIRST, configuration=but(FIRST.configuration, applied=None, running=None)), SECOND, THIRD
    ),
}


@pytest.mark.parametrize("seen", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_cluster_has_no_problem(seen: ClusterState) -> None:
    assert found(seen) == []
    assert problems(Evidence(seen, dict.fromkeys(seen.nodes, f"# a comment\n{TEXT}"))) == []
    assert likely(seen) == []


SICK = state(
    but(FIRST, configuration=but(FIRST.configuration, origin="foreign")),
    but(SECOND_HOLDS, flag_open=True, unit=but(SECOND.unit, enabled=False)),
    UNREAD,
)
WORST_FIRST = [
    (Severity.OUTAGE, None, "two-holders"),
    (Severity.FAULT, "server03", "node-unreadable"),
    (Severity.RISK, "server02", "keepalived-not-enabled"),
    (Severity.RISK, "server02", "flag-world-writable"),
    (Severity.UNTIDY, "server01", "configuration-foreign"),
]


def test_the_worst_comes_first() -> None:
    assert [(problem.severity, problem.node, problem.id) for problem in found(SICK)] == WORST_FIRST


def test_problems_of_the_same_severity_are_told_node_by_node() -> None:
    fault = but(node(102, says="FAULT"), unit=but(SECOND.unit, enabled=False))
    first = but(FIRST, flag_open=True, unit=but(FIRST.unit, enabled=False))
    assert [(problem.node, problem.id) for problem in found(state(first, fault, UNREAD))] == [
        ("server02", "instance-not-ready"),
        ("server03", "node-unreadable"),
        ("server01", "keepalived-not-enabled"),
        ("server01", "flag-world-writable"),
        ("server02", "keepalived-not-enabled"),
    ]


def test_what_is_merely_untidy_is_no_likely_reason() -> None:
    words = [problem.words for problem in found(SICK) if problem.severity is not Severity.UNTIDY]
    reasons = [line for line in likely(SICK) if not line.startswith(" ")]
    assert [reason.startswith(f"{one}. ") for reason, one in zip(reasons, words, strict=True)] == [True] * 4


def test_a_likely_reason_has_its_command_on_a_line_of_its_own() -> None:
    assert likely(state(FIRST, UNREAD, THIRD)) == [
        "server02 cannot be read. Check that it is up:",
        "    ssh server02 true",
    ]


def test_every_diagnosis_has_an_id_of_its_own_in_words() -> None:
    ids = [one.id for one in DIAGNOSES]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)+", id)] == []


def test_troubleshooting_has_a_section_for_every_diagnosis_and_no_other() -> None:
    sections = TROUBLESHOOTING.read_text(encoding="utf-8").split("\n## ")
    named = {
        title.lower(): set(re.findall(r"^### (.+)$", text, re.MULTILINE))
        for title, _, text in (section.partition("\n") for section in sections[1:])
    }
    by_severity = {severity.value: {one.id for one in DIAGNOSES if one.severity is severity} for severity in Severity}
    assert {title: ids for title, ids in named.items() if ids} == by_severity
