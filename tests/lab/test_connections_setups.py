"""Established connections live through planned moves with what people run behind an address, and in their clusters."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from lab.operator import ADDRESS, DRAIN, RESTORE, Operator
from lab.places import OPERATOR_INTERFACE
from lab.talking import PORT, Talking
from tests.lab.conftest import on
from tests.lab.keeping import KEEP, SIX, make_keep, make_ready

pytestmark = on("bookworm")

COUNT = 10  # connections to each service
UNICAST = KEEP.replace("virtual_router_id: 51, ", "virtual_router_id: 51, unicast: true, ", 1)
SPREAD = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}
instances:
  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2, 10.10.0.9, 10.10.0.10], active_active: true}
connections: keep
"""
OUTSIDE = "192.0.2.2"
STAYING = f"""\
nodes: {{server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}}
instances:
  VI_1: {{virtual_router_id: 51, virtual_ipaddress: [{ADDRESS}], nopreempt: true}}
  VI_OUT: {{virtual_router_id: 52, virtual_ipaddress: [{OUTSIDE}/24], nopreempt: true}}
connections: keep
"""
INSTALL = (
    "apt-get -qq update && apt-get -qq install -y --no-install-recommends "
    "docker.io iptables busybox-static haproxy nginx libnginx-mod-stream"
)
# Each hands on to the server of lab.talking on its own host; one socket is bound to all addresses, one to the address.
HAPROXY = f"""\
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen everywhere
    bind :::8001 v4v6
    server echo 127.0.0.1:{PORT}
listen address
    bind {ADDRESS}:8002
    server echo 127.0.0.1:{PORT}
"""
NGINX = f"""\
load_module modules/ngx_stream_module.so;
events {{}}
stream {{
    server {{ listen 8003; listen [::]:8003; listen {ADDRESS}:8004; proxy_timeout 1h; proxy_pass 127.0.0.1:{PORT}; }}
}}
"""
SERVICES = f"""\
sysctl -qw net.ipv4.ip_nonlocal_bind=1
cat > /etc/haproxy/haproxy.cfg <<'END'
{HAPROXY}END
cat > /etc/nginx/nginx.conf <<'END'
{NGINX}END
systemctl restart haproxy nginx"""
# A container of this very system: its image is a file that nobody looks at.
CONTAINER = (
    "echo > /tmp/empty && tar -C /tmp -c empty | docker import - local/empty:1 && "
    "docker run --detach --name echo --hostname $(hostname) --publish 8005:7 --volume /usr:/usr:ro "
    "--volume /lib:/lib:ro --volume /lib64:/lib64:ro --volume /root/echo.pl:/echo.pl:ro "
    "local/empty:1 /usr/bin/perl /echo.pl 7"
)
WALL = (
    "table inet wall { chain in { type filter hook input priority 0; ct state invalid drop; "
    "tcp flags & (syn|ack) != syn ct state new drop; }; "
    "chain mangle { type filter hook prerouting priority mangle; ct state invalid drop; "
    "tcp flags & (syn|ack) != syn ct state new drop; }; "
    "chain forward { type filter hook forward priority 0; policy drop; ct status dnat accept; "
    "ct state established accept; }; }"
)
STRICT = "for one in all enp0s3; do echo {} > /proc/sys/net/ipv4/conf/$one/rp_filter; done"
LOOSE = "echo {} > /proc/sys/net/netfilter/nf_conntrack_tcp_loose"
OVERLAY = "ip link add outside type vxlan id 20 group 239.1.1.1 dev {} dstport 4789 && ip link set outside up"


@pytest.fixture(scope="module")
def keeping(operator: Operator) -> Operator:
    """Three managers that keep connections."""
    make_keep(operator)
    return operator


@pytest.fixture
def managers(keeping: Operator) -> Operator:
    """The same, all in service."""
    make_ready(keeping)
    return keeping


@contextmanager
def talking(managers: Operator, *ends: tuple[str, int]) -> Iterator[list[Talking]]:
    """Connections to each of these addresses and ports, all of which live to the end; and no new one fails."""
    talks = [Talking(managers.lab, address, COUNT, port, new_a_second=5) for address, port in ends]
    with ExitStack() as ending:
        for one in talks:
            ending.enter_context(one)
        yield talks
        with ThreadPoolExecutor(len(talks)) as pool:
            list(pool.map(Talking.end, talks))
    told = {end: (one.kept, one.broken, one.failed) for end, one in zip(ends, talks, strict=True)}
    assert told == dict.fromkeys(ends, (COUNT, {}, {}))


def test_haproxy_nginx_and_docker_with_reloads_behind_a_strict_firewall_and_with_unicast(managers: Operator) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(lambda host: host.succeed(f"{INSTALL} && {SERVICES} && {CONTAINER}", 180), managers.hosts.values())
        )
    assert ["policy DROP" in said for said in managers.everywhere("iptables -S FORWARD; iptables -L FORWARD")] == [
        True
    ] * 3
    for host in managers.hosts.values():
        managers.afterwards(host, f"nft delete table inet wall; {STRICT.format(0)}; {LOOSE.format(1)}")
    managers.everywhere(f"nft '{WALL}'; {STRICT.format(1)}; {LOOSE.format(0)}")
    managers.configures(UNICAST)
    ends = [(ADDRESS, port) for port in (PORT, 8001, 8002, 8003, 8004, 8005)]
    with talking(managers, *ends, *((SIX, port) for port in (PORT, 8001, 8003))) as talks:
        managers.types(f"{DRAIN} --limit server01")
        assert managers.holders() == ["server02"]
        managers.everywhere("systemctl reload haproxy nginx")
        managers.types(f"{RESTORE} --limit server01")
        assert managers.holders() == ["server01"]
    assert [one.servers for one in talks] == [{"server01": COUNT}] * len(talks)


def test_one_address_of_several_moves_and_nodes_are_drained_at_once_and_clients_are_behind_a_router(
    managers: Operator,
) -> None:
    managers.configures(SPREAD)
    addresses = ("10.10.0.2", "10.10.0.9", "10.10.0.10")
    managers.sees(
        "holders", lambda: [managers.holders(one) for one in addresses], [["server01"], ["server02"], ["server03"]]
    )
    # To the nodes it comes from the link-layer address of a router, and their answers go there.
    ours = (
        f"ip address replace 10.20.0.1/32 dev lo && ip route replace 10.10.0.9 dev {OPERATOR_INTERFACE} src 10.20.0.1"
    )
    managers.lab.operator(["sh", "-c", ours], check=True)
    managers.everywhere("ip route replace 10.20.0.0/24 via 10.10.0.1")
    with talking(managers, *((address, PORT) for address in addresses)) as talks:
        run = managers.types(f"{DRAIN} --limit server02")
        assert f"server02 still serves {COUNT // 10}" in run.text  # and new ones that are about to end
        assert managers.holders("10.10.0.10") == ["server03"]
        managers.types(f"{RESTORE} --limit server02")
        managers.types(f"{DRAIN} --limit server01 --limit server02")
        assert [managers.holders(one) for one in addresses] == [["server03"]] * 3
        managers.types(RESTORE)
    assert [one.servers for one in talks] == [{"server01": COUNT}, {"server02": COUNT}, {"server03": COUNT}]


def test_two_networks_with_nopreempt(managers: Operator) -> None:
    ours = f"{OVERLAY.format(OPERATOR_INTERFACE)} && ip address add 192.0.2.100/24 dev outside"
    managers.lab.operator(["sh", "-c", ours], check=True)
    managers.everywhere(f"{OVERLAY.format('enp0s3')} && ip address add 192.0.2.1$(hostname | tail -c 2)/24 dev outside")
    managers.configures(STAYING.replace(", nopreempt: true", ""))
    held = lambda: (managers.holders(), managers.holders(OUTSIDE))  # noqa: E731
    managers.sees("holders", held, (["server01"], ["server01"]))
    managers.configures(STAYING)  # by reload: nothing moves
    with talking(managers, (ADDRESS, PORT), (OUTSIDE, PORT)) as earlier:
        managers.types(f"{DRAIN} --limit server01")
        assert held() == (["server02"], ["server02"])
        managers.types(f"{RESTORE} --limit server01")
        with talking(managers, (ADDRESS, PORT), (OUTSIDE, PORT)) as later:
            assert held() == (["server02"], ["server02"])
            managers.types(f"{DRAIN} --limit server02")
            assert held() == (["server01"], ["server01"])
        assert [one.servers for one in later] == [{"server02": COUNT}] * 2
    assert [one.servers for one in earlier] == [{"server01": COUNT}] * 2
