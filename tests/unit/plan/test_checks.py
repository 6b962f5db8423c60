"""Checks count wherever somebody asks who can serve: in the guard, the predicted moves, the waits and the diagnosis."""

from datetime import UTC, datetime

import pytest

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import CheckResult, NodeState
from keepalived.plan.diagnosis.findings import Evidence
from keepalived.plan.diagnosis.registry import problems
from keepalived.plan.election import DRAIN_CHECK, OTHER_CHECKS, contributions, observed
from keepalived.plan.guard import drain_refusal, expected_moves
from keepalived.plan.rollout.outcome import changed
from keepalived.plan.verdicts.verdict import checks_problem, priority_problem
from tests.unit.cluster_states import ONE, VIP, but, node, saying, state

CHECKED = f"{ONE}checks: {{app: {{port: 80}}, web: {{port: 81, weight: 20}}, spare: {{port: 82, weight: -10}}}}\n"
SINCE = datetime(2026, 1, 31, 9, 12, tzinfo=UTC)
PASSES, FAILS = CheckResult(status=0, since=SINCE, words=""), CheckResult(status=7, since=SINCE, words="refused")
# By the cluster file: 3, 2, 1, 10 for `spare`; 100 for the drain, 20 for `web`.


def checked(
    base: int, *holds: str, web: bool = True, app: bool = True, spare: bool = True, drained: bool = False
) -> NodeState:
    """A node with these checks passing or not, and a daemon that counts them."""
    results = {"app": app, "web": web, "spare": spare}
    award = (0 if drained else 100) + (20 if web else 0) - (0 if spare else 10)
    seen = node(base, *holds, drained=drained, says="" if app else "FAULT")
    return but(
        saying(seen, base_priority=base + 10, effective_priority=base + 10 + award),
        checks={name: PASSES if passes else FAILS for name, passes in results.items()},
    )


def cluster(*nodes: NodeState | None) -> ClusterState:
    return state(*nodes, text=CHECKED)


AT_REST = cluster(checked(3, VIP), checked(2), checked(1))


@pytest.mark.parametrize("drained", [False, True])
@pytest.mark.parametrize("web", [False, True])
@pytest.mark.parametrize("spare", [False, True])
def test_one_total_says_what_the_drain_contributes_and_what_the_checks_do(
    web: bool, spare: bool, drained: bool
) -> None:
    one = checked(3, web=web, spare=spare, drained=drained)
    said = (one.instances or {})["VI_1"]
    expected = {DRAIN_CHECK: 0 if drained else 100, OTHER_CHECKS: (20 if web else 0) - (0 if spare else 10)}
    for flag in (False, True):  # whatever the flag says meanwhile
        assert contributions(AT_REST.cluster, "VI_1", said, drained=flag) == expected


def test_a_check_without_weight_takes_a_node_out_and_one_with_weight_lowers_it() -> None:
    election = observed(cluster(checked(3, web=False), checked(2, app=False), checked(1)))
    assert election.winner("VI_1") == "server03"
    assert election.can_take_over("VI_1") == ["server01", "server03"]
    assert election.can_serve("VI_1") == ["server03"]


def test_a_drain_is_refused_when_a_check_fails_on_every_other_node() -> None:
    refused = drain_refusal(cluster(checked(3, VIP), checked(2, app=False), checked(1, web=False)), ["server01"])
    assert refused == (
        "no node would be left to serve 10.10.0.2: server01 is to be drained, VI_1 is in state FAULT on server02: the "
        "check app fails on server02 (exit status 7: refused), the check web fails on server03 (exit status 7: refused)"
    )
    assert drain_refusal(cluster(checked(3, VIP), checked(2, app=False), checked(1)), ["server01"]) is None


def test_the_predicted_moves_count_the_checks() -> None:
    seen = cluster(checked(3, VIP), checked(2, web=False), checked(1))
    assert expected_moves(seen, {"server01": True}) == ["10.10.0.2 goes from server01 to server03"]


@pytest.mark.parametrize("web", [False, True])
@pytest.mark.parametrize("drained", [False, True])
def test_a_wait_for_a_drain_takes_the_checks_as_they_are(web: bool, drained: bool) -> None:
    seen = cluster(checked(3, VIP, web=web, drained=drained), checked(2), checked(1))
    assert priority_problem(seen, "server01", drained=drained) is None
    said = seen.said("server01", "VI_1")
    assert said is not None
    other = said.effective_priority + (100 if drained else -100)
    assert priority_problem(seen, "server01", drained=not drained) == (
        f"VI_1 has priority {said.effective_priority} on server01, not {other}"
    )


def test_a_wait_for_a_restart_ends_when_the_daemon_counts_every_check() -> None:
    one = checked(2)
    assert checks_problem(cluster(checked(3), one, checked(1)), "server02") is None
    not_yet = saying(one, effective_priority=112)
    words = "VI_1 has priority 112 on server02, not 132"
    assert checks_problem(cluster(checked(3), not_yet, checked(1)), "server02") == words
    unrun = but(one, checks={"app": PASSES, "spare": PASSES})
    assert checks_problem(cluster(checked(3), unrun, checked(1)), "server02") == (
        "the check web has not been run yet on server02"
    )


def test_a_rollout_counts_checks_that_pass_or_are_not_known_yet() -> None:
    old = but(checked(2), checks={"spare": FAILS})
    assert changed(cluster(checked(3), old, checked(1)), "server02", "restart").checks == {"VI_1": 10}


def test_status_names_the_check_the_node_since_when_and_its_last_words() -> None:
    found = problems(Evidence(cluster(checked(3, VIP, web=False), checked(2, app=False), checked(1))))
    told = [(one.id, one.node, one.words) for one in found if one.id in ("check-fails", "instance-not-ready")]
    assert told == [
        (
            "check-fails",
            "server01",
            "The check web (port 127.0.0.1:81) fails on server01 since 2026-01-31 09:12:00 UTC: exit status 7: refused",
        ),
        (
            "check-fails",
            "server02",
            "The check app (port 127.0.0.1:80) fails on server02 since 2026-01-31 09:12:00 UTC: exit status 7: refused",
        ),
    ]


def test_an_interface_that_is_down_is_a_failing_check() -> None:
    link = f"{ONE}checks: {{link: {{interface: eth1}}}}\n"
    down = but(checked(2), links_down=["eth1"], checks={})
    found = problems(Evidence(state(None, down, None, text=link)))
    assert "The check link (interface eth1) fails on server02: eth1 is down" in [one.words for one in found]
