"""Three Docker Swarm managers behind the floating address, with a replicated web service on each of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from lab.errors import LabError
from lab.lab import CHECKOUT
from lab.operator import CHECKPOINT, FLAG, REBOOT, RESTORE, SHIPPED, Operator
from tests.lab.conftest import GAP_SECONDS

ELECTION_SECONDS = 10  # in which a new leader is found; meanwhile no manager tells of the others
SWARM = f"{SHIPPED}maintenance: {{swarm: true}}\n"
INSTALL = "apt-get -qq update && apt-get -qq install -y --no-install-recommends docker.io iptables busybox-static"
IMAGE = """
mkdir -p /tmp/image/bin /tmp/image/www && cp /bin/busybox /tmp/image/bin/ && hostname > /tmp/image/www/index.html
tar -C /tmp/image -c . | docker import \
    -c 'CMD ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www"]' - local/http:1
"""
# In the mode `host` each server answers for itself; the other mode, Swarm's mesh, wants IPVS in the kernel.
SERVICE = (
    "docker service create --quiet --name web --replicas 3 --stop-grace-period 1s --no-resolve-image "
    "--publish mode=host,published=80,target=80 local/http:1"
)


@pytest.fixture(scope="module")
def swarm(deployed: Operator) -> Operator:
    """Three managers, and a web server on each of them."""
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda host: host.succeed(f"{INSTALL} && {IMAGE}", 120), deployed.hosts.values()))
    deployed.server01.succeed("docker swarm init --advertise-addr 10.10.0.3")
    token = deployed.server01.succeed("docker swarm join-token --quiet manager").strip()
    for host in (deployed.server02, deployed.server03):
        host.succeed(f"docker swarm join --token {token} 10.10.0.3:2377")
    deployed.server01.succeed(SERVICE)
    deployed.writes(SWARM)
    return deployed


@pytest.fixture
def whole_swarm(swarm: Operator) -> Iterator[Operator]:
    """The same before and after each test."""
    yield swarm
    swarm.writes(SWARM)
    swarm.repairs()
    swarm.sees_holder("server01")
    swarm.everywhere("systemctl start docker")
    for name in swarm.hosts:
        swarm.sees(f"update of {name}", lambda name=name: update(swarm, name, "active"), 0, 60)
    swarm.sees("swarm", lambda: members(swarm), dict.fromkeys(swarm.hosts, ("Ready", "Active")), 60)
    swarm.sees("replicas", lambda: replicas(swarm), "3/3", 60)


def update(operator: Operator, name: str, availability: str) -> int:
    """Exit status of the change of a node's availability."""
    return operator.server01.execute(f"docker node update --availability {availability} {name}").returncode


def listed(operator: Operator) -> list[dict[str, str]]:
    """The nodes of the swarm as any manager lists them; none while none does."""
    for host in operator.hosts.values():
        try:
            done = host.execute("timeout 5 docker node ls --format '{{json .}}'")
        except LabError:
            continue  # it is down
        if done.returncode == 0:
            return [json.loads(line) for line in done.stdout.splitlines()]
    return []


def members(operator: Operator) -> dict[str, tuple[str, str]]:
    """Status and availability of each node."""
    return {one["Hostname"]: (one["Status"], one["Availability"]) for one in listed(operator)}


def leader(operator: Operator) -> str:
    """The manager that leads."""
    return next((one["Hostname"] for one in listed(operator) if one["ManagerStatus"] == "Leader"), "nobody")


def unreachable(operator: Operator) -> list[str]:
    """The managers that the others do not reach."""
    return [one["Hostname"] for one in listed(operator) if one["ManagerStatus"] == "Unreachable"]


def replicas(operator: Operator) -> str:
    """`3/3`: how many tasks of the service run, and should."""
    return operator.server01.execute("docker service ls --format '{{.Replicas}}'").stdout.strip()


@contextmanager
def asking_for_pages(operator: Operator) -> Iterator[dict[str, Any]]:
    """A client that opens ten connections a second; at the end how many requests it made, and which failed."""
    asking = [sys.executable, "-m", "lab.web", "http://10.10.0.2/"]
    client = operator.lab.operator_popen(asking, stdin=subprocess.PIPE, cwd=CHECKOUT)
    seen: dict[str, Any] = {}
    yield seen
    seen |= json.loads(client.communicate()[0])
    print(seen)


@contextmanager
def counting_managers(operator: Operator) -> Iterator[list[tuple[float, int]]]:
    """How many managers were reachable, again and again: when asked, and the number; 0: none of them told."""
    counts: list[tuple[float, int]] = []
    ended = threading.Event()

    def count() -> None:
        while not ended.wait(0.3):
            found = [one for one in listed(operator) if one["ManagerStatus"] in ("Leader", "Reachable")]
            counts.append((time.monotonic(), len(found)))

    watch = threading.Thread(target=count)
    watch.start()
    yield counts
    ended.set()
    watch.join()
    print("managers", Counter(count for _, count in counts), f"none told for {silence(counts):.1f} s")


def silence(counts: list[tuple[float, int]]) -> float:
    """The longest time in seconds from one answer of a manager to the next."""
    told = [when for when, count in counts if count]
    return max(later - earlier for earlier, later in pairwise([counts[0][0], *told, counts[-1][0]]))


def test_three_managers_are_rebooted_and_every_page_is_answered(whole_swarm: Operator) -> None:
    swarm = whole_swarm
    swarm.server01.succeed("docker node update --availability pause server03")
    before, led = swarm.reboots(), leader(swarm)
    with swarm.watching() as seen, asking_for_pages(swarm) as pages, counting_managers(swarm) as managers:
        run = swarm.types(REBOOT)
    order = re.findall(r"\[(server\d+)\] \d+:\d\d rebooting", run.text)
    assert sorted(order) == ["server01", "server02", "server03"]
    assert order[-1] == led
    assert swarm.reboots(before) == dict.fromkeys(swarm.hosts, 1)
    assert seen.lost <= 2  # one a move
    assert seen.longest(0) <= GAP_SECONDS
    assert pages["failed"] == []
    assert pages["longest"] < 1  # not even one lost SYN
    assert pages["asked"] >= 0.9 * 10 * pages["seconds"]
    assert {count for _, count in managers} <= {0, 2, 3}
    assert silence(managers) < ELECTION_SECONDS
    swarm.sees(
        "swarm",
        lambda: members(swarm),
        {"server01": ("Ready", "Active"), "server02": ("Ready", "Active"), "server03": ("Ready", "Pause")},
        60,
    )
    swarm.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")


def test_a_manager_without_which_the_quorum_is_lost_is_not_touched(whole_swarm: Operator) -> None:
    swarm = whole_swarm
    before = swarm.reboots()
    swarm.server03.succeed("systemctl stop docker.socket docker")
    swarm.sees("managers that are not reachable", lambda: unreachable(swarm), ["server03"], 60)
    run = swarm.is_refused(f"{REBOOT} --limit server02")
    assert run.line("Nothing was done.").endswith(
        "managers: the swarm would lose its quorum: without server02 it has 1 of 3 managers (server03 cannot be "
        "reached by the others), and needs 2"
    )
    run = swarm.is_refused(f"{REBOOT} --limit server03")
    run.line("managers: docker on server03 does not tell of its swarm (state unknown). See why on server03:")
    run.line("    systemctl status docker")
    assert swarm.reboots() == before
    # A new leader has heard of nobody yet and calls every other node Unknown for a while.
    swarm.sees("server02", lambda: members(swarm).get("server02"), ("Ready", "Active"), 60)


def test_a_run_killed_while_a_manager_is_away_is_undone_by_restore_and_finished_by_the_next(
    whole_swarm: Operator,
) -> None:
    swarm = whole_swarm
    before = swarm.reboots()
    swarm.kills(f"{REBOOT} --limit server03", "[server03] no task runs here any more")
    assert members(swarm)["server03"][1] == "Drain"
    swarm.types(f"{RESTORE} --limit server03")
    assert members(swarm)["server03"][1] == "Active"
    assert replicas(swarm) == "3/3"

    swarm.kills(f"{REBOOT} --limit server03", "[server03] server03 has booted")
    run = swarm.types(f"{REBOOT} --limit server03")
    run.line("1. server03: put it back in service")
    assert members(swarm)["server03"] == ("Ready", "Active")
    assert replicas(swarm) == "3/3"
    assert swarm.reboots(before)["server03"] == 1
    swarm.everywhere(f"test ! -e {FLAG} -a ! -e {CHECKPOINT}")
