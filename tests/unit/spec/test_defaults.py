"""all.yml: what holds for every cluster whose file does not say otherwise; its faults are told with its own name."""

from pathlib import Path

import pytest

from keepalived.inventory import groups
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, read_clusters
from tests.unit.cluster_text import cluster

OTHER = cluster(nodes="web01: 10.10.0.13", instance="virtual_router_id: 52, virtual_ipaddress: [10.10.0.22]")


def read(folder: Path, **files: str) -> dict[str, Cluster]:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return read_clusters(folder)


def faults(folder: Path, **files: str) -> list[str]:
    with pytest.raises(ClusterError) as caught:
        read(folder, **files)
    return caught.value.faults


def test_a_key_counts_in_each_file_that_does_not_say_otherwise(tmp_path: Path) -> None:
    defaults = "advert_int: 0.2\ndrain: {weight: 50, check: file}\nstart_after: [a.service, b.service]\n"
    own = cluster("drain: {weight: 60}", "start_after: [c.service]")
    found = read(tmp_path, all=defaults, a=own, b=OTHER)
    assert [(one.advert_int, one.drain.weight, one.drain.check, one.start_after) for one in found.values()] == [
        (0.2, 60, "file", ["c.service"]),
        (0.2, 50, "file", ["a.service", "b.service"]),
    ]


def test_a_key_of_an_instance_counts_for_those_of_its_name(tmp_path: Path) -> None:
    web = cluster(
        nodes="web01: 10.10.0.13, web02: 10.10.0.14",
        instances="web: {virtual_router_id: 52, virtual_ipaddress: [10.10.0.22]}",
    )
    found = read(tmp_path, all="instances: {VI_1: {unicast: true}}", a=cluster(), b=web)
    assert [found["a"].instances["VI_1"].unicast, found["b"].instances["web"].unicast] == [True, False]
    assert list(found["b"].instances) == ["web"]


def test_a_password_is_taken_whole_from_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN", "own")
    monkeypatch.delenv("OTHERS", raising=False)
    every = "instances: {VI_1: {authentication: {auth_type: PASS, auth_pass: {env: OTHERS}}}}\nvrrp_version: 2\n"
    own = cluster(instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.2], "
                  "authentication: {auth_pass: {env: OWN}}")  # fmt: skip
    authentication = read(tmp_path, all=every, a=own)["a"].instances["VI_1"].authentication
    assert authentication
    assert (authentication.auth_type, authentication.auth_pass.get_secret_value()) == ("PASS", "own")


NOT_FOR_ALL = {
    "nodes": (
        "nodes: {web01: 10.10.0.9}",
        ["nodes: a node belongs to one cluster: write it into the file of that cluster"],
    ),
    "a name": ("name: a", ["name: is not a known key (a cluster is called after its file)"]),
    "a router id": (
        "instances: {VI_1: {virtual_router_id: 9}}",
        [
            "instances.VI_1.virtual_router_id: no two instances of a network share it: write it into the file of the "
            "cluster"
        ],
    ),
    "an address": (
        "instances: {VI_1: {virtual_ipaddress: [10.10.0.99]}}",
        ["instances.VI_1.virtual_ipaddress: an address belongs to one instance: write it into the file of the cluster"],
    ),
    "an order of nodes": (
        "instances: {VI_1: {prefer: server02}}",
        [
            "instances.VI_1.prefer: it names nodes of one cluster: write it into the file of that cluster",
        ],
    ),
    "the nodes of an instance": (
        "instances: {VI_1: {nodes: [server01]}}",
        ["instances.VI_1.nodes: it names nodes of one cluster: write it into the file of that cluster"],
    ),
    "an instance that is nowhere": (
        "instances: {VI_9: {unicast: true}}",
        ["instances.VI_9: no cluster file has an instance of this name: take it out"],
    ),
    "instances that are none": ("instances: [a]", ["instances: is not a mapping (key: value)"]),
    "an instance that is none": ("instances: {VI_1: 5}", ["instances.VI_1: is not a mapping (key: value)"]),
    "an unknown key": ("advert_itn: 1", ["advert_itn: is not a known key (did you mean advert_int?)"]),
    "an unknown key below": ("drain: {wieght: 1}", ["drain.wieght: is not a known key (did you mean weight?)"]),
    "a wrong value": ("advert_int: fast", ["advert_int: 'fast' is not a number"]),
    "a wrong entry": ("start_after: [a]", ["start_after[0]: 'a' is not the name of a systemd unit: haproxy.service"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), NOT_FOR_ALL.values(), ids=NOT_FOR_ALL)
def test_a_fault_is_told_once_and_with_the_file_that_has_it(tmp_path: Path, text: str, expected: list[str]) -> None:
    if expected:
        assert faults(tmp_path, all=text, a=cluster(), b=OTHER) == [f"all.yml: {fault}" for fault in expected]
    else:
        assert list(read(tmp_path, all=text, a=cluster(), b=OTHER)) == ["a", "b"]


def test_what_does_not_fit_one_cluster_is_told_with_that_cluster(tmp_path: Path) -> None:
    many = cluster(nodes=", ".join(f"server{number:02}: 10.10.0.{number + 30}" for number in range(1, 12)))
    assert faults(tmp_path, all="drain: {weight: 10}", a=many, b=OTHER) == [
        "all.yml: drain.weight: 10 does not lift server11 (1) above a drained server01 (11): use 11 to 243 (in a.yml)"
    ]


def test_a_fault_of_the_clusters_own_file_keeps_its_name(tmp_path: Path) -> None:
    assert faults(tmp_path, all="drain: {weight: 50}", a=cluster("drain: {interval: 0}")) == [
        "a.yml: drain.interval: 0 is not in 1..3600"
    ]


def test_all_yml_alone_is_no_cluster(tmp_path: Path) -> None:
    assert faults(tmp_path, all="advert_int: 0.2") == [
        f"{tmp_path}: holds no cluster: write one into {tmp_path}/managers.yml (see docs/cluster-file.md)"
    ]


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, all="a: [", a=cluster())
    assert fault.startswith("all.yml: line 1: ")


BUILT = {
    "nodes": {"web01": "10.10.0.13", "web02": "10.10.0.14"},
    "instances": {"VI_1": {"virtual_router_id": 52, "virtual_ipaddress": ["10.10.0.22"]}},
}


def test_built_clusters_are_checked_with_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("advert_int: 0.2")
    (tmp_path / "a.yml").write_text(cluster())
    found = groups(tmp_path, {"web": BUILT})
    assert {name: [host for host, _ in hosts] for name, hosts in found.items()} == {
        "a": ["server01", "server02"],
        "web": ["web01", "web02"],
    }
    assert found["web"][0][1]["cluster"].advert_int == 0.2
    assert "name" not in BUILT


WRONG = {
    "a name that a file has": ("a", BUILT, "a: there is a file of this name"),
    "no name of a group": ("my web", BUILT, "my web: cannot name a pyinfra group: use letters, digits, _ and -, not "
                           "'all' or 'inventory'"),
    "an unknown key": ("web", {**BUILT, "colour": 1}, "web: colour: is not a known key"),
    "no nodes": ("web", {"instances": BUILT["instances"]}, "web: nodes: is missing"),
    "a node of another": (
        "web", {**BUILT, "nodes": {"server01": "10.10.0.13", "web02": "10.10.0.14"}},
        "web: nodes.server01: is already in a.yml: a node belongs to one cluster: put the instances of both into one "
        "file, each with its nodes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "fault"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_built_cluster_is_told_with_its_name(
    tmp_path: Path, name: str, data: dict[str, object], fault: str
) -> None:
    (tmp_path / "a.yml").write_text(cluster())
    with pytest.raises(ClusterError) as caught:
        read_clusters(tmp_path, {name: data})
    assert caught.value.faults == [fault]
