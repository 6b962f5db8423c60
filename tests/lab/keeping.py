"""Three managers that keep connections through planned moves, and clients that talk to them meanwhile."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from lab.lab import CHECKOUT
from lab.operator import ADDRESS, DEPLOY, Operator
from lab.six import give_six
from lab.talking import Talking, serve

SIX = "fd00:10::2"
KEEP = f"""\
nodes: {{server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}}
instances:
  VI_1: {{virtual_router_id: 51, virtual_ipaddress: [{ADDRESS}]}}
  VI_6: {{virtual_router_id: 51, virtual_ipaddress: ["{SIX}"]}}
connections: keep
maintenance: {{connections_timeout: 4}}
"""
LEFT = """\
nft list tables 2>/dev/null | grep keepalived
ip route show table local proto 212; ip -6 route show table local proto 212
systemctl list-units --all --plain --no-legend 'keepalived-connections*'
cat /proc/sys/net/ipv4/conf/enp0s3/arp_ignore /proc/sys/net/ipv4/conf/enp0s3/arp_announce | grep -v 0
ls -d /run/keepalived-connections 2>/dev/null; true"""
# Waits on the host itself: to enter it for each look costs more than the look.
LEFT_AFTER = """\
look() {{
{look}
}}
until={seconds}
while [ $until -gt 0 ]; do
    if [ ! -d /run/keepalived-connections ]; then left=$(look); [ -n "$left" ] || exit 0; fi
    until=$((until - 1)); sleep 1
done
look"""
VAIN_SECONDS = 75  # what was made ready for a move that did not come
MANY = 1000
CONNECTIONS = MANY if os.environ.get("EVERY_SUITE") else 60
NEW_A_SECOND = 50 if os.environ.get("EVERY_SUITE") else 20


def make_keep(operator: Operator) -> None:
    """Both families of addresses on fresh hosts, a service on each, and the first deploy."""
    give_six(operator.lab)
    operator.writes(KEEP)
    operator.types(DEPLOY)
    for host in operator.hosts.values():
        serve(host)


def make_ready(keeping: Operator) -> None:
    """All in service, whatever the test before has left."""
    keeping.repairs()
    keeping.sees_holder("server01")
    keeping.sees("a service", lambda: keeping.everywhere("ss -Htln sport = 7777 | wc -l"), ["2\n"] * 3)


def leaves_nothing(managers: Operator, seconds: int = VAIN_SECONDS) -> None:
    """Nothing is left on any host of what was done for connections, at the latest after so long."""

    def left(command: str) -> list[str]:
        with ThreadPoolExecutor(len(managers.hosts)) as pool:
            return list(pool.map(lambda host: host.succeed(command, seconds + 30), managers.hosts.values()))

    assert left(LEFT_AFTER.format(seconds=seconds, look=LEFT)) == [""] * len(managers.hosts)


@contextmanager
def talking(managers: Operator, count: int, *addresses: str) -> Iterator[list[Talking]]:
    """Connections to each of the addresses, all of which live to the end; and no new one fails."""
    where = addresses or (ADDRESS,)
    talks = [Talking(managers.lab, address, count, new_a_second=NEW_A_SECOND / len(where)) for address in where]
    with ExitStack() as ending:
        for one in talks:
            ending.enter_context(one)
        yield talks
        with ThreadPoolExecutor(len(talks)) as pool:
            list(pool.map(Talking.end, talks))
    for one in talks:
        assert (one.kept, one.broken, one.failed) == (count, {}, {})


def announcers(managers: Operator, address: str = ADDRESS) -> int:
    """How many machines say on the network that the address is theirs."""
    if ":" not in address:
        command = ["python", "-m", "lab.announcers", address]
        return len(managers.lab.operator(command, cwd=CHECKOUT, check=True, timeout=20).stdout.split())
    asking = ["python", "-m", "keepalived.status.neighbours"]
    answer = managers.lab.operator(asking, input=json.dumps([address]), cwd=CHECKOUT, check=True, timeout=20).stdout
    return len(json.loads(answer)[address].get("macs", ()))
