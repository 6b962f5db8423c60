"""Five nodes in one cluster, and two clusters side by side in one run: deploys and reboots."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lab.operator import DEPLOY, DRAIN, REBOOT, RESTORE, Operator
from tests import titles
from tests.lab.conftest import GAP_SECONDS, TOGETHER_SECONDS

FIVE = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5, server04: 10.10.0.6, server05: 10.10.0.7}
priority_step: 10
instances:
  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
"""
MANAGERS = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}
instances:
  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
"""
WORKERS = """\
nodes: {server05: 10.10.0.7, server04: 10.10.0.6}
instances:
  VI_1: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}
"""


@pytest.fixture(scope="module")
def nodes() -> int:
    return 5


@pytest.fixture
def five(operator: Operator) -> Iterator[Operator]:
    """Five hosts on which no keepalived runs, to begin with."""
    yield operator
    (operator.project / "group_data/workers.yml").unlink(missing_ok=True)
    operator.repairs()
    operator.everywhere("systemctl stop keepalived")


def turns(text: str) -> list[set[str]]:
    """The hosts that were changed in each turn of a deploy."""
    return [
        {line.split("]")[0].strip(" [") for line in turn.splitlines() if line.rstrip().endswith("] Success")}
        for turn in text.split(titles.started(titles.CHANGE))[1:]
    ]


def test_five_nodes_are_changed_one_by_one_and_the_holder_last(five: Operator) -> None:
    operator = five
    operator.writes(FIVE)
    run = operator.types(DEPLOY)
    assert turns(run.text) == [{"server01"}, {"server02", "server03", "server04", "server05"}]
    assert operator.holders() == ["server01"]

    operator.types(f"{DRAIN} --limit server02 --limit server03")
    operator.writes(FIVE + "advert_int: 0.4\n")
    with operator.watching() as seen:
        run = operator.types(DEPLOY)
    assert turns(run.text) == [{"server05"}, {"server04"}, {"server03"}, {"server02"}, {"server01"}]
    assert seen.route == ["server01", "server04", "server01"]
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 2

    operator.writes(FIVE.replace("51", "77"))
    with operator.watching() as seen:
        run = operator.types(DEPLOY)
    assert turns(run.text) == [{"server04"}, {"server01", "server02", "server03", "server05"}]
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.longest(2) <= TOGETHER_SECONDS
    assert seen.lost <= 2


def rebooted(text: str) -> list[set[str]]:
    """The hosts that were rebooted in each turn of a run."""
    return [
        set(re.findall(r"\[(server\d+)\] \d+:\d\d rebooting", turn))
        for turn in text.split(titles.started(titles.REBOOT))[1:]
    ]


def test_five_nodes_are_rebooted_one_by_one(five: Operator) -> None:
    operator = five
    operator.writes(FIVE)
    operator.types(DEPLOY)
    before = operator.reboots()
    with operator.watching() as seen:
        run = operator.types(REBOOT)
    assert rebooted(run.text) == [{"server05"}, {"server04"}, {"server03"}, {"server02"}, {"server01"}]
    assert operator.reboots(before) == dict.fromkeys(operator.hosts, 1)
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 2


def test_a_new_first_node_takes_the_address_over_as_the_plan_said(five: Operator) -> None:
    operator = five
    four = FIVE.replace(", server05: 10.10.0.7", "")
    operator.writes(four)
    operator.types(DEPLOY)
    operator.writes(FIVE.replace("{server01", "{server05: 10.10.0.7, server01").replace(", server05: 10.10.0.7}", "}"))
    with operator.watching() as seen:
        run = operator.types(DEPLOY)
    run.line("2. server05: start keepalived")  # 1.: the comments in the others' files name their peers
    run.line("afterwards 10.10.0.2 (VI_1) is on server05")
    assert operator.holders() == ["server05"]
    assert seen.longest(0) <= GAP_SECONDS
    assert seen.lost <= 2

    # Taken out of the file while it runs and holds: the plan sees that somebody else speaks.
    operator.writes(four + "advert_int: 0.45\n")
    run = operator.is_refused(DEPLOY)
    run.line("receives adverts of a holder: a machine that is not in managers.yml")
    assert operator.holders() == ["server05"]
    operator.server05.succeed("touch /var/lib/keepalived/releasevip")
    operator.sees_holder("server01")


def test_nodes_that_join_at_once_and_higher_priorities_move_nothing(five: Operator) -> None:
    two = FIVE.replace("priority_step: 10\n", "").replace(", server05: 10.10.0.7", "")
    five.writes(two.replace(", server03: 10.10.0.5, server04: 10.10.0.6", ""))
    five.types(DEPLOY)
    five.sees_holder("server01")
    with five.watching() as seen:
        for cluster in (two, f"{two}priority_step: 10\n", f"{two}drain: {{weight: 120}}\non_change: reload\n"):
            five.writes(cluster)
            five.types(DEPLOY)
    assert seen.route == ["server01"]
    assert seen.lost == 0


def test_two_clusters_are_changed_side_by_side(five: Operator) -> None:
    operator = five
    operator.writes(MANAGERS)
    (operator.project / "group_data/workers.yml").write_text(WORKERS)
    operator.types(DEPLOY)
    operator.sees_holder("server01")
    assert operator.holders("10.10.0.9") == ["server05"]

    operator.writes(MANAGERS + "advert_int: 0.4\n")
    (operator.project / "group_data/workers.yml").write_text(WORKERS + "advert_int: 0.4\n")
    with operator.watching() as managers, operator.watching("10.10.0.9") as workers:
        run = operator.types(DEPLOY)
    assert turns(run.text) == [{"server03", "server04"}, {"server02", "server05"}, {"server01"}]
    assert managers.route == ["server01", "server02", "server01"]
    assert workers.route == ["server05", "server04", "server05"]
    for seen in (managers, workers):
        assert seen.longest(0) <= GAP_SECONDS
        assert seen.lost <= 2
    run.line("    10.10.0.9: ")

    before = operator.reboots()
    with operator.watching() as managers, operator.watching("10.10.0.9") as workers:
        run = operator.types(REBOOT)
    assert rebooted(run.text) == [{"server03", "server04"}, {"server02", "server05"}, {"server01"}]
    assert operator.reboots(before) == dict.fromkeys(operator.hosts, 1)
    assert managers.route == ["server01", "server02", "server01"]
    assert workers.route == ["server05", "server04", "server05"]
    for seen in (managers, workers):
        assert seen.longest(0) <= GAP_SECONDS
        assert seen.lost <= 2

    drained = operator.types(f"{DRAIN} --limit workers --limit server01 --exclude server04")
    assert "10.10.0.2: server01 → server02" in drained.text
    assert "10.10.0.9: server05 → server04" in drained.text
    operator.types(RESTORE)
    assert (operator.holders(), operator.holders("10.10.0.9")) == (["server01"], ["server05"])
