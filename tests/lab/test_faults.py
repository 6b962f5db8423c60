"""What faults/ does to the network of a lab is what it says, and it is gone afterwards."""

from __future__ import annotations

import re

import pytest

from faults.bad_cable import Options
from faults.switch import bad_cable, split, stranger
from lab.operator import Operator
from lab.places import OPERATOR_ADDRESS

ICMP = 1
OPERATOR = OPERATOR_ADDRESS.partition("/")[0]


@pytest.fixture(scope="module")
def nodes() -> int:
    """Two hosts are enough."""
    return 2


def rtt(operator: Operator, address: str = OPERATOR) -> float | None:
    """Milliseconds until server01 has an answer; None: there was none within a second."""
    done = operator.server01.execute(f"ping -c 1 -W 1 {address}")
    found = re.search(r"time=([\d.]+) ms", done.stdout)
    return float(found.group(1)) if found else None


def reached(operator: Operator, address: str = OPERATOR) -> bool:
    return rtt(operator, address) is not None


def test_a_bad_cable_delays_loses_and_drops(operator: Operator) -> None:
    assert reached(operator)
    with bad_cable(operator.lab, operator.server01, Options(delay=0.1, jitter=0.05)):
        assert 200 <= (rtt(operator) or 0) < 500
        assert operator.lab.operator(["ssh", "server01", "echo by TCP"]).stdout == "by TCP\n"  # checksums are whole
    with bad_cable(operator.lab, operator.server01, Options(loss=1.0)):
        assert not reached(operator)
    for options in (Options(drops_there=(ICMP,)), Options(drops_back=(ICMP,))):
        with bad_cable(operator.lab, operator.server01, options):
            assert not reached(operator)
            assert operator.lab.operator(["ssh", "server01", "true"]).returncode == 0  # nothing else is dropped
    assert (rtt(operator) or 100) < 100


def test_a_split_parts_hosts_from_the_operator_and_not_from_each_other(operator: Operator) -> None:
    with split(operator.lab, [operator.server01, operator.server02]):
        assert not reached(operator)
        operator.server01.succeed("ping -c 1 -W 1 10.10.0.4")
    assert reached(operator)


def test_a_stranger_is_in_the_network_and_gone_afterwards(operator: Operator) -> None:
    with stranger(operator.lab) as namespace:
        assert reached(operator, "10.10.0.200")
        assert namespace in operator.lab.places.namespaces()  # so it goes with the lab in any case
    assert not reached(operator, "10.10.0.200")
    assert namespace not in operator.lab.places.namespaces()
