"""What the nodes of an instance must agree on is read from any keepalived.conf, and told from all the rest."""

import pytest

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import parse
from tests.unit.conf.test_configuration import CLUSTERS, GOLDEN, rendered
from tests.unit.node_report import captured

PLAIN = """\
global_defs {
    vrrp_version 3
}
vrrp_instance VI_1 {
    interface enp0s3
    virtual_router_id 51
    priority 3
    virtual_ipaddress {
        10.10.0.2/24
        10.10.0.9 dev enp0s8
    }
}
"""
AGREED = AdvertSettings(
    version=3,
    virtual_router_id=51,
    interface="enp0s3",
    unicast=False,
    addresses=frozenset(["10.10.0.2", "10.10.0.9"]),
    authentication=None,
    advert_int=None,
)


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_nodes_of_a_cluster_have_the_same_advert_settings(name: str) -> None:
    cluster = parse((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"), name)
    nodes = dict(zip(cluster.nodes, (advert_settings(text) for text in rendered(name).values()), strict=True))
    for node, of_node in nodes.items():
        assert list(of_node) == list(cluster.instances_of(node))
        for other in nodes.values():
            assert all(of_node[instance].accepts(other[instance]) for instance in of_node.keys() & other.keys())
    for node, instance, found in [(node, *item) for node, of_node in nodes.items() for item in of_node.items()]:
        settings = cluster.instances[instance]
        assert found == AdvertSettings(
            version=cluster.version(instance),
            virtual_router_id=settings.virtual_router_id,
            interface=cluster.interface(instance, node) or "enp0s3",
            unicast=settings.unicast,
            addresses=frozenset(str(address.ip) for address in settings.virtual_ipaddress),
            excluded=frozenset(str(address.ip) for address in settings.virtual_ipaddress_excluded),
            authentication=found.authentication,
            advert_int=cluster.advert_seconds(instance) if cluster.version(instance) == 2 else None,
            group=found.group,
            anew=found.anew,
            peers=found.peers,
        )
        if found.peers:
            assert found.peers.source == str(cluster.advert_source(instance, node))
        assert (found.group is None) == (found.peers is not None) == settings.unicast
        if not settings.unicast:
            own = cluster.global_defs.vrrp_mcast_group4 if settings.family == 4 else None
            assert found.group == settings.mcast_dst_ip or own or {4: "224.0.0.18", 6: "ff02::12"}[settings.family]
        assert (found.authentication is None) == (settings.authentication is None)


@pytest.mark.parametrize("report", ["bookworm-holder", "trixie-holder", "bookworm-everything", "trixie-everything"])
def test_a_daemons_copy_has_the_advert_settings_of_its_file(report: str) -> None:
    found = captured(report)
    assert advert_settings(found["running"]) == advert_settings(found["configuration"]) != {}


SAME = {
    "as it is": PLAIN,
    "braces on lines of their own": PLAIN.replace(" {", "\n{"),
    "comments": PLAIN.replace("\n", " # } {\n").replace("51 #", "51 ! {"),
    "quotes": PLAIN.replace("enp0s3\n", '"enp0s3"\n'),
    "one-line blocks": PLAIN.replace("{\n    vrrp_version 3\n}", "{ vrrp_version 3 }"),
    "braces in quotes": PLAIN.replace("    priority 3", '    notify "/bin/x {"'),
    "empty blocks": PLAIN.replace("    priority 3", "    track_script { }\n    track_file {\n    }"),
    "blocks in blocks": PLAIN.replace("    priority 3", "    a {\n b { c {\n virtual_router_id 5 } } }"),
    "a version of its own": PLAIN.replace("version 3", "version 2").replace("priority 3", "version 3"),
    "what need not be agreed on": PLAIN.replace("priority 3", "priority 200\n    advert_int 2\n    nopreempt"),
    "other blocks": f"{PLAIN}vrrp_sync_group G {{\n group {{\n VI_1\n }}\n}}\nvrrp_instance\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_advert_settings_are_read_however_they_are_written(text: str) -> None:
    assert advert_settings(text) == {"VI_1": AGREED}


def test_a_foreign_file_has_keepaliveds_own_defaults() -> None:
    assert advert_settings("vrrp_instance A { interface eth0 }\nvrrp_instance B\n{\n}\n") == {
        "A": AdvertSettings(2, 0, "eth0", False, frozenset(), None, 1.0),
        "B": AdvertSettings(2, 0, "", False, frozenset(), None, 1.0),
    }


PLAIN_2 = PLAIN.replace("vrrp_version 3", "vrrp_version 2")


def test_unicast_and_a_password_are_advert_settings_and_the_password_is_not_told() -> None:
    secret = "    authentication {\n        auth_type PASS\n        auth_pass s3cret\n    }\n"  # noqa: S105
    peers = "    unicast_peer {\n        10.10.0.4\n    }\n"
    found = advert_settings(PLAIN_2.replace("    priority 3\n", secret + peers))["VI_1"]
    assert found.unicast
    assert found.authentication
    assert "s3cret" not in repr(found)
    other = advert_settings(PLAIN_2.replace("    priority 3\n", secret.replace("s3cret", "0ther") + peers))["VI_1"]
    assert found._replace(authentication=other.authentication) == other != found


NOT_TO_BE_READ = {
    "a brace too many": "vrrp_instance A {\n}\n}\n",
    "a brace missing": "vrrp_instance A {\n virtual_ipaddress {\n}\n",
    "a brace missing, behind a comment": "vrrp_instance A {\n#}\n",
    "a block without a name": "{\n}\n",
    "a number that is none": "vrrp_instance A {\n virtual_router_id x\n}\n",
    "a definition": "vrrp_instance A {\n advert_int $ADVERT\n}\n",
}


@pytest.mark.parametrize("text", NOT_TO_BE_READ.values(), ids=NOT_TO_BE_READ)
def test_what_cannot_be_read_has_no_advert_settings(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        advert_settings(text)


CARRIED = [
    (AGREED, True),
    (AGREED._replace(addresses=frozenset(["10.10.0.2"])), True),
    (AGREED._replace(authentication="x"), True),
    (AGREED._replace(advert_int=2.0), True),
    (AGREED._replace(version=2), False),
    (AGREED._replace(virtual_router_id=52), False),
    (AGREED._replace(interface="enp0s8"), False),
    (AGREED._replace(unicast=True), False),
    (AGREED._replace(excluded=frozenset(["fd00:10::2"])), True),
]


@pytest.mark.parametrize(("new", "carried"), CARRIED)
def test_a_reload_carries_what_leaves_socket_and_instance_alone(new: AdvertSettings, carried: bool) -> None:
    assert AGREED.reload_carries(new) is carried
    assert new.reload_carries(AGREED) is carried


GLOBAL_LINES = [  # whether nodes with and without the line hear each other, and whether a reload carries it
    ("vrrp_mcast_group4 224.0.0.19", False, False),
    ("vrrp_mcast_group4 224.0.0.18", True, True),
    ("vrrp_mcast_group6 ff02::13", True, True),
    ("vrrp_strict", True, True),
    ("vrrp_check_unicast_src", True, True),
    ("v3_checksum_as_v2", False, True),
    ("router_id a", True, True),
    ("vrrp_garp_master_refresh 60", True, True),
    ("vrrp_skip_check_adv_addr", True, True),
    ("enable_snmp_vrrp", True, True),
]
INSTANCE_LINES = [
    ("mcast_dst_ip 224.0.0.19", False, False),
    ("strict_mode", True, True),
    ("check_unicast_src", True, True),
    ("unicast_ttl 2", False, True),
    ("unicast_ttl 255", True, True),
    ("old_unicast_checksum", False, True),
    ("garp_master_delay 3", True, True),
    ("garp_master_repeat 3", True, True),
    ("garp_master_refresh 3", True, True),
    ("garp_master_refresh_repeat 3", True, True),
    ("garp_lower_prio_delay 3", True, True),
    ("garp_lower_prio_repeat 3", True, True),
    ("lower_prio_no_advert", True, True),
    ("higher_prio_send_advert", True, True),
    ("down_timer_adverts 5", True, True),
    ("skip_check_adv_addr", True, True),
    ("mcast_src_ip 10.10.0.3", True, True),
    ("accept", True, True),
    ("no_accept", True, True),
    ("virtual_routes {\n 10.30.0.0/16 via 10.10.0.1\n }", True, True),
    ("virtual_rules {\n from 10.30.0.0/16 table 100 priority 100\n }", True, True),
    ("promote_secondaries", True, True),
    ("virtual_ipaddress_excluded {\n fd00:10::2/64\n }", True, True),
    ("unicast_src_ip 10.10.0.3", True, True),  # without peers it is multicast
    ("use_vmac", True, False),
    ("use_vmac vip0", True, False),
    ("vmac_xmit_base", True, False),
    ("use_vmac_addr", True, False),
    ("use_ipvlan", True, False),
]
PLACED = [("    vrrp_version 3\n", *row) for row in GLOBAL_LINES] + [
    ("    priority 3\n", *row) for row in INSTANCE_LINES
]


@pytest.mark.parametrize(("after", "line", "heard", "carried"), PLACED)
def test_which_lines_nodes_must_agree_on_and_which_a_reload_carries(
    after: str, line: str, heard: bool, carried: bool
) -> None:
    found = advert_settings(PLAIN.replace(after, f"{after}    {line}\n"))["VI_1"]
    assert AGREED.accepts(found) is found.accepts(AGREED) is heard
    assert AGREED.reload_carries(found) is found.reload_carries(AGREED) is carried


def unicast(source: str, *peers: str, more: str = "") -> AdvertSettings:
    """Those of the node with this address, as these peers and lines make them."""
    lines = "\n".join([f"unicast_src_ip {source}", "unicast_peer {", *peers, "}", more])
    return advert_settings(PLAIN.replace("    priority 3\n", lines))["VI_1"]


A, B, C = "10.10.0.3", "10.10.0.4", "10.10.0.5"
LOOKS = "    check_unicast_src\n"
OF_PEERS = {  # two nodes; whether the first accepts the adverts of the second, and the other way round
    "nobody looks": (unicast(A, B), unicast(B, A), True, True),
    "nobody looks, and one is not known": (unicast(A, C), unicast(B, A), True, True),
    "both look": (unicast(A, B, more=LOOKS), unicast(B, A, more=LOOKS), True, True),
    "both look, and one is not known": (unicast(A, C, more=LOOKS), unicast(B, A, more=LOOKS), False, True),
    "one looks by a limit": (unicast(A, f"{C} min_ttl 2"), unicast(B, A), False, True),
    "within the limit": (unicast(A, f"{B} min_ttl 255"), unicast(B, A), True, True),
    "below the limit": (unicast(A, f"{B} min_ttl 255"), unicast(B, A, more="    unicast_ttl 254\n"), False, True),
    "above the limit": (unicast(A, f"{B} max_ttl 254"), unicast(B, A), False, True),
    "the limit of another": (unicast(A, B, f"{C} min_ttl 255"), unicast(B, A, more="    unicast_ttl 9\n"), True, True),
}


@pytest.mark.parametrize(("one", "other", "accepted", "accepting"), OF_PEERS.values(), ids=OF_PEERS)
def test_who_looks_at_its_peers_accepts_them_alone(
    one: AdvertSettings, other: AdvertSettings, accepted: bool, accepting: bool
) -> None:
    assert one.accepts(other) is accepted
    assert other.accepts(one) is accepting


CHANGES_OF_ONE = {  # a node before and after; whether peers may then ignore each other, and whether a reload does it
    "it looks now": (unicast(A, B), unicast(A, B, more=LOOKS), False, True),
    "a peer has joined": (unicast(A, B, more=LOOKS), unicast(A, B, C, more=LOOKS), False, True),
    "a limit that all keep": (unicast(A, B), unicast(A, f"{B} min_ttl 255"), False, True),
    "another TTL": (unicast(A, B), unicast(A, B, more="    unicast_ttl 9\n"), False, True),
    "another TTL and its limit": (unicast(A, B), unicast(A, f"{B} max_ttl 9", more="    unicast_ttl 9\n"), True, True),
    "another TTL below the limit": (
        unicast(A, f"{B} min_ttl 255"),
        unicast(A, f"{B} min_ttl 9", more="    unicast_ttl 9\n"),
        True,
        True,
    ),
    "another source": (unicast(A, B), unicast(C, B), False, False),
    "another source, and peers look": (unicast(A, B, more=LOOKS), unicast(C, B, more=LOOKS), True, False),
    "a virtual MAC address": (AGREED, AGREED._replace(anew=frozenset(["use_vmac"])), False, False),
    "another interface": (AGREED, AGREED._replace(interface="enp0s8"), False, False),
    "nothing": (AGREED, AGREED, False, True),
}


@pytest.mark.parametrize(("old", "new", "parts", "carried"), CHANGES_OF_ONE.values(), ids=CHANGES_OF_ONE)
def test_which_changes_of_a_node_part_it_from_the_others(
    old: AdvertSettings, new: AdvertSettings, parts: bool, carried: bool
) -> None:
    assert old.parts(new) is new.parts(old) is parts
    assert old.reload_carries(new) is carried


FOREIGN = {  # what keepalived makes of it, whatever is written
    "strict mode has no password": ("    strict_mode\n", None),
    "strict mode that is off has one": ("    strict_mode off\n", "x"),
    "VRRPv3 has no password": ("    version 3\n", None),
}


@pytest.mark.parametrize(("line", "authentication"), FOREIGN.values(), ids=FOREIGN)
def test_a_password_counts_where_keepalived_sends_it(line: str, authentication: str | None) -> None:
    password = "    authentication {\n        auth_type PASS\n        auth_pass s3cret\n    }\n"  # noqa: S105
    text = PLAIN_2.replace("    priority 3\n", line + password)
    assert (advert_settings(text)["VI_1"].authentication is None) == (authentication is None)


def test_an_ipv6_instance_speaks_version_3_unless_it_says_otherwise() -> None:
    text = PLAIN.replace("vrrp_version 3", "vrrp_version 2").replace("10.10.0.2/24", "fe80::1")
    found = advert_settings(text)["VI_1"]
    assert (found.version, found.group) == (3, "ff02::12")


def test_a_change_of_priorities_alone_leaves_the_advert_settings() -> None:
    cluster = (GOLDEN / "default.yml").read_text(encoding="utf-8")
    texts = [
        configuration(parse(cluster + more, "default"), "server01", {"VI_1": "enp0s3"})
        for more in ("", "priority_step: 10\nadvert_int: 0.2\ndrain: {check: file}\n")
    ]
    assert texts[0] != texts[1]
    assert advert_settings(texts[0]) == advert_settings(texts[1])


@pytest.mark.parametrize("name", CLUSTERS)
def test_nothing_in_our_own_configurations_keeps_a_drain_from_working(name: str) -> None:
    assert [drain_obstacles(text) for text in rendered(name).values()] == [{}] * len(rendered(name))


@pytest.mark.parametrize("report", ["bookworm-holder", "trixie-holder", "bookworm-everything", "trixie-everything"])
def test_nothing_in_a_daemons_copy_of_them_keeps_a_drain_from_working(report: str) -> None:
    assert drain_obstacles(captured(report)["running"]) == {}


USER = "global_defs {\n script_user root\n}\n"
SCRIPT = 'vrrp_script chk {\n script "/usr/bin/test ! -e /f"\n}\n'
FILE = 'track_file chk {\n file "/f"\n}\n'
NO_CHECK = "no check that looks at a flag"
NO_USER = "a check without script_user: keepalived may have removed it for want of a user"


def looking(at: str, *lines: str, name: str = "VI_1") -> str:
    """An instance that looks at the check `chk` by `at`."""
    return "\n".join([f"vrrp_instance {name} {{", *lines, f"{at} {{", "chk", "}", "}", ""])


BY_SCRIPT, BY_FILE = looking("track_script"), looking("track_file")
IN_GROUP = "vrrp_sync_group G {{\ngroup {{\nVI_1\nVI_2\n}}\n{}\n}}\n"
ALONE = "vrrp_instance VI_1 {\n}\n"
OBSTACLES: dict[str, tuple[str, str | None]] = {
    "a script": (USER + SCRIPT + BY_SCRIPT, None),
    "a file": (FILE + BY_FILE, None),
    "a file as it was called before 2.1": (f"vrrp_{FILE}{BY_FILE}", None),
    "words behind a check": (USER + SCRIPT + BY_SCRIPT.replace("{\nchk", "{\nchk weight 9"), None),
    "on one line": (f"{USER}{SCRIPT}vrrp_instance VI_1 {{ track_script {{ chk }} }}", None),
    "the check behind the instance": (BY_SCRIPT + SCRIPT + USER, None),
    "a user of the script's own": (SCRIPT.replace("}", "user root\n}") + BY_SCRIPT, None),
    "nopreempt, which the daemon itself tells": (FILE + looking("track_file", "nopreempt"), None),
    "the check of its sync group": (FILE + IN_GROUP.format("track_file {\nchk\n}") + ALONE, None),
    "its own check, which its sync group drops": (
        FILE + IN_GROUP.format("").partition("vrrp_instance")[0] + BY_FILE,
        NO_CHECK,
    ),
    "no check": ("vrrp_instance VI_1 {\n}\n", NO_CHECK),
    "an empty list of checks": (FILE + BY_FILE.replace("chk\n", ""), NO_CHECK),
    "a check that nobody looks at": (f"{USER}{SCRIPT}vrrp_instance VI_1 {{\n}}\n", NO_CHECK),
    "a check that is not there": (USER + BY_SCRIPT, NO_CHECK),
    "a check of another name": (USER + SCRIPT.replace("chk", "other") + BY_SCRIPT, NO_CHECK),
    "a script without a user": (SCRIPT + BY_SCRIPT, NO_USER),
    "settings without a user": (USER.replace("script_user", "router_id") + SCRIPT + BY_SCRIPT, NO_USER),
}


@pytest.mark.parametrize(("text", "found"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_keeps_a_drain_from_working_is_found(text: str, found: str | None) -> None:
    assert drain_obstacles(text) == ({"VI_1": found} if found else {})


def test_obstacles_are_told_by_instance() -> None:
    text = f"{FILE}{looking('track_file', name='A')}vrrp_instance C {{\n}}\n"
    assert drain_obstacles(text) == {"C": NO_CHECK}


@pytest.mark.parametrize("text", ["", "global_defs {\n}\n", "vrrp_instance\n", "vrrp_script {\n}\n"])
def test_what_has_no_instance_has_no_obstacle(text: str) -> None:
    assert drain_obstacles(text) == {}


@pytest.mark.parametrize("text", [text for name, text in NOT_TO_BE_READ.items() if "brace" in name or "block" in name])
def test_what_cannot_be_read_has_no_obstacles(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        drain_obstacles(text)
