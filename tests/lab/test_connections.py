"""Established TCP connections live through planned moves, and nothing is left of what made that so."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from lab.debian import NEWER
from lab.operator import ADDRESS, DEPLOY, DRAIN, REBOOT, REMOVE, RESTORE, SHIPPED, STATUS, UPGRADE, Operator
from lab.six import give_six
from lab.talking import PORT, Talking, serve
from tests.lab.conftest import on, on_one_of

SIX = "fd00:10::2"
KEEP = f"""\
nodes: {{server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}}
instances:
  VI_1: {{virtual_router_id: 51, virtual_ipaddress: [{ADDRESS}]}}
  VI_6: {{virtual_router_id: 51, virtual_ipaddress: ["{SIX}"]}}
connections: keep
maintenance: {{connections_timeout: 2}}
"""
LEFT = """\
nft list tables 2>/dev/null | grep keepalived
ip route show table local proto 212; ip -6 route show table local proto 212
systemctl list-units --all --plain --no-legend 'keepalived-connections*'
cat /proc/sys/net/ipv4/conf/enp0s3/arp_ignore /proc/sys/net/ipv4/conf/enp0s3/arp_announce | grep -v 0
ls -d /run/keepalived-connections 2>/dev/null; true"""
GONE_SECONDS = 30  # 10 s until a node that serves no more is forgotten, and the looks until that is seen
VAIN_SECONDS = 75  # what was made ready for a move that did not come


@pytest.fixture(scope="module")
def keeping(operator: Operator) -> Operator:
    """Three managers that keep connections, a service on each, and both families of addresses."""
    give_six(operator.lab)
    operator.writes(KEEP)
    operator.types(DEPLOY)
    for host in operator.hosts.values():
        serve(host)
    return operator


@pytest.fixture
def managers(keeping: Operator) -> Iterator[Operator]:
    """The same, all in service before the test and after it."""
    keeping.sees("a service", lambda: keeping.everywhere("ss -Htln sport = 7777 | wc -l"), ["2\n"] * 3)
    keeping.writes(KEEP)
    yield keeping
    keeping.writes(KEEP)
    keeping.repairs()
    keeping.sees_holder("server01")


def leaves_nothing(managers: Operator, seconds: float = GONE_SECONDS) -> None:
    managers.sees("what is left", lambda: managers.everywhere(LEFT), ["", "", ""], seconds, pause_seconds=1)


@contextmanager
def talking(managers: Operator, count: int, *addresses: str) -> Iterator[list[Talking]]:
    """Connections to each of the addresses, all of which live to the end; and no new one fails."""
    talks = [Talking(managers.lab, address, count) for address in addresses or (ADDRESS,)]
    with ExitStack() as ending:
        for one in talks:
            ending.enter_context(one)
        yield talks
        with ThreadPoolExecutor(len(talks)) as pool:
            list(pool.map(Talking.end, talks))
    for one in talks:
        assert (one.kept, one.broken, one.failed) == (count, {}, {})


@on("bookworm", "trixie")
def test_a_second_deploy_has_nothing_to_change(managers: Operator) -> None:
    managers.types(DEPLOY)
    assert "nothing to change" in managers.types(DEPLOY).text


@on("bookworm", "trixie")
def test_connections_live_through_a_drain_and_a_restore(managers: Operator) -> None:
    with talking(managers, 120, ADDRESS, SIX) as (four, six):
        run = managers.types(f"{DRAIN} --limit server01")
        run.line("  established connections go on where they began")
        told = run.line("still serves")
        assert told.startswith("[server01] server01 still serves 12")
        assert ADDRESS in told
        assert SIX in told
        assert managers.holders() == ["server02"]
        run = managers.types(STATUS)
        assert run.line("still serves").startswith("server01 still serves 12")
        node = json.loads(managers.types(f"{STATUS} --data format=json").stdout)["clusters"]["managers"]["nodes"]
        assert node["server01"]["connections"][ADDRESS]["serves"] >= 120
        assert node["server02"]["connections"][ADDRESS] == {"serves": None, "passes_on_to": "10.10.0.3"}
        managers.types(f"{RESTORE} --limit server01")
        assert managers.holders() == ["server01"]
    assert (four.servers, six.servers) == ({"server01": 120}, {"server01": 120})
    leaves_nothing(managers)


@on_one_of("bookworm", "trixie")
def test_connections_live_through_a_deploy_that_hands_over_and_takes_back(managers: Operator) -> None:
    with talking(managers, 120, ADDRESS, SIX):
        managers.writes(f"{KEEP}advert_int: 0.4\n")
        run = managers.types(f"{DEPLOY} --data probe_port={PORT}")
        for address in (ADDRESS, SIX):
            assert run.line(f"{address} port {PORT}").endswith("60 of 60 established connections kept")


@on("bookworm")
def test_connections_live_through_a_deploy_after_which_nodes_drop_each_others_adverts(managers: Operator) -> None:
    with talking(managers, 60, ADDRESS, SIX):
        managers.writes(KEEP.replace("virtual_router_id: 51", "virtual_router_id: 53"))
        managers.types(DEPLOY)
        assert managers.holders() == ["server01"]
        managers.writes(KEEP)
        managers.types(DEPLOY)
    leaves_nothing(managers)


@on("bookworm")
def test_connections_of_three_nodes_live_through_a_chain_of_moves(managers: Operator) -> None:
    with talking(managers, 30):
        managers.types(f"{DRAIN} --limit server01")
        with talking(managers, 30):
            managers.types(f"{DRAIN} --limit server02")
            with talking(managers, 30) as (third,):
                managers.types(f"{RESTORE} --limit server02")
                assert managers.holders() == ["server02"]
                managers.types(f"{RESTORE} --limit server01")
                assert managers.holders() == ["server01"]
            assert third.servers == {"server03": 30}
    leaves_nothing(managers)


@on("bookworm")
def test_the_end_of_connections_is_waited_for(managers: Operator) -> None:
    with talking(managers, 5):
        run = managers.is_refused(f"{DRAIN} --limit server01 --data wait=2")
        run.line("server01 is drained, but not within 2 s have its connections ended: server01 still serves")
    run = managers.types(f"{DRAIN} --limit server01 --data wait=30")
    assert "still serves" not in run.text


@on("bookworm")
def test_firewalls_that_drop_what_conntrack_does_not_know_do_not_matter(managers: Operator) -> None:
    rules = (
        "table inet wall { chain in { type filter hook input priority 0; ct state invalid drop; "
        "tcp flags & (syn|ack) != syn ct state new drop; }; "
        "chain mangle { type filter hook prerouting priority mangle; ct state invalid drop; "
        "tcp flags & (syn|ack) != syn ct state new drop; }; "
        "chain forward { type filter hook forward priority 0; policy drop; }; }"
    )
    strict = "for one in all enp0s3; do echo {0} > /proc/sys/net/ipv4/conf/$one/rp_filter; done"
    for host in managers.hosts.values():
        managers.afterwards(host, f"nft delete table inet wall; {strict.format(0)}")
    managers.everywhere(f"nft '{rules}'; {strict.format(1)}; echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose")
    with talking(managers, 50):
        managers.types(f"{DRAIN} --limit server01")
        managers.types(f"{RESTORE} --limit server01")


@on("bookworm")
def test_an_operator_who_is_killed_at_any_step_breaks_no_connection_and_leaves_nothing(managers: Operator) -> None:
    with talking(managers, 20):
        for tenths in range(12, 40, 4):
            for command in (f"{DRAIN} --limit server01", f"{RESTORE} --limit server01"):
                run = managers.starts(command)
                time.sleep(tenths / 10)
                run.send_signal(signal.SIGKILL)
                run.communicate()
                managers.sees("one holder", lambda: len(managers.holders()), 1)
        managers.types(f"{RESTORE} --limit server01")
    leaves_nothing(managers, VAIN_SECONDS)


@on("bookworm")
def test_a_reboot_waits_and_tells_how_many_it_cuts(managers: Operator) -> None:
    with Talking(managers.lab, ADDRESS, 7) as clients:
        run = managers.types(f"{REBOOT} --limit server01")
        assert "connections to 10.10.0.2: the reboot cuts them" in run.line("cuts them")
    assert clients.kept == 0
    assert clients.failed == {}


@on("bookworm")
def test_all_nodes_are_rebooted_and_no_new_connection_fails(managers: Operator) -> None:
    before = managers.reboots()
    with Talking(managers.lab, ADDRESS, 7) as clients:
        run = managers.types(REBOOT, timeout=400)
        assert "server01 still serves" in run.line("the reboot cuts them")
    assert managers.reboots(before) == {"server01": 1, "server02": 1, "server03": 1}
    assert sum(clients.broken.values()) == 7  # they do not end by themselves
    assert clients.failed == {}


@on("bookworm")
def test_connections_live_through_an_upgrade_of_keepalived(managers: Operator) -> None:
    managers.everywhere(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > /etc/apt/sources.list.d/newer.list")
    with talking(managers, 60, ADDRESS, SIX):
        run = managers.types(UPGRADE, timeout=400)
    assert re.findall(r"\[(server\d+)\] \d+:\d\d upgrading", run.text) == ["server03", "server02", "server01"]
    leaves_nothing(managers)


@on("bookworm")
def test_where_it_cannot_be_the_plan_says_so_and_the_address_moves_as_ever(managers: Operator) -> None:
    leaves_nothing(managers, VAIN_SECONDS)
    for host in (managers.server02, managers.server03):
        managers.afterwards(host, "mv /usr/sbin/nft.away /usr/sbin/nft")
        host.succeed("mv /usr/sbin/nft /usr/sbin/nft.away")
    run = managers.types(f"{DRAIN} --limit server01 --data probe_port={PORT}")
    run.line("  established connections end: on server02 nft is not installed; on server03 nft is not installed")
    assert "the first one broke at" in run.line(f"{ADDRESS} port {PORT}")
    assert managers.holders() == ["server02"]
    assert managers.everywhere(LEFT) == ["", "", ""]


@on("bookworm")
def test_a_removed_node_has_nothing_left(managers: Operator) -> None:
    with Talking(managers.lab, ADDRESS, 7):
        run = managers.types(f"{REMOVE} --limit server01")
        assert "the removal cuts them" in run.line("cuts them")
        assert managers.server01.succeed(LEFT) == ""
    managers.types(DEPLOY)


@on("bookworm")
def test_a_run_that_watches_no_connection_says_so(managers: Operator) -> None:
    managers.writes(SHIPPED)
    managers.types(f"{DRAIN} --limit server01").line("Established connections were not looked at")
