"""The small facts say what they have seen, and null where they have seen nothing they know."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import FactValueError

from keepalived.facts import READ_FLAG, Drained, Holds, Node, node_arguments
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_text import cluster

DRAINED = [
    ("script", ["absent"], False),
    ("script", ["present"], True),
    ("file", ["absent"], False),
    ("file", ["present"], False),
    ("file", ["present", "1"], True),
    ("file", ["present", "", "1"], True),
    ("file", ["present", "0"], False),
    ("script", [], None),
    ("script", [""], None),
    ("file", ["sudo: a password is required"], None),
]


@pytest.mark.parametrize(("check", "output", "drained"), DRAINED)
def test_drained_is_told_by_the_flag_or_unknown(check: str, output: list[str], drained: bool | None) -> None:
    fact = Drained()
    fact.command(flag="/run/flag", check=check)
    assert fact.process(output) is drained


PRECIOUS = "root:$y$j9T$hash:19000:0:99999:7:::\n"


def said(command: str) -> list[str]:
    """What a shell answers, at once: nobody is waited for."""
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=5).stdout.split()


@pytest.mark.parametrize(
    ("precious", "answer", "drains"), [(PRECIOUS, [], False), ("1\nsecret\n", ["1"], True), ("0\nsecret\n", [], False)]
)
def test_of_a_flag_that_is_a_link_no_more_is_told_than_whether_it_drains(
    tmp_path: Path, precious: str, answer: list[str], drains: bool
) -> None:
    flag = tmp_path / "a flag"
    (tmp_path / "shadow").write_text(precious)
    flag.symlink_to(tmp_path / "shadow")
    assert said(f"{READ_FLAG}read_flag '{flag}'")[1:] == answer
    assert said(f"{READ_FLAG}read_kept '{flag}'") == []
    fact = Drained()
    found = said(fact.command(flag=str(flag), check="file").get_raw_value())
    assert found == ["present", *answer]
    assert fact.process(found) is drains


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_nothing_is_read_of_a_flag_that_is_no_file(tmp_path: Path, make: Any) -> None:
    flag = tmp_path / "flag"
    make(flag)
    assert len(said(f"{READ_FLAG}read_flag {flag}")) == 1
    link = tmp_path / "link"
    link.symlink_to(flag)
    assert len(said(f"{READ_FLAG}read_flag {link}")) == 1
    assert said(Drained().command(flag=str(flag), check="script").get_raw_value()) == ["present"]


def test_of_a_flag_the_beginning_is_read(tmp_path: Path) -> None:
    (tmp_path / "flag").write_text("1\nby: alice\n" + "x" * 9000)
    assert said(f"{READ_FLAG}read_flag {tmp_path}/flag")[1:] == ["1", "by:", "alice", "x" * (4096 - 12)]


def test_the_report_reads_nothing_otherwise_where_another_user_may_own_the_folder() -> None:
    told = Node().command(**ASKED).get_raw_value()
    for name in ("flag", "checkpoint", "runs_with", "dump"):
        assert not re.search(rf'(head|cat|stat|grep|sed)[^;|\n]* "\${name}"', told), name


LO = "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever"
VIP = "2: enp0s3    inet 10.10.0.2/32 scope global enp0s3\\       valid_lft forever preferred_lft forever"
VIP6 = "2: enp0s3    inet6 fd00::2/64 scope global nodad \\       valid_lft forever preferred_lft forever"
HOLDS = [
    ([LO, VIP, VIP6], ["10.10.0.2", "fd00::2"]),
    ([LO, VIP6], ["fd00::2"]),
    ([LO, VIP.replace("0.2/", "0.20/")], []),
    ([], None),
    (["ip: command not found"], None),
]


@pytest.mark.parametrize(("output", "holds"), HOLDS)
def test_holds_is_what_the_kernel_has_or_unknown(output: list[str], holds: list[str] | None) -> None:
    fact = Holds()
    fact.command(addresses=["10.10.0.2", "fd00::2"])
    assert fact.process(output) == holds


ASKED = {"flag": "/run/flag", "check": "script", "addresses": ["10.10.0.2"]}


def asked_of(**arguments: Any) -> list[str]:
    """What the node's shell is told beside the report's text."""
    return [word.strip() for word in Node().command(**arguments).get_raw_value().splitlines()[0].split(";")]


def test_a_node_is_asked_for_what_the_cluster_file_has_beside_keepalived() -> None:
    of = parse(cluster("host: {sysctls: {net.ipv4.ip_forward: 1}, packages: [haproxy], firewall: nftables}"), "m")
    words = asked_of(**node_arguments(of))
    assert {
        "sysctls=net/ipv4/ip_forward",
        "packages='keepalived haproxy'",
        "networkd=",
        "firewall_name=nftables",
    } <= set(words)


def test_by_its_arguments_alone_a_node_is_asked_for_nothing_beside_keepalived() -> None:
    words = asked_of(**ASKED)
    assert {"sysctls=''", "packages=''", "networkd=", "firewall_name="} <= set(words)
    words = asked_of(**ASKED, beside={"packages": ["haproxy"]})
    assert "packages=haproxy" in words


@pytest.mark.parametrize("beside", ["haproxy", {"package": ["haproxy"]}, {"packages": "haproxy"}])
def test_what_is_asked_for_otherwise_is_refused_in_words(beside: object) -> None:
    with pytest.raises(FactValueError, match=r"^beside.*known are sysctls, packages, networkd, firewall"):
        Node().command(**ASKED, beside=beside)
