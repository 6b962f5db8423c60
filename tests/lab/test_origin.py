"""The session of the origin, "un clúster de 3 nodos con failover voluntario", command by command with its values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.operator import DEPLOY, NODE, Operator

ORIGIN = Path(__file__).parents[1] / "unit/golden/origin.yml"
SECONDS = 5 + 4 + 10  # the interval of the check, three adverts and the skew, and a busy machine


@pytest.fixture(scope="module")
def origin(operator: Operator) -> Operator:
    operator.writes(ORIGIN.read_text())
    operator.types(DEPLOY)
    return operator


def priorities(origin: Operator) -> list[int]:
    """The effective priorities of server01, 02, 03, as the daemons announce them."""
    run = origin.types(f"{NODE} --json")
    nodes = json.loads(run.stdout)["keepalived.facts.Node"]
    return [nodes[name]["instances"]["VI_1"]["effective_priority"] for name in sorted(nodes)]


def test_the_session_of_the_origin(origin: Operator) -> None:
    def floating(host: str) -> str:
        return origin.hosts[host].execute("ip a | grep 10.10.0.2/32").stdout.strip()

    # With all in service server01 holds the address, on 103 points against 102 and 101.
    origin.sees_holder("server01", seconds=SECONDS)
    assert floating("server01") == "inet 10.10.0.2/32 scope global enp0s3"
    assert priorities(origin) == [103, 102, 101]

    # touch on server01: 3 against 102 and 101.
    origin.server01.succeed("touch /tmp/releasevip")
    origin.sees_holder("server02", seconds=SECONDS)
    assert priorities(origin) == [3, 102, 101]

    # touch on server02: 101 against 3 and 2.
    origin.server02.succeed("touch /tmp/releasevip")
    origin.sees_holder("server03", seconds=SECONDS)
    assert priorities(origin) == [3, 2, 101]

    # The warning: the last one with the flag gives it to server01, which has the flag too (3 against 2 and 1).
    origin.server03.succeed("touch /tmp/releasevip")
    origin.sees_holder("server01", seconds=SECONDS)
    assert priorities(origin) == [3, 2, 1]
    origin.server03.succeed("rm /tmp/releasevip")
    origin.sees_holder("server03", seconds=SECONDS)

    # rm on server02: 102 against 3 and 101.
    origin.server02.succeed("rm /tmp/releasevip")
    origin.sees_holder("server02", seconds=SECONDS)
    assert priorities(origin) == [3, 102, 101]

    # rm on server01: as in the beginning.
    origin.server01.succeed("rm /tmp/releasevip")
    origin.sees_holder("server01", seconds=SECONDS)
    assert priorities(origin) == [103, 102, 101]
