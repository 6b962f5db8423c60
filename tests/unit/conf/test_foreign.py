"""keepalived.conf as somebody else wrote it: which file in it is our flag, and what is lost when it is replaced."""

import re
import subprocess
from pathlib import Path

import pytest

from keepalived.conf.contents import contents, lost
from keepalived.conf.drain_check import NAME, DrainCheck, drain_check
from keepalived.conf.fingerprint import fingerprint
from keepalived.conf.render import configuration
from keepalived.conf.secrets import WITHOUT_SECRETS, without_secrets
from keepalived.spec.cluster_file import parse

GOLDEN = Path(__file__).parents[1] / "golden"
ORIGINS = (Path(__file__).parents[1] / "origins_own.conf").read_text(encoding="utf-8")
SCRIPTS = (Path(__file__).parents[3] / "keepalived/scripts/node.sh").read_text(encoding="utf-8")
THEIRS = "/tmp/releasevip"  # noqa: S108 - the blog post's
LOAD = 'track_file load {\n    file "/srv/app/load"\n    weight 1\n}\n'
CHECKED = 'track_file chk_releasevip {\n    file "/run/drained"\n    weight -100\n}\n'
OTHERS = """\
global_defs {
    smtp_server 192.0.2.25
}
include /etc/keepalived/conf.d/*.conf
vrrp_script chk_web {
    script "/usr/bin/curl -s http://user:hunter2@localhost/"
}
vrrp_instance VI_A {
    state MASTER
    interface enp0s3
    virtual_router_id 51
    priority 100
    notify_master "/usr/local/bin/up --password hunter2"
    virtual_ipaddress {
        10.10.0.2/24 dev enp0s3
        10.10.0.7
    }
}
virtual_server 10.10.0.9 80 {
    real_server 10.10.0.20 80 {
    }
}
"""
MANAGERS = parse(
    "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n"
    "instances: {VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}}\n",
    "managers",
)
OURS = configuration(MANAGERS, "server01", {"VI_1": "enp0s3"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ORIGINS, DrainCheck("script", THEIRS)),
        (OURS, DrainCheck("script", "/var/lib/keepalived/releasevip")),
        ((GOLDEN / "track_file.server01.conf").read_text(), DrainCheck("file", "/var/lib/keepalived/releasevip")),
        (LOAD, None),
        (LOAD + ORIGINS, DrainCheck("script", THEIRS)),
        (CHECKED, DrainCheck("file", "/run/drained")),
        (CHECKED.replace("-100", "100"), None),
        (OTHERS, None),
    ],
)
def test_a_file_is_our_flag_only_in_our_own_form(text: str, expected: DrainCheck | None) -> None:
    assert drain_check(text) == expected


def test_the_node_finds_the_check_under_the_same_name() -> None:
    assert re.findall(r"\|track_file\) (\w+)\(", SCRIPTS) == [NAME]


def test_all_that_a_foreign_file_has_is_told_but_no_secret() -> None:
    assert lost(contents(OTHERS), OURS) == [
        "smtp_server (global)",
        "include /etc/keepalived/conf.d/*.conf",
        "vrrp_script chk_web",
        "notify_master of VI_A",
        "address 10.10.0.7",
        "virtual_server 10.10.0.9 80",
    ]
    assert "hunter2" not in repr(contents(OTHERS))


def test_a_configuration_is_shown_without_its_passwords() -> None:
    text = "    auth_type PASS\n    auth_pass one two\n"
    assert without_secrets(text) == "    auth_type PASS\n    auth_pass ***\n"
    sed = subprocess.run(["sed", "-E", WITHOUT_SECRETS], input=text, capture_output=True, text=True, check=True)
    assert sed.stdout == without_secrets(text)


def test_a_configuration_is_shown_without_a_digest_of_its_passwords() -> None:
    shown = without_secrets(OURS)
    assert fingerprint(OURS) not in shown
    assert len(shown.splitlines()) == len(OURS.splitlines())
    sed = subprocess.run(["sed", "-E", WITHOUT_SECRETS], input=OURS, capture_output=True, text=True, check=True)
    assert sed.stdout == shown


@pytest.mark.parametrize("text", [OURS, ORIGINS, ORIGINS.replace("VI_1", "VI_HELD")])
def test_nothing_is_lost_of_what_the_cluster_file_says_too(text: str) -> None:
    assert lost(contents(text), OURS) == []
