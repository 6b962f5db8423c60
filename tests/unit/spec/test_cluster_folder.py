"""The clusters of a folder are read together: they share neither nodes nor addresses nor router ids of one network."""

from pathlib import Path

import pytest

from keepalived.spec import rules
from keepalived.spec.cluster_file import ClusterError, read_clusters
from tests.unit.cluster_text import cluster

ONE_FILE = ": put the instances of both into one file, each with its nodes"
WEB = "virtual_router_id: 52, virtual_ipaddress: [10.10.0.22]"


def on(interface: str | None, number: int = 0) -> str:
    """A cluster of its own whose instance is on `interface`."""
    where = f", interface: {interface}" if interface else ""
    return cluster(
        nodes=f"web{number}: 10.10.0.1{number}",
        instance=f"virtual_router_id: 51, virtual_ipaddress: [10.10.0.2{number}]{where}",
    )


def on_node(interface: str, number: int = 0) -> str:
    """The same, where the node says the interface."""
    return on(None, number).replace(
        f"web{number}: 10.10.0.1{number}", f"web{number}: {{address: 10.10.0.1{number}, interface: {interface}}}"
    )


# {file: its text}, then the faults
BETWEEN_FILES = [
    ({"a.yml": cluster(), "b.yml": cluster(nodes="web01: 10.10.0.13", instance=WEB)}, []),
    (
        {"a.yml": cluster(), "b.yml": cluster(nodes="server01: 10.10.0.13", instance=WEB)},
        [f"b.yml: nodes.server01: is already in a.yml: a node belongs to one cluster{ONE_FILE}"],
    ),
    (  # one fault, not two, for a node that was copied with its address
        {"a.yml": cluster(), "b.yml": cluster(nodes="server01: 10.10.0.3", instance=WEB)},
        [f"b.yml: nodes.server01: is already in a.yml: a node belongs to one cluster{ONE_FILE}"],
    ),
    (
        {"a.yml": cluster(), "b.yml": cluster(nodes="web01: 10.10.0.3", instance=WEB)},
        ["b.yml: nodes.web01: 10.10.0.3 is server01's own address"],
    ),
    (
        {"a.yml": cluster(), "b.yml": cluster(nodes="web01: 10.10.0.2", instance=WEB)},
        ["b.yml: nodes.web01: 10.10.0.2 is a floating address of a.yml"],
    ),
    (
        {
            "a.yml": cluster(),
            "b.yml": cluster(
                nodes="web01: 10.10.0.13",
                instance="virtual_router_id: 52, virtual_ipaddress: [10.10.0.2, 10.10.0.4/24]",
            ),
        },
        [
            "b.yml: instances.VI_1.virtual_ipaddress: 10.10.0.2 is a floating address of a.yml",
            "b.yml: instances.VI_1.virtual_ipaddress: 10.10.0.4 is server02's own address",
        ],
    ),
    (
        {
            "a.yml": cluster(),
            "b.yml": cluster(
                nodes="web01: 10.10.0.13", instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.22]"
            ),
        },
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    (
        {
            "a.yml": cluster(nodes="server01: 'fd00:0:0:1::3'"),
            "b.yml": cluster(
                nodes="web01: 'fd00:0:0:1:f::13'", instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.22]"
            ),
        },
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    (
        {"a.yml": on("enp0s3"), "b.yml": on("enp0s3", number=1)},
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    (
        {"a.yml": on("enp0s3"), "b.yml": on(None, number=1)},
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    ({"a.yml": on("enp0s3"), "b.yml": on("enp0s8", number=1)}, []),
    # what the nodes say of the interface counts before what the instance says
    (
        {"a.yml": on_node("enp0s3"), "b.yml": on_node("enp0s3", number=1)},
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    ({"a.yml": on_node("enp0s3"), "b.yml": on_node("enp0s8", number=1)}, []),
    ({"a.yml": on("enp0s3"), "b.yml": on_node("enp0s8", number=1)}, []),
    (
        {"a.yml": on("enp0s3"), "b.yml": on_node("enp0s3", number=1)},
        ["b.yml: instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network"],
    ),
    # a found interface is the one whose network the addresses are in
    ({"a.yml": on(None), "b.yml": on(None, number=1).replace("[10.10.0.", "[192.0.2.")}, []),
    ({"a.yml": on("enp0s3"), "b.yml": on(None, number=1).replace("[10.10.0.", "[192.0.2.")}, []),
    # nodes that take no part in an instance count for nothing
    (
        {
            "a.yml": cluster(
                nodes="server01: 10.10.0.3, server02: 10.10.1.4",
                instances="VI_1: {virtual_router_id: 50, virtual_ipaddress: [10.10.0.2], nodes: [server01]}, "
                "VI_2: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.9], nodes: [server02]}",
            ),
            "b.yml": on(None, number=1),
        },
        [],
    ),
    (  # in the order of the file
        {"a.yml": cluster(), "b.yml": cluster(nodes="server02: 10.10.0.14, server01: 10.10.0.13", instance=WEB)},
        [
            f"b.yml: nodes.server02: is already in a.yml: a node belongs to one cluster{ONE_FILE}",
            f"b.yml: nodes.server01: is already in a.yml: a node belongs to one cluster{ONE_FILE}",
        ],
    ),
    # the same number on another network, or for the other family
    (
        {
            "a.yml": cluster(),
            "b.yml": cluster(
                nodes="web01: 10.10.1.13", instance="virtual_router_id: 51, virtual_ipaddress: [10.10.1.22]"
            ),
        },
        [],
    ),
    (
        {
            "a.yml": cluster(nodes="server01: 'fd00:0:0:1::3'"),
            "b.yml": cluster(
                nodes="web01: 'fd00:0:0:2::3'", instance="virtual_router_id: 51, virtual_ipaddress: [10.10.0.22]"
            ),
        },
        [],
    ),
    (
        {
            "a.yml": cluster(),
            "b.yml": cluster(
                nodes="web01: 10.10.0.13", instance="virtual_router_id: 51, virtual_ipaddress: ['fd00::22']"
            ),
        },
        [],
    ),
    # every fault of every file
    (
        {"b.yml": cluster("colour: red"), "a.yml": "", "c.yaml": cluster()},
        [
            "a.yml: is empty: it needs nodes: and instances:",
            "b.yml: colour: is not a known key",
            "c.yaml: call it c.yml",
        ],
    ),
    *(
        (
            {f"{name}.yml": cluster()},
            [
                f"{name}.yml: '{name}' cannot name a pyinfra group: use letters, digits, _ and -, not 'all' or"
                " 'inventory'"
            ],
        )
        for name in ["inventory", "1st", "_web", "my web", "wéb"]
    ),
    ({"web-1_b.yml": cluster(), "all.py": "ssh_user = 'root'"}, []),
    (  # each part is told once, with the first file that has it
        {f"{name}.yml": cluster() for name in "abc"},
        [
            f"{name}.yml: {fault}"
            for name in "bc"
            for fault in (
                f"nodes.server01: is already in a.yml: a node belongs to one cluster{ONE_FILE}",
                f"nodes.server02: is already in a.yml: a node belongs to one cluster{ONE_FILE}",
                "instances.VI_1.virtual_ipaddress: 10.10.0.2 is a floating address of a.yml",
                "instances.VI_1.virtual_router_id: 51 is used by a.yml on the same network",
            )
        ],
    ),
]


@pytest.mark.parametrize(("files", "faults"), BETWEEN_FILES)
def test_clusters_share_nothing(tmp_path: Path, files: dict[str, str], faults: list[str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    if faults:
        with pytest.raises(ClusterError) as caught:
            read_clusters(tmp_path)
        assert caught.value.faults == faults
    else:
        assert list(read_clusters(tmp_path)) == [Path(name).stem for name in sorted(files) if name.endswith(".yml")]


def test_a_folder_without_clusters_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        read_clusters(tmp_path)
    assert caught.value.faults == [
        f"{tmp_path}: holds no cluster: write one into {tmp_path}/managers.yml (see docs/cluster-file.md)"
    ]


def test_a_file_that_cannot_be_read_is_a_fault_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.yml").mkdir()
    (tmp_path / "b.yml").write_bytes(b"nodes: \xff")
    with pytest.raises(ClusterError) as caught:
        read_clusters(tmp_path)
    folder, bytes_ = caught.value.faults
    assert folder.startswith("a.yml: cannot be read: [Errno 21] Is a directory")
    assert bytes_.startswith("b.yml: cannot be read: 'utf-8' codec can't decode byte 0xff")


def test_a_hundred_files_are_no_more_work_a_file_than_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each instance is compared with those of its own network alone, and each network is worked out once."""
    for number in range(100):
        (tmp_path / f"c{number}.yml").write_text(
            cluster(
                nodes=f"a{number}: 10.{number}.0.3, b{number}: 10.{number}.0.4",
                instance=f"virtual_router_id: 51, virtual_ipaddress: [10.{number}.0.2]",
            )
        )
    asked = []

    def counting(name: str) -> None:
        real = getattr(rules, name)

        def counted(*given: object, **named: object) -> object:
            asked.append(name)
            return real(*given, **named)

        monkeypatch.setattr(rules, name, counted)

    counting("_meet")
    counting("_places")
    assert len(read_clusters(tmp_path)) == 100
    assert (asked.count("_meet"), asked.count("_places")) == (0, 100)
