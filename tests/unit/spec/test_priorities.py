"""Every undrained node is above every drained one, whoever is drained; what would break that is refused."""

import random
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import read_clusters
from keepalived.spec.drain import Drain
from keepalived.spec.instance import Instance
from keepalived.spec.node import NodeSettings
from keepalived.spec.rules import faults_of

REPOSITORY = Path(__file__).parents[3]


def cluster(
    size: int, *, step: int = 1, weight: int = 100, check: str = "script", pinned: dict[int, int] | None = None
) -> Cluster:
    """A cluster of `size` nodes; `pinned` has the priorities of some of them by their place, 0 the first."""
    pins = pinned or {}
    return Cluster.model_construct(
        name="managers",
        nodes={
            f"n{place}": NodeSettings.model_construct(address=IPv4Address(0x0A0A0100 + place), priority=pins.get(place))
            for place in range(size)
        },
        instances={"VI_1": Instance.model_validate({"virtual_router_id": 51, "virtual_ipaddress": ["10.10.0.2"]})},
        vrrp_version=3,
        advert_int=None,
        priority_step=step,
        drain=Drain(check=check, weight=weight),
    )


def announced(cluster: Cluster) -> list[tuple[int, int]]:
    """What each node announces: in service, drained."""
    return [
        (
            cluster.effective_priority("VI_1", node, drained=False),
            cluster.effective_priority("VI_1", node, drained=True),
        )
        for node in cluster.nodes
    ]


def invariant_holds(priorities: list[tuple[int, int]]) -> bool:
    """Over all combinations of drained nodes: bit i of `drained` is node i."""
    size = len(priorities)
    if not all(1 <= priority <= 254 for pair in priorities for priority in pair):
        return False
    for drained in range(1 << size):
        now = [priorities[node][drained >> node & 1] for node in range(size)]
        if len(set(now)) < size:
            return False
        out = [priority for node, priority in enumerate(now) if drained >> node & 1]
        if (
            out
            and len(out) < size
            and max(out) >= min(priority for node, priority in enumerate(now) if not drained >> node & 1)
        ):
            return False
    return True


@pytest.mark.parametrize("check", ["script", "file"])
@pytest.mark.parametrize("size", range(1, 17))
def test_a_drained_node_is_never_above_an_undrained_one(size: int, check: str) -> None:
    assert invariant_holds(announced(cluster(size, check=check)))


SOUND = [
    cluster(12, step=9),
    cluster(10, step=10, weight=154),
    cluster(3, step=33),
    cluster(16, weight=16),
    cluster(6, pinned={0: 100, 5: 90}),
    cluster(6, pinned={0: 1, 5: 100}),  # the last in the file has the highest priority
    cluster(1, weight=253),
    cluster(1, pinned={0: 154}),
    cluster(5, check="file", step=7, weight=50, pinned={2: 47}),
]


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: f"{len(sound.nodes)}-{sound.drain.weight}")
def test_steps_and_pinned_priorities_that_are_accepted_keep_the_order(sound: Cluster) -> None:
    assert not list(faults_of(sound))
    assert invariant_holds(announced(sound))


def test_exactly_what_breaks_the_order_is_refused() -> None:
    """Clusters thrown at random, so that about half of them are unsound: the rules say what trying says."""
    chance = random.Random(51)  # noqa: S311
    seen = {True: 0, False: 0}
    for _ in range(3000):
        size = chance.randint(1, 6)
        thrown = cluster(
            size,
            step=chance.choice([1, 1, 2, 5, 20, 60]),
            weight=chance.choice([1, 2, 5, 10, 50, 100, 150, 253]),
            check=chance.choice(["script", "file"]),
            pinned={
                place: chance.randint(1, chance.choice([8, 254])) for place in range(size) if chance.random() < 0.3
            },
        )
        holds = invariant_holds(announced(thrown))
        assert (not list(faults_of(thrown))) == holds, announced(thrown)
        seen[holds] += 1
    assert min(seen.values()) > 500  # else nothing has been tried


@pytest.mark.parametrize("step", [1, 10])
def test_priorities_follow_the_list(step: int) -> None:
    priorities = [drained for _, drained in announced(cluster(4, step=step))]
    assert priorities == [4 * step, 3 * step, 2 * step, step]


def test_a_pinned_priority_moves_no_other_node() -> None:
    assert announced(cluster(3, pinned={1: 50})) == [(103, 3), (150, 50), (101, 1)]


def test_the_shipped_cluster_has_the_origins_priorities() -> None:
    managers = read_clusters(REPOSITORY / "group_data")["managers"]
    assert announced(managers) == [(103, 3), (102, 2), (101, 1)]


@pytest.mark.parametrize(("check", "base"), [("script", [3, 2, 1]), ("file", [103, 102, 101])])
def test_a_script_awards_and_a_file_takes_away(check: str, base: list[int]) -> None:
    found = cluster(3, check=check)
    assert [found.base_priority("VI_1", node) for node in found.nodes] == base
    assert announced(found) == [(103, 3), (102, 2), (101, 1)]
