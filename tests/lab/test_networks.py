"""Other networks than the origin's: an interface of the addresses' own, and IPv6."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab.operator import DEPLOY, DRAIN, FLAG, SHIPPED, STATUS, Operator
from lab.places import OPERATOR_INTERFACE

SIX = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}
instances:
  VI_6: {virtual_router_id: 51, virtual_ipaddress: ["fd00:10::2"]}
"""


@pytest.fixture
def two_interfaces(operator: Operator) -> Iterator[Operator]:
    """Hosts that have a second interface, and their floating address on it; the operator logs in by the first one."""
    operator.everywhere(
        "ip link add link enp0s3 name floating type macvlan mode bridge && ip link set floating up && "
        "ip address add 10.10.1.$(hostname | tail -c 2)/24 dev floating"  # without one keepalived stays in FAULT
    )
    operator.writes(SHIPPED.replace("    virtual_router_id", "    interface: floating\n    virtual_router_id"))
    operator.types(DEPLOY)
    operator.sees("holders", lambda: held_on(operator, "floating"), ["server01"])
    yield operator
    operator.everywhere(f"systemctl stop keepalived; ip link del floating; rm -f {FLAG}")


@pytest.fixture
def second_protocol(operator: Operator) -> Iterator[Operator]:
    """The operator's machine has an IPv6 address beside the hosts'."""
    ours = ["fd00:10::1/64", "dev", OPERATOR_INTERFACE]
    operator.lab.operator(["ip", "address", "replace", *ours, "nodad"], check=True)
    yield operator
    operator.lab.operator(["ip", "address", "del", *ours], check=True)
    operator.repairs()


def held_on(operator: Operator, interface: str, address: str = "10.10.0.2") -> list[str]:
    """The hosts with the address on this interface."""
    shown = operator.everywhere(f"ip -o address show dev {interface}")
    return [name for name, said in zip(operator.hosts, shown, strict=True) if f" {address}/" in said]


def test_a_node_in_fault_is_told_and_counts_for_nobody(two_interfaces: Operator) -> None:
    operator = two_interfaces
    operator.types(f"{DRAIN} --limit server03")
    operator.server02.succeed("ip link set floating down")
    run = operator.is_refused(f"{DRAIN} --limit server01")
    assert run.line("Nothing was done.").endswith(
        "managers: no node would be left to serve 10.10.0.2: server01 is to be drained, VI_1 is in state FAULT on "
        "server02, server03 is drained. Restore or repair one first. To drain all the same:"
    )
    run.line("    pyinfra inventory.py tasks/drain.py --limit server01 --data force=true")
    run = operator.is_refused(STATUS)
    assert "FAULT" in run.line("server02  -")
    run.line("VI_1 is in state FAULT on server02")

    operator.server02.succeed("ip link set floating up")
    run = operator.types(f"{DRAIN} --limit server01")
    run.line("10.10.0.2: server01 → server02 in ")
    assert held_on(operator, "floating") == ["server02"]


def test_an_ipv6_address_is_deployed_drained_and_asked_for_by_neighbour_discovery(second_protocol: Operator) -> None:
    operator = second_protocol
    operator.writes(SIX)
    operator.types(DEPLOY)
    operator.sees("holders", lambda: operator.holders("fd00:10::2"), ["server01"])
    run = operator.types(f"{DRAIN} --limit server01")
    run.line("fd00:10::2: server01 → server02 in ")
    assert operator.holders("fd00:10::2") == ["server02"]

    found = json.loads(operator.types(f"{STATUS} --data format=json").stdout)
    (mac,) = operator.server02.succeed("cat /sys/class/net/enp0s3/address").split()
    assert found["clusters"]["managers"]["addresses"]["fd00:10::2"] == {
        "instance": "VI_6",
        "holders": ["server02"],
        "answered_by": [mac],
    }
    operator.afterwards(operator.server03, "ip address del fd00:10::2/128 dev enp0s3")
    operator.server03.succeed("ip address add fd00:10::2/128 dev enp0s3 nodad")  # nobody's daemon knows of it
    run = operator.is_refused(STATUS)
    run.line("server02 and server03 hold fd00:10::2 at the same time.")
    run.line("2 machines on this network answer for fd00:10::2: server02, server03.")
