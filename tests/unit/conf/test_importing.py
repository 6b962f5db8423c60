"""Hand-made configurations become the cluster file that reproduces them."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepalived.conf.importing.convert import Imported, imported
from keepalived.conf.importing.elections import tried
from keepalived.conf.importing.handmade import Handmade, NotReadable, text_of
from keepalived.conf.importing.meaning import meaning
from keepalived.conf.render import configuration
from keepalived.observed.files import FoundFiles
from keepalived.spec import paths, plain_yaml
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse

UNIT = Path(__file__).parents[1]
ORIGINS = (UNIT / "origins_own.conf").read_text(encoding="utf-8")
CONF = paths.CONFIGURATION
NODES = ("server01", "server02", "server03")


def on(number: int, text: str, *, holds: tuple[str, ...] = (), **more: object) -> Handmade:
    """A node of the lab, 10.10.0.3 and so on."""
    address = f"10.10.0.{number + 2}"
    files = {CONF: text} | more.pop("files", {})  # type: ignore[call-overload]
    made = Handmade(f"server0{number}", files, f"server0{number}", address, {"enp0s3": [address, *holds]})
    return made._replace(**more)


def by_hand(text: str, priorities: tuple[int, ...] = (3, 2, 1)) -> list[Handmade]:
    """The same text on each node, with PRIORITY, NODE and OTHERS filled in."""
    made = []
    for number, priority in enumerate(priorities, 1):
        others = "\n".join(f"10.10.0.{other + 2}" for other in range(1, len(priorities) + 1) if other != number)
        own = text.replace("PRIORITY", str(priority)).replace("NODE", f"10.10.0.{number + 2}")
        made.append(on(number, own.replace("OTHERS", others)))
    return made


def instance(*lines: str, name: str = "VI_1") -> str:
    return "\n".join(
        [
            f"vrrp_instance {name} {{",
            "interface enp0s3",
            "priority PRIORITY",
            "virtual_router_id 51",
            "virtual_ipaddress {",
            "10.10.0.2",
            "}",
            *lines,
            "}\n",
        ]
    )


def sound(found: Imported) -> Cluster:
    """The cluster of a file that needs no hand, read as an operator's file is."""
    assert found.cluster is not None, found.lost
    data = plain_yaml.load(found.text)
    again = tried(data)
    assert again == found.cluster
    return again


def differences(made: Handmade, cluster: Cluster) -> list[str]:
    interfaces = {name: one.interface or "enp0s3" for name, one in cluster.instances.items()}
    return meaning(text_of(made)).without(meaning(configuration(cluster, made.node, interfaces), cluster))


def test_the_origins_three_files_become_the_file_with_exactly_its_values() -> None:
    found = imported(by_hand(ORIGINS.replace("priority 3", "priority PRIORITY")))
    golden = parse((UNIT / "golden/origin.yml").read_text(encoding="utf-8"), "origin")
    cluster = sound(found).model_copy(update={"name": "origin"})
    interfaces = {"VI_1": "enp0s3"}
    for node in NODES:
        assert configuration(cluster, node, interfaces) == configuration(golden, node, interfaces)
    assert (found.lost, found.doubts, found.moves, found.secrets) == ([], [], [], [])


KOLLA = """
vrrp_script check_alive {
    script "/check_alive.sh"
    interval 2
    fall 2
    rise 10
}
vrrp_instance kolla_internal_vip_51 {
    state BACKUP
    interface enp0s3
    virtual_router_id 51
    priority PRIORITY
    advert_int 1
    unicast_src_ip NODE
    unicast_peer {
        OTHERS
    }
    virtual_ipaddress {
        10.10.0.2 dev enp0s3
        192.0.2.10 dev enp0s8
    }
    track_interface {
        enp0s8
    }
    authentication {
        auth_type PASS
        auth_pass Geheim99
    }
    track_script {
        check_alive
    }
}
"""


def test_what_kolla_writes() -> None:
    made = by_hand(KOLLA, (1, 2, 3))
    found = imported(made)
    cluster = sound(found)
    assert list(cluster.nodes) == ["server03", "server02", "server01"]
    assert cluster.instances["kolla_internal_vip_51"].unicast
    assert cluster.checks["check_alive"].model_dump(exclude_defaults=True) == {
        "command": "/check_alive.sh",
        "timeout": 2,
        "rise": 10,
    }
    assert cluster.checks["enp0s8"].interface == "enp0s8"
    assert found.lost == []
    assert [differences(one, cluster) for one in made] == [[], [], []]


def test_no_password_is_shown_and_the_file_says_where_to_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = imported(by_hand(KOLLA, (1, 2, 3)))
    assert "Geheim" not in repr(found._replace(cluster=None))
    assert "auth_pass: {env: VRRP_PASSWORD}" in found.text
    (secret,) = found.secrets
    assert secret.startswith("export VRRP_PASSWORD with the auth_pass of kolla_internal_vip_51")
    monkeypatch.setenv("VRRP_PASSWORD", "Geheim99")
    authentication = parse(found.text, "managers").instances["kolla_internal_vip_51"].authentication
    assert authentication is not None
    assert authentication.auth_pass.get_secret_value() == "Geheim99"


PLACES_OF_A_PASSWORD = {
    "in an instance": instance("auth_pass Geheim99"),
    "in a block that nobody knows": instance("x {", "auth_pass Geheim99", "}"),
    "in another block": "x y {\nauth_pass Geheim99\n}\n" + instance(),
    "in global_defs": "global_defs {\nauth_pass Geheim99\n}\n" + instance(),
    "in VRRPv3": instance("version 3", "authentication {", "auth_type PASS", "auth_pass Geheim99", "}"),
    "behind a condition": instance("authentication {", "auth_type PASS", "@server01 auth_pass Geheim99", "}"),
    "without quotes around it": instance("authentication {", "auth_type PASS", 'auth_pass "Geheim99 x"', "}"),
}


@pytest.mark.parametrize("text", PLACES_OF_A_PASSWORD.values(), ids=PLACES_OF_A_PASSWORD)
def test_a_password_is_not_shown_wherever_it_stands(text: str) -> None:
    assert "Geheim" not in repr(imported(by_hand(text))._replace(cluster=None))
    files = FoundFiles(hostname="", interfaces={}, files={CONF: text}, large=[], programs={}, running=text)
    assert "Geheim" not in repr(files)
    assert "Geheim" not in str(files.to_json())


ROLE = """
# Ansible managed
global_defs {
  enable_script_security
  router_id haproxy
}
vrrp_script haproxy_check {
  script "/usr/bin/killall -0 haproxy"
  interval 5   # checking every 5 seconds (default: 5 seconds)
  fall 3           # require 3 failures for KO (default: 3)
  rise 6           # require 6 successes for OK (default: 6)
  timeout 2
  user nobody
}
vrrp_instance internal {
  interface enp0s3
  state BACKUP
  virtual_router_id 10
  priority PRIORITY
  advert_int 2
  authentication {
    auth_type PASS
    auth_pass onepass
  }
  virtual_ipaddress {
    10.10.0.2/24 dev enp0s3
  }
  track_script {
    haproxy_check
  }
  notify "/etc/keepalived/moved.sh quietly"
}
vrrp_instance external {
  interface enp0s8
  state BACKUP
  virtual_router_id 11
  priority PRIORITY
  authentication {
    auth_type PASS
    auth_pass another
  }
  virtual_ipaddress {
    192.0.2.10
  }
  virtual_ipaddress_excluded {
    2001:db8::10/64
  }
  garp_master_refresh 60
  notify_master /usr/local/bin/master
}
"""


def test_what_an_ansible_role_writes() -> None:
    made = by_hand(ROLE, (150, 100, 50))
    found = imported(made)
    cluster = sound(found)
    assert cluster.priority_step == 50
    assert {secret.split()[1] for secret in found.secrets} == {"VRRP_PASSWORD_INTERNAL", "VRRP_PASSWORD_EXTERNAL"}
    assert cluster.advert_seconds("internal") == 2
    assert cluster.advert_seconds("external") == 1
    assert cluster.instances["external"].checks == []
    assert found.lost == []
    assert [differences(one, cluster) for one in made] == [[], [], []]


def test_a_keyword_that_the_model_knows_is_taken_over_and_another_becomes_raw() -> None:
    text = "global_defs {\nvrrp_garp_interval 0.5\nlog_unknown_vrids\n}\n" + instance(
        "garp_lower_prio_delay 3", "debug"
    )
    data = plain_yaml.load(imported(by_hand(text)).text)
    assert data["global_defs"] == {"vrrp_garp_interval": 0.5}
    assert data["raw"] == {"global_defs": "log_unknown_vrids\n"}
    kept = {**data["instances"]["VI_1"]}
    raw = kept.pop("raw", "")
    assert ("garp_lower_prio_delay" in kept) != ("garp_lower_prio_delay 3" in raw)
    assert "debug" in raw


def test_lvs_becomes_raw_as_it_is() -> None:
    lvs = (
        "virtual_server 10.10.0.2 80 {\n    lb_algo rr\n    real_server 10.10.0.21 80 {\n        MISC_CHECK {\n"
        '            misc_path "/bin/look  at it"\n        }\n    }\n}\n'
    )
    cluster = sound(imported(by_hand(instance() + lvs)))
    assert cluster.raw.blocks == lvs.rstrip()


def test_a_node_that_is_connected_to_by_name_has_the_address_of_its_interface() -> None:
    made = [
        one._replace(connected="", interfaces={"enp0s3": ["fe80::1", "10.10.0.2", *one.interfaces["enp0s3"]]})
        for one in by_hand(instance())
    ]
    assert plain_yaml.load(imported(made).text)["nodes"] == {
        "server01": "10.10.0.3",
        "server02": "10.10.0.4",
        "server03": "10.10.0.5",
    }


def test_an_order_of_its_own_becomes_prefer() -> None:
    other = instance(name="VI_2").replace("51", "52").replace("10.10.0.2", "10.10.0.9")
    texts = [instance().replace("PRIORITY", one) + other.replace("PRIORITY", two) for one, two in ("31", "22", "13")]
    cluster = sound(imported([on(number, text) for number, text in enumerate(texts, 1)]))
    assert cluster.order("VI_1") == ["server01", "server02", "server03"]
    assert cluster.order("VI_2") == ["server03", "server02", "server01"]


def test_an_instance_may_have_other_names_and_other_interfaces() -> None:
    made = by_hand(instance(name="VI_x"))
    text = made[1].files[CONF].replace("VI_x", "VI_y").replace("enp0s3", "eth7")
    made[1] = made[1]._replace(files={CONF: text}, interfaces={"eth7": ["10.10.0.4"]})
    cluster = sound(imported(made))
    assert list(cluster.instances) == ["VI_x"]
    assert cluster.instances["VI_x"].interface is None


def test_a_file_that_takes_points_is_no_flag_unless_it_is_ours() -> None:
    tracked = "track_file load {\nfile /srv/load\nweight -1\n}\n" + instance("track_file {", "load", "}")
    found = imported(by_hand(tracked))
    assert sound(found).drain.flag == "/var/lib/keepalived/releasevip"
    assert found.lost[0] == (
        "server01: the number in the file /srv/load (load) counts no more: write a check of a command"
    )


WEIGHTED = "vrrp_script chk {{\nscript /bin/look\ninterval 2\nweight {}\n}}\n"


@settings(max_examples=40, deadline=None)
@given(
    priorities=st.lists(st.integers(1, 120), min_size=2, max_size=3, unique=True),
    weight=st.integers(-60, 60).filter(bool),
)
def test_a_failing_check_moves_the_same_addresses_as_before(priorities: list[int], weight: int) -> None:
    text = WEIGHTED.format(weight) + instance("track_script {", "chk", "}")
    found = imported(by_hand(text, tuple(priorities)))
    if found.cluster is None or found.lost or any("apart otherwise" in words for words in found.doubts):
        return  # told
    nodes = NODES[: len(priorities)]
    own = dict(zip(nodes, priorities, strict=True))
    for failing in product((False, True), repeat=len(nodes)):
        fails = dict(zip(nodes, failing, strict=True))
        before = {node: own[node] + (weight if fails[node] == (weight < 0) else 0) for node in nodes}
        after = {
            node: found.cluster.effective_priority("VI_1", node, drained=False, failing=("chk",) * fails[node])
            for node in nodes
        }
        # Of equal ones the higher address wins, which is the later node here.
        assert sorted(nodes, key=lambda node: (before[node], node)) == sorted(nodes, key=after.__getitem__)


def changed(made: list[Handmade], old: str, new: str, number: int = 2) -> list[Handmade]:
    """One node's file is another."""
    text = made[number - 1].files[CONF]
    assert old in text
    made[number - 1] = made[number - 1]._replace(files={CONF: text.replace(old, new)})
    return made


PASSWORD = ("authentication {", "auth_type PASS", "auth_pass longer-than-8", "}")
DOUBTS = {
    "equal priorities": (
        by_hand(instance(), (7, 7, 1)),
        "server01 and server02 have the same priority in VI_1, 7: the higher address wins, so the file puts server02 "
        "first",
    ),
    "two masters": (
        by_hand(instance("state MASTER")),
        "server01 and server02 and server03 have state MASTER in VI_1: each takes the addresses when it starts; the "
        "file has no state, the priorities decide",
    ),
    "another router id": (
        changed(by_hand(instance()), "router_id 51", "router_id 52"),
        "server01 and server02 drop each other's adverts in VI_1 (virtual_router_id): both hold its addresses; the "
        "file has what server01 has",
    ),
    "another interval": (
        changed(by_hand(instance("advert_int 1")), "advert_int 1", "advert_int 2"),
        "server01 and server02 drop each other's adverts in VI_1 (advert_int): both hold its addresses; the "
        "file has what server01 has",
    ),
    "another address": (
        changed(by_hand(instance()), "10.10.0.2", "10.10.0.9"),
        "server01 and server02 drop each other's adverts in VI_1 (addresses): both hold its addresses; the "
        "file has what server01 has",
    ),
    "a long password": (
        by_hand(instance(*PASSWORD)),
        "the auth_pass of VI_1 on server01 is longer than 8 characters: keepalived uses the first 8, export those",
    ),
    "nopreempt with MASTER": (
        by_hand(instance("state MASTER", "nopreempt")),
        "nopreempt of VI_1 on server01 needs state BACKUP: with MASTER keepalived ignores it",
    ),
    "a peer too few": (
        changed(by_hand(instance("unicast_src_ip NODE", "unicast_peer {", "OTHERS", "}")), "10.10.0.5", ""),
        "server03 is no unicast_peer of VI_1 on server02: it gets no adverts from there",
    ),
    "a peer too many": (
        by_hand(instance("unicast_src_ip NODE", "unicast_peer {", "OTHERS", "10.10.0.77", "}")),
        "the unicast_peer 10.10.0.77 of VI_1 on server01 is none of these nodes: import it with them, or it is "
        "left out",
    ),
    "no such interface": (
        changed(by_hand(instance()), "enp0s3", "eth9"),
        "server02 has no interface eth9 (VI_1)",
    ),
    "a check that cannot run": (
        [one._replace(programs={"/opt/look": False, "/bin/true": True}) for one in by_hand(instance())],
        "server01: /opt/look is not there or cannot be run: keepalived takes such a check for a success, and drops "
        "such a notify command",
    ),
}


@pytest.mark.parametrize(("made", "words"), DOUBTS.values(), ids=DOUBTS)
def test_what_is_wrong_with_the_files_is_told(made: list[Handmade], words: str) -> None:
    found = imported(made)
    assert words in found.doubts
    assert f"# LOOK AT: {words}\n" in found.text


LOST = {
    "a track_bfd": (instance("track_bfd {", "peer", "}"), "`track_bfd { peer }` of VI_1: "),
    "an unknown word of an address": (
        instance().replace("10.10.0.2", "10.10.0.2 home"),
        "server01: `home` of the address",
    ),
    "a check that says the opposite": (
        "vrrp_script chk {\nscript /bin/look\nweight 5 reverse\n}\n" + instance("track_script {", "chk", "}"),
        "server01: `weight 5 reverse` of vrrp_script chk: reverse",
    ),
    "a check that nobody tracks": ("vrrp_script chk {\nscript /bin/look\n}\n" + instance(), "server01: chk is tracked"),
    "a check that is nowhere": (instance("track_script {", "chk", "}"), "server01: chk is tracked, and is nowhere"),
    "one of two rules": (
        instance("virtual_rules {", "from 10.30.0.0/16 table 2", "from 10.31.0.0/16 table 2 priority 9", "}"),
        "server01: a line of virtual_rules of VI_1: 'from 10.30.0.0/16 table 2' has no place among the rules: add",
    ),
    "a half second": (
        "vrrp_script chk {\nscript /bin/look\ninterval 0.5\n}\n" + instance("track_script {", "chk", "}"),
        "server01: `interval 0.5`: the cluster file has whole numbers, 1 is taken",
    ),
}


@pytest.mark.parametrize(("text", "words"), LOST.values(), ids=LOST)
def test_what_the_file_does_not_say_is_told(text: str, words: str) -> None:
    found = imported(by_hand(text))
    assert any(one.startswith(words) for one in found.lost), found.lost
    assert found.cluster is not None


def test_a_move_of_a_deploy_is_told_before_it() -> None:
    made = by_hand(instance())
    made[1] = made[1]._replace(interfaces={"enp0s3": ["10.10.0.4", "10.10.0.2"]})
    assert imported(made).moves == [
        "a deploy moves 10.10.0.2 (VI_1) from server02, which holds it now, to server01, which the priorities prefer: "
        "put server02 first under nodes if it shall stay"
    ]
    made[0] = made[0]._replace(interfaces={"enp0s3": ["10.10.0.3", "10.10.0.2"]})
    assert imported(made).moves == ["server01 and server02 hold 10.10.0.2 now: mend that before a deploy"]


def test_includes_and_conditions_are_followed() -> None:
    conf = "include conf.d/*.conf\n@server01 include own.conf\n@^server01 include other.conf\n"
    more = {
        "/etc/keepalived/conf.d/a.conf": instance().replace("PRIORITY", "9"),
        "/etc/keepalived/conf.d/deep/b.conf": "not this",
        "/etc/keepalived/own.conf": "global_defs {\nenable_dbus\n}\n",
    }
    assert "enable_dbus" in imported([on(1, conf, files=more)]).text
    assert imported([on(1, conf, files=more)]).cluster is not None


UNREADABLE = {
    "nothing": (on(1, "")._replace(files={}), "server01: there is no /etc/keepalived/keepalived.conf"),
    "a brace": (on(1, "vrrp_instance A {"), "server01: keepalived.conf cannot be read: a } is missing"),
    "an include of nothing": (
        on(1, "include x.conf"),
        "server01: /etc/keepalived/keepalived.conf includes x.conf, which could not be read there",
    ),
    "a circle": (
        on(1, "include keepalived.conf"),
        "server01: /etc/keepalived/keepalived.conf includes itself",
    ),
    "a definition": (
        on(1, "$X=1\nvrrp_instance A {\npriority $X\n}"),
        "server01: /etc/keepalived/keepalived.conf has lines with $ or ~, which keepalived alone can resolve: start it "
        "there, and what it has made of them is read",
    ),
    "too much": (
        on(1, "x")._replace(large=["/x"]),
        "server01: /x: a file above 256 KiB, or more than 64 files: not read",
    ),
}


@pytest.mark.parametrize(("made", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_in_a_line(made: Handmade, words: str) -> None:
    with pytest.raises(NotReadable) as caught:
        imported([made])
    assert str(caught.value) == words


def test_definitions_are_read_as_the_daemon_has_resolved_them() -> None:
    resolved = instance().replace("PRIORITY", "9")
    cluster = sound(imported([on(1, "$X=9\n" + instance().replace("PRIORITY", "$X"), running=resolved)]))
    assert list(cluster.instances) == ["VI_1"]


def test_a_file_of_lvs_alone_needs_a_hand() -> None:
    found = imported([on(1, "virtual_server 10.10.0.2 80 {\nlb_algo rr\n}\n")])
    assert found.cluster is None
    assert found.lost[0] == "there is no vrrp_instance: write under instances what shall float"
    assert plain_yaml.load(found.text)["raw"]["blocks"].startswith("virtual_server")


GROUP = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\nnotify_master /usr/local/bin/up\ntrack_script {\nchk\n}\n}\n"
SOURCES = "unicast_src_ip 192.0.2.NODE\nunicast_peer {\n192.0.2.PEER\n}\n}\n"
CHK = ("track_script {", "chk", "}")
SECOND = instance(name="VI_2").replace("51", "52").replace("10.10.0.2", "10.10.0.9")
KEYS = {
    "nopreempt": (by_hand(instance("nopreempt")), "instances.VI_1.nopreempt", True),
    "preempt_delay": (by_hand(instance("preempt_delay 5")), "instances.VI_1.preempt_delay", 5),
    "routes": (
        by_hand(
            instance("virtual_routes {", "10.30.0.0/16 via 10.10.0.1 dev enp0s3", "10.31.0.0/16 via 10.10.0.1", "}")
        ),
        "instances.VI_1.virtual_routes",
        ["10.30.0.0/16 via 10.10.0.1 dev enp0s3", "10.31.0.0/16 via 10.10.0.1 no_track"],
    ),
    "no_accept": (by_hand(instance("no_accept")), "instances.VI_1.accept", False),
    "strict, for all": (by_hand("global_defs {\nvrrp_strict\n}\n" + instance()), "instances.VI_1.strict_mode", True),
    "a TTL": (
        by_hand(instance("unicast_src_ip NODE", "unicast_peer {", "OTHERS min_ttl 255", "}"), (2, 1)),
        "instances.VI_1.min_ttl",
        255,
    ),
    "the source of multicast": (by_hand(instance("mcast_src_ip NODE")), "instances.VI_1.mcast_src_ip", True),
    "a sync group": (
        by_hand("vrrp_script chk {\nscript /bin/look\n}\n" + GROUP + instance() + SECOND),
        "sync_groups.G.group",
        ["VI_1", "VI_2"],
    ),
    "an instance that a node has not": (
        changed(by_hand(instance() + SECOND), SECOND.replace("PRIORITY", "2"), ""),
        "instances.VI_2.nodes",
        ["server01", "server03"],
    ),
    "another interface on a node": (
        [
            one._replace(interfaces={"enp0s3": [f"10.10.0.{place}"], "eth1": ["192.0.2.9"], "eth2": ["192.0.2.8"]})
            for place, one in enumerate(changed(by_hand(instance().replace("enp0s3", "eth1")), "eth1", "eth2"), 3)
        ],
        "nodes.server02.instances.VI_1.interface",
        "eth2",
    ),
    "another source of adverts": (
        [
            on(number, text.replace("PRIORITY", peer).replace("NODE", f"{number}").replace("PEER", peer))
            for text in [instance() + SECOND[:-2] + SOURCES]
            for number, peer in enumerate("21", 1)
        ],
        "nodes.server01.instances.VI_2.unicast_src_ip",
        "192.0.2.1",
    ),
    "another order with weights": (
        [
            on(
                number,
                WEIGHTED.format(30) + (instance(*CHK) + SECOND.replace("PRIORITY", two)).replace("PRIORITY", one),
            )
            for number, (one, two) in enumerate((("150", "7"), ("100", "9")), 1)
        ],
        "nodes.server01.instances.VI_1.priority",
        51,
    ),
}


@pytest.mark.parametrize(("made", "path", "value"), KEYS.values(), ids=KEYS)
def test_a_keyword_becomes_its_key(made: list[Handmade], path: str, value: object) -> None:
    found = imported(made)
    sound(found)
    data = plain_yaml.load(found.text)
    for part in path.split("."):
        data = data[part]
    assert data == value
    assert found.lost == []


SCREEN = "\x1b[2J\x1b]0;x\x07\u202e"
WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\n\r{}"#!'), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(name=WORD, value=WORD, keyword=st.sampled_from(["garp_master_refresh", "script_user", "x", "state", "notify"]))
def test_no_text_breaks_yaml_or_a_terminal(name: str, value: str, keyword: str) -> None:
    text = instance(f'{keyword} "{value}"', f"{keyword} {SCREEN}{value}", name=f'"{name}"')
    try:
        found = imported(by_hand(text))
    except NotReadable as error:
        shown = str(error)
    else:
        assert isinstance(plain_yaml.load(found.text), dict)
        shown = "\n".join([found.text, *found.lost, *found.doubts, *found.moves, *found.secrets])
    assert not [letter for letter in shown if not letter.isprintable() and letter not in "\n\t"]
