"""A cluster that somebody made by hand, with the commands of the blog post, comes under this repository."""

from __future__ import annotations

from lab.operator import DEPLOY, FLAG, SHIPPED, Operator
from tests.lab.made_by_hand import ADOPT, CONF, ORIGINS, make

LOAD = 'track_file load {\n    file "/srv/app/load"\n    weight 1\n}\n'
DEFAULTS = "vrrp_version: 2\nadvert_int: 1\n"  # keepalived's own, which the blog post leaves as they are
FURTHER = """
vrrp_instance VI_7 {
    interface enp0s3
    priority 100
    virtual_router_id 77
    virtual_ipaddress {
        10.10.0.7
    }
}
"""


def test_a_cluster_made_by_hand_is_taken_over_and_clients_lose_nothing(by_hand: Operator) -> None:
    by_hand.writes(SHIPPED.replace("VI_1", "VI_HELD") + DEFAULTS)
    refused = by_hand.is_refused(DEPLOY)
    assert "server01: nothing; server02: nothing; server03: nothing." in refused.line("somebody else wrote")
    assert by_hand.everywhere(f"cat {CONF}")[0] == ORIGINS
    with by_hand.watching() as seen:
        run = by_hand.types(ADOPT)
        by_hand.sees_holder("server01")
    assert "server01: hand 10.10.0.2 to server02, restart keepalived" in run.text
    assert seen.route == ["server01", "server02", "server01"]
    assert seen.lost <= 2  # one a move
    kept = by_hand.everywhere(f"stat -c '%a %U' {CONF}.replaced-*; cat {CONF}.replaced-*")
    assert kept[0] == f"600 root\n{ORIGINS}"
    assert "nothing to change" in by_hand.types(DEPLOY).text
    by_hand.server03.succeed(
        f"cp {CONF}.replaced-* {CONF}; rm /etc/systemd/system/keepalived.service.d/floating-address.conf; "
        "systemctl daemon-reload; systemctl restart keepalived"
    )
    by_hand.sees_holder("server01")


def test_what_would_be_lost_is_named_and_a_file_of_somebody_else_is_no_flag(by_hand: Operator) -> None:
    by_hand.everywhere("mkdir -p /srv/app && echo 42 > /srv/app/load")
    tracked = ORIGINS.replace("track_script {", "track_file {\n        load\n    }\n    track_script {")
    make(by_hand, LOAD + tracked + FURTHER)
    by_hand.writes(SHIPPED)
    refused = by_hand.is_refused(DEPLOY).line("somebody else wrote")
    for lost in ("track_file load", "track_file of VI_1", "address 10.10.0.7"):
        assert lost in refused
    assert len(by_hand.holders("10.10.0.7")) == 1
    by_hand.types(ADOPT)
    by_hand.sees_holder("server01")
    assert by_hand.everywhere("cat /srv/app/load") == ["42\n"] * 3
    assert by_hand.everywhere(f"test -e {FLAG} || echo none") == ["none\n"] * 3
