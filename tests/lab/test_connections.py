"""Established TCP connections live through planned moves.

With EVERY_SUITE=1 there are 1,000 of them, and 50 new ones a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from lab.debian import NEWER
from lab.operator import ADDRESS, DEPLOY, DRAIN, REBOOT, RESTORE, STATUS, UPGRADE, Operator
from lab.talking import PORT, Talking
from tests.documents import shown
from tests.lab.conftest import on, on_one_of
from tests.lab.keeping import CONNECTIONS, KEEP, SIX, leaves_nothing, make_keep, make_ready, talking

EACH = CONNECTIONS // 2  # of both families
OTHER_ID = KEEP.replace("virtual_router_id: 51", "virtual_router_id: 53")


@pytest.fixture(scope="module")
def keeping(operator: Operator) -> Iterator[Operator]:
    """Three managers that keep connections; after all tests nothing is left on them."""
    make_keep(operator)
    yield operator
    leaves_nothing(operator)


@pytest.fixture
def managers(keeping: Operator) -> Operator:
    """The same, all in service."""
    make_ready(keeping)
    return keeping


@on_one_of("trixie", "bookworm")
def test_connections_live_through_a_drain_and_a_restore(managers: Operator) -> None:
    with talking(managers, EACH, ADDRESS, SIX) as (four, six):
        run = managers.types(f"{DRAIN} --limit server01")
        shown.holds(run.text, f"{DRAIN} --limit server01", "docs/connections.md")
        told = run.line("still serves")
        assert told.startswith(f"[server01] server01 still serves {EACH // 10}")
        assert ADDRESS in told
        assert SIX in told
        assert managers.holders() == ["server02"]
        run = managers.types(STATUS)
        assert run.line("still serves").startswith(f"server01 still serves {EACH // 10}")
        node = json.loads(managers.types(f"{STATUS} --data format=json").stdout)["clusters"]["managers"]["nodes"]
        assert node["server01"]["connections"][ADDRESS]["serves"] >= EACH
        assert node["server02"]["connections"][ADDRESS] == {"serves": None, "passes_on_to": "10.10.0.3"}
        managers.types(f"{RESTORE} --limit server01")
        assert managers.holders() == ["server01"]
    assert (four.servers, six.servers) == ({"server01": EACH}, {"server01": EACH})


@on_one_of("bookworm", "trixie")
def test_connections_live_through_a_deploy_by_restart_and_one_after_which_nodes_drop_each_others_adverts(
    managers: Operator,
) -> None:
    with talking(managers, EACH, ADDRESS, SIX):
        managers.writes(f"{KEEP}advert_int: 0.4\n")
        run = managers.types(f"{DEPLOY} --data probe_port={PORT}")
        for address in (ADDRESS, SIX):
            assert run.line(f"{address} port {PORT}").endswith("60 of 60 established connections kept")
        shown.holds_text(run.text, "docs/connections.md", "10.10.0.2 port 443")
        managers.writes(OTHER_ID)
        managers.types(DEPLOY)
        assert managers.holders() == ["server01"]


@on("bookworm", "trixie")
def test_a_second_deploy_has_nothing_to_change(managers: Operator) -> None:
    managers.types(DEPLOY)
    assert "nothing to change" in managers.types(DEPLOY).text


@on("bookworm")
def test_connections_of_three_nodes_live_through_a_chain_of_moves(managers: Operator) -> None:
    with talking(managers, 30, ADDRESS, SIX):
        managers.types(f"{DRAIN} --limit server01")
        with talking(managers, 30):
            managers.types(f"{DRAIN} --limit server02")
            with talking(managers, 30) as (third,):
                managers.types(f"{RESTORE} --limit server02")
                assert managers.holders() == ["server02"]
                managers.types(f"{RESTORE} --limit server01")
                assert managers.holders() == ["server01"]
            assert third.servers == {"server03": 30}


@on_one_of("bookworm", "trixie")
def test_connections_live_through_an_upgrade_of_keepalived(managers: Operator) -> None:
    managers.everywhere(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > /etc/apt/sources.list.d/newer.list")
    with talking(managers, EACH, ADDRESS, SIX):
        run = managers.types(f"{UPGRADE} --limit server01")
        assert re.findall(r"\[(server\d+)\] \d+:\d\d upgrading", run.text) == ["server01"]
        assert managers.holders() == ["server01"]


@on_one_of("bookworm", "trixie")
def test_all_nodes_are_rebooted_after_those_connections_that_end_in_time(managers: Operator) -> None:
    before = managers.reboots()
    with Talking(managers.lab, ADDRESS, 7) as lasting, Talking(managers.lab, ADDRESS, CONNECTIONS) as ending:
        run = managers.starts(REBOOT)
        managers.sees_holder("server02", seconds=60)
        ending.end()
        typed = managers.ends(run)
        assert typed.status == 0, typed.text
        assert "server01 still serves 7 connections to 10.10.0.2" in typed.line("the reboot cuts them")
    assert managers.reboots(before) == {"server01": 1, "server02": 1, "server03": 1}
    assert (ending.kept, ending.broken, ending.failed) == (CONNECTIONS, {}, {})
    assert sum(lasting.broken.values()) == 7  # they do not end by themselves
    assert lasting.failed == {}
