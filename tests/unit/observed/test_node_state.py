"""A node's report is read for what it says; what it does not say is unknown, and what is broken is refused."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.node import NodeState
from keepalived.observed.parts import ReportError
from keepalived.observed.report import read_report
from keepalived.spec.flag import Flag, is_drained
from tests.unit.node_report import captured, captured_lines, kernel, report

# name, version, runs, drained, holds, {instance: (state, base, effective)}, applied
CAPTURED = [
    ("bookworm-holder", "2.2.7", True, False, ["10.10.0.2"], {"VI_1": ("MASTER", 3, 103)}, True),
    ("bookworm-backup", "2.2.7", True, False, [], {"VI_1": ("BACKUP", 2, 102)}, True),
    ("bookworm-drained", "2.2.7", True, True, [], {"VI_1": ("BACKUP", 3, 3)}, True),
    ("bookworm-unplugged", "2.2.7", True, False, [], {"VI_1": ("FAULT", 2, 102)}, True),
    ("bookworm-stopped", "2.2.7", False, False, [], None, None),
    ("bookworm-not_installed", None, False, False, [], None, None),
    ("bookworm-drained_by_operator", "2.2.7", True, True, [], {"VI_1": ("BACKUP", 3, 3)}, True),
    ("trixie-drained_by_operator", "2.3.3", True, True, [], {"VI_1": ("BACKUP", 3, 3)}, True),
    ("trixie-holder", "2.3.3", True, False, ["10.10.0.2"], {"VI_1": ("MASTER", 3, 103)}, True),
    ("trixie-backup", "2.3.3", True, False, [], {"VI_1": ("BACKUP", 2, 102)}, True),
    ("trixie-drained", "2.3.3", True, True, [], {"VI_1": ("BACKUP", 3, 3)}, True),
    ("trixie-stopped", "2.3.3", False, False, [], None, None),
    ("trixie-not_installed", None, False, False, [], None, None),
    ("trixie-unplugged", "2.3.3", True, False, [], {"VI_1": ("FAULT", 2, 102)}, True),
    ("bookworm-not_restarted", "2.2.7", True, False, [], {"VI_1": ("BACKUP", 2, 102)}, False),
    (
        "bookworm-everything",
        "2.2.7",
        True,
        False,
        ["10.10.0.2", "10.10.0.9", "fd00:10::2"],
        {"web": ("MASTER", 40, 190), "web-6": ("MASTER", 40, 190)},
        True,
    ),
    ("trixie-not_restarted", "2.3.3", True, False, [], {"VI_1": ("BACKUP", 2, 102)}, False),
    (
        "trixie-everything",
        "2.3.3",
        True,
        False,
        ["10.10.0.2", "10.10.0.9", "fd00:10::2"],
        {"web": ("MASTER", 40, 190), "web-6": ("MASTER", 40, 190)},
        True,
    ),
]


@pytest.mark.parametrize(
    ("name", "version", "runs", "drained", "holds", "instances", "applied"), CAPTURED, ids=[row[0] for row in CAPTURED]
)
def test_real_reports_are_read(
    name: str,
    version: str | None,
    runs: bool,
    drained: bool,
    holds: list[str],
    instances: dict[str, tuple[str, int, int]] | None,
    applied: bool | None,
) -> None:
    node = read_report(captured_lines(name))
    said = node.instances and {
        instance: (found.state, found.base_priority, found.effective_priority)
        for instance, found in node.instances.items()
    }
    assert (node.version, node.unit.runs, node.drained, node.holds, said, node.applied) == (
        version,
        runs,
        drained,
        holds,
        instances,
        applied,
    )


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_a_real_report_tells_who_drained_the_node_and_what_the_journal_has(suite: str) -> None:
    node = read_report(captured_lines(f"{suite}-drained_by_operator"))
    assert (node.flag.by, node.flag.reason, node.flag.until_reboot) == ("root@vm", "kernel upgrade", True)
    assert (node.flag_seen, node.flag_open, node.configuration.origin) == (True, False, "deployed")
    assert node.journal is not None
    assert node.journal.last_change is not None
    assert (node.journal.last_change.instance, node.journal.last_change.state) == ("VI_1", "BACKUP")
    assert node.journal.adverts_from == ["10.10.0.4"]


def test_a_real_report_in_full() -> None:
    node = read_report(captured_lines("trixie-drained"))
    assert node.to_json() == {
        "version": "2.3.3",
        "unit": {
            "load_state": "loaded",
            "active_state": "active",
            "sub_state": "running",
            "enabled": True,
            "since": "2026-11-24T18:02:52Z",
            "needs_reload": False,
            "current": True,
        },
        "instances": {
            "VI_1": {
                "state": "BACKUP",
                "base_priority": 3,
                "effective_priority": 3,
                "virtual_router_id": 51,
                "version": 3,
                "master_priority": 102,
                "addresses": ["10.10.0.2"],
                "last_transition": "2026-11-24T18:02:57Z",
                "nopreempt": False,
                "preempt_delay": 0,
            }
        },
        "holds": [],
        "interfaces": {"lo": ["127.0.0.1", "::1"], "enp0s3": ["10.10.0.3", "fe80::84aa:a2ff:fe49:63e5"]},
        "macs": {"lo": "00:00:00:00:00:00", "enp0s3": "86:aa:a2:49:63:e5"},
        "drained": True,
        "flag": {
            "path": "/var/lib/keepalived/releasevip",
            "present": True,
            "content": "",
            "since": "2026-11-24T18:02:55Z",
        },
        "running_flag": {
            "path": "/var/lib/keepalived/releasevip",
            "present": True,
            "content": "",
            "since": "2026-11-24T18:02:55Z",
        },
        "running_drained": True,
        "flag_seen": True,
        "flag_open": False,
        "configuration": {"applied": True, "origin": "deployed"},
        "journal": {
            "last_change": {"time": "2026-11-24T18:02:57Z", "instance": "VI_1", "state": "BACKUP"},
            "adverts_from": ["10.10.0.4"],
        },
        "checks": {},
        "connections": {},
        "links_down": [],
        "boot": "035e74e7-c463-4079-bbe8-27b6dc2b39db/1726000",
        "checkpoint": None,
    }


UNIT = {
    "MainPID": "462",
    "ExecMainStartTimestamp": "Sun 2026-11-22 11:16:40.500000 UTC",
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "UnitFileState": "enabled",
    "NeedDaemonReload": "no",
}
STOPPED = {"MainPID": "0", "ActiveState": "inactive", "SubState": "dead"}
DUMP = (
    '[{"data":{"iname":"VI_1","vrid":51,"base_priority":3,"effective_priority":103,"state":2,"version":3,'
    '"last_transition":1795346220.5,"vips":["10.10.0.2 dev enp0s3 scope global"]},"stats":{}}]'
)


def unit(**properties: str) -> str:
    return "".join(f"{key}={value}\n" for key, value in (UNIT | properties).items())


def parts(**changed: str | None) -> dict[str, str | None]:
    """The parts of a sound report, some of them changed."""
    return {
        "asked": '{"flag": "/run/flag", "check": "script", "addresses": ["10.10.0.2"]}',
        "version": "Keepalived v2.2.7 (01/16,2022)\n",
        "unit": unit(),
        "environment": "TMPDIR=/run/keepalived\nKEEPALIVED_DROP_IN=4f1c\n",
        "drop_in": "[Service]\nEnvironment=KEEPALIVED_DROP_IN=4f1c\n",
        "addresses": kernel(lo=["127.0.0.1", "::1"], enp0s3=["10.10.0.3", "10.10.0.2", "fe80::1"]),
        "flag": "",
        "dump": DUMP,
    } | changed


def read(**changed: str | None) -> NodeState:
    return read_report(report(parts(**changed)))


BROKEN: dict[str, tuple[list[str], str]] = {
    "words of another program": (["Last login: yesterday", *report(parts())], "Last"),
    "not base64": ([*report(parts()), "running %%%"], "running"),
    "a line cut short": ([report(parts())[0][:-3], *report(parts())[1:]], "asked"),
    "a question of something else": (report(parts(asked="[1]")), "asked"),
    "unit that is empty": (report(parts(unit="")), "unit"),
    "unit without its state": (report(parts(unit="MainPID=0\n")), "unit"),
    "addresses that are no JSON": (report(parts(addresses="command not found")), "addresses"),
    "addresses of no interface": (report(parts(addresses='[{"addr_info": []}]')), "addresses"),
    "files that are no list": (report(parts(files="stat: cannot")), "files"),
    "flag without a time": (report(parts(flag="yes")), "flag"),
    "flag of no time that is": (report(parts(flag="1e400")), "flag"),
    "dump of something else": (report(parts(dump="[1]")), "dump"),
    "dump without a priority": (report(parts(dump=DUMP.replace('"effective_priority":103,', ""))), "dump"),
}


@pytest.mark.parametrize(("lines", "part"), BROKEN.values(), ids=BROKEN)
def test_a_broken_report_is_refused(lines: list[str], part: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_report(lines)
    assert str(caught.value) == f"the node's report cannot be read: `{part}` is not what it should be"


def test_no_word_of_a_broken_part_is_told() -> None:
    with pytest.raises(ReportError) as caught:
        read(dump='[{"data": {"auth_data": "s3cret", "iname": []}}]')
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("part", ["asked", "unit", "addresses", "flag"])
def test_a_report_says_what_it_lacks(part: str) -> None:
    with pytest.raises(ReportError, match=f"^the node's report lacks `{part}`$"):
        read(**{part: None})


def test_blank_lines_do_not_matter() -> None:
    assert read_report(["", *report(parts()), ""]) == read()


WHOLE = report(parts(configuration="", flag="1700\n"))


@pytest.mark.parametrize("kept", range(len(WHOLE)))
def test_a_report_that_ends_early_says_nothing(kept: int) -> None:
    assert read_report(WHOLE).drained
    with pytest.raises(ReportError, match=r"^the node's report lacks `end`$"):
        read_report(WHOLE[:kept])


@pytest.mark.parametrize("length", [1, 60, len(DUMP) // 2, len(DUMP) - 1])
def test_a_dump_half_written_leaves_the_instances_unknown(length: int) -> None:
    assert read(dump=DUMP[:length]).instances is None


@pytest.mark.parametrize("dump", ["", None])
def test_without_a_dump_the_instances_are_unknown(dump: str | None) -> None:
    assert read(dump=dump).instances is None


@pytest.mark.parametrize(
    ("number", "state"), [(0, "INIT"), (1, "BACKUP"), (2, "MASTER"), (3, "FAULT"), (4, None), (98, None), (-1, None)]
)
def test_states_are_named_as_keepalived_numbers_them(number: int, state: str | None) -> None:
    instances = read(dump=DUMP.replace('"state":2', f'"state":{number}')).instances
    assert instances is not None
    assert instances["VI_1"].state == state


def test_an_instance_that_never_changed_has_no_time_of_change() -> None:
    instances = read(dump=DUMP.replace("1795346220.5", "0")).instances
    assert instances is not None
    assert instances["VI_1"].last_transition is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Keepalived v2.2.7 (01/16,2022)\n", "2.2.7"),
        ("Keepalived v2.3.3 (03/30,2025), git commit v2.3.3-3-gdeadbee\n", "2.3.3"),
        ("Keepalived v2.10.0", "2.10.0"),
        ("command not found", None),
        ("", None),
        (None, None),
    ],
)
def test_the_version_is_read_or_unknown(text: str | None, version: str | None) -> None:
    assert read(version=text).version == version


# As systemd before 248, or without UTC, writes it.
UNTOLD = [{"ExecMainStartTimestamp": f"Sun 2026-11-22 11:16:{time}"} for time in ("40 UTC", "40.500000 CET", "40")]
OURS, OLD = "4f1c", "0000"
UNITS: list[tuple[dict[str, str], str | None, str | None, bool | None]] = [
    # unit, drop-in on disk, drop-in that the daemon was started with, current
    ({}, OURS, OURS, True),
    ({}, None, None, True),
    ({}, OURS, OLD, False),
    ({}, OURS, None, False),
    ({}, None, OLD, False),
    ({"NeedDaemonReload": "yes"}, OURS, OURS, False),
    ({"ActiveState": "reloading"}, OURS, OURS, True),
    (STOPPED, OURS, None, None),  # what does not run is not current, nor is it outdated
    (STOPPED | {"NeedDaemonReload": "yes"}, OURS, None, None),
]


@pytest.mark.parametrize(("properties", "disk", "running", "current"), UNITS)
def test_a_daemon_is_current_when_it_was_started_with_the_drop_in_on_disk(
    properties: dict[str, str], disk: str | None, running: str | None, current: bool | None
) -> None:
    found = read(
        unit=unit(**properties),
        drop_in=f"[Service]\nEnvironment=KEEPALIVED_DROP_IN={disk}\n" if disk else None,
        environment=f"TMPDIR=/tmp\nKEEPALIVED_DROP_IN={running}\n" if running else "\n",
    )
    assert found.unit.current is current


def test_without_its_environment_nobody_knows_what_a_daemon_was_started_with() -> None:
    assert read(environment=None).unit.current is None


FOLDERS = [("755|0|0", False), ("775|0|0", False), ("775|0|50", True), ("755|1000|0", True), ("1777|0|0", True)]


@pytest.mark.parametrize(("folder", "is_open"), FOLDERS)
def test_a_folder_that_somebody_else_than_root_may_write_is_open(folder: str, is_open: bool) -> None:
    assert read(files=f"/run/|1|0|1.0|{folder}\n").flag_open is is_open


def test_who_may_read_a_configuration_is_as_it_was_placed_or_not() -> None:
    for mode, expected in (("640|0|0", True), ("644|0|0", False), ("640|0|4", False)):
        found = read(files=f"/etc/keepalived/keepalived.conf|1|0|1.0|{mode}\n", configuration="x\n")
        assert found.configuration.as_placed is expected


@pytest.mark.parametrize("end", ["# x", "# é"])
def test_of_a_configuration_without_end_nothing_is_known_but_of_the_node(end: str) -> None:
    small = captured("bookworm-holder")
    kept = read_report(report(small)).configuration
    for part in ("configuration", "running"):
        large = (small[part].encode() + end.encode() * 90000)[:262144].decode(errors="replace")
        node = read_report(report(small | {part: large}))
        assert (node.holds, node.unit.runs, node.version) == (["10.10.0.2"], True, "2.2.7")
        found = node.configuration
        assert found.large
        assert found.applied is None
        assert found.applied_but_nopreempt is None
        if part == "running":
            assert (found.running, found.advert_settings, found.drain_obstacles) == (None, None, {})
            assert (node.running_flag, node.running_drained) == (None, None)
            assert found.origin == "deployed"
        else:
            assert (found.contents, found.running) == (None, kept.running)
            assert found.sha256 != kept.sha256
            assert found.origin == "edited"  # nobody takes it for ours: it is not replaced without a copy
    assert not kept.large


def test_a_report_is_read_by_its_mark() -> None:
    mark = "5a1c5b7c-0000-4000-8000-000000000000"
    whole = "".join(f"\n{mark} {key}\n{text}" for key, text in parts(flag="1700\n").items())
    told = base64.b64encode(f"{mark}{whole}".encode()).decode()
    assert read_report([f"report {told}", "end"]) == read(flag="1700\n")
    forged = base64.b64encode(f"no mark{whole}".encode()).decode()
    with pytest.raises(ReportError, match="does not begin with a mark"):
        read_report([f"report {forged}", "end"])


def test_the_time_of_start_is_told_or_unknown() -> None:
    assert read().unit.since == datetime(2026, 11, 22, 11, 16, 40, tzinfo=UTC)
    assert read(unit=unit(**STOPPED)).unit.since is None
    assert read(unit=unit(**UNTOLD[0])).unit.since is None


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        ("active", True),
        ("reloading", True),
        ("activating", False),
        ("deactivating", False),
        ("failed", False),
        ("inactive", False),
    ],
)
def test_what_systemd_calls_active_or_reloading_runs(state: str, runs: bool) -> None:
    assert read(unit=unit(ActiveState=state)).unit.runs is runs


@pytest.mark.parametrize(("state", "enabled"), [("enabled", True), ("disabled", False), ("masked", False), ("", False)])
def test_only_enabled_is_enabled(state: str, enabled: bool) -> None:
    assert read(unit=unit(UnitFileState=state)).unit.enabled is enabled


A, B = "vrrp_instance A {\n}\n", "vrrp_instance B {\n}\n"
APPLIED: list[tuple[dict[str, Any], bool | None]] = [
    ({"configuration": f"# note\n{A}", "running": f"# /etc/keepalived/keepalived.conf\n{A}!\n"}, True),
    ({"configuration": B, "running": A}, False),
    ({"configuration": A}, None),  # the daemon keeps no copy, or does not run
    ({"running": A}, None),
    ({}, None),
    ({"configuration": A, "running": ""}, None),
    ({"configuration": f"{A}include x\n", "running": A}, None),
    ({"configuration": A, "running": A, "unit": unit(NeedDaemonReload="yes")}, False),
    ({"configuration": A, "running": A, "unit": unit(**STOPPED)}, None),
]


@pytest.mark.parametrize(("changed", "applied"), APPLIED)
def test_applied_means_the_file_and_the_unit_on_disk_are_what_runs(
    changed: dict[str, Any], applied: bool | None
) -> None:
    assert read(**changed).applied is applied


def test_the_addresses_of_an_instance_are_told_without_prefix_length() -> None:
    dump = DUMP.replace('["10.10.0.2 dev', '["fd00::2/64 dev enp0s3","10.10.0.2/24 dev')
    instances = read(dump=dump).instances
    assert instances is not None
    assert instances["VI_1"].addresses == ["fd00::2", "10.10.0.2"]


ADVERT_SETTINGS = [
    ("vrrp_instance A {\ninterface enp0s3\n}\n", ["A"]),
    ("vrrp_instance A {\n", None),  # not ours, and not to be understood
    ("vrrp_instance A {\nvirtual_router_id $ID\n}\n", None),
    (None, None),
]


@pytest.mark.parametrize(("running", "instances"), ADVERT_SETTINGS)
def test_the_advert_settings_that_run_are_told_or_unknown(running: str | None, instances: list[str] | None) -> None:
    node = read(running=running)
    assert node.holds == ["10.10.0.2"]
    assert (node.configuration.advert_settings and list(node.configuration.advert_settings)) == instances


HOLDS = [
    (["10.10.0.2"], {"enp0s3": ["10.10.0.3", "10.10.0.2"]}, ["10.10.0.2"]),
    (["10.10.0.2"], {"enp0s3": ["10.10.0.3", "10.10.0.20"]}, []),
    (["10.10.0.2"], {"enp0s3": ["10.10.0.3"], "dummy0": ["10.10.0.2"]}, ["10.10.0.2"]),
    (["fd00::2", "10.10.0.2"], {"enp0s3": ["10.10.0.2", "fd00::2"]}, ["fd00::2", "10.10.0.2"]),  # in the order asked
    (["10.10.0.2"], {}, []),
    ([], {"enp0s3": ["10.10.0.2"]}, []),
]


@pytest.mark.parametrize(("asked", "interfaces", "holds"), HOLDS)
def test_a_node_holds_what_its_kernel_has(asked: list[str], interfaces: dict[str, list[str]], holds: list[str]) -> None:
    question = f'{{"flag": "/f", "check": "script", "addresses": {str(asked).replace(chr(39), chr(34))}}}'
    assert read(asked=question, addresses=kernel(**interfaces)).holds == holds


def test_the_networks_are_those_of_the_nodes_own_addresses() -> None:
    told = [
        {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
        {
            "ifname": "enp0s3",
            "addr_info": [
                {"local": "10.10.0.3", "prefixlen": 24},
                {"local": "10.10.0.2", "prefixlen": 16},  # the floating one
                {"local": "fe80::1", "prefixlen": 64},
                {"local": "fd00:10::3", "prefixlen": 64},
                {"local": "10.10.0.33", "prefixlen": 24},
            ],
        },
        {"ifname": "enp0s8", "addr_info": []},
    ]
    question = '{"flag": "/f", "check": "script", "addresses": ["10.10.0.2"]}'
    node = read(asked=question, addresses=json.dumps(told))
    assert node.networks == {"enp0s3": ["10.10.0.0/24", "fd00:10::/64"]}
    assert node.links.networks == node.networks
    assert read(addresses=kernel(enp0s3=["10.10.0.3"])).networks == {}


def test_the_interface_is_the_one_that_carries_the_address() -> None:
    node = read(addresses=kernel(lo=["127.0.0.1"], enp0s3=["10.10.0.3"], enp0s8=["10.10.0.33"]))
    assert [node.interface_of(address) for address in ("10.10.0.3", "10.10.0.33", "10.10.0.4")] == [
        "enp0s3",
        "enp0s8",
        None,
    ]


DRAINED = [
    # check, content of the flag (None: absent), drained
    ("script", None, False),
    ("script", "", True),
    ("script", "1\n", True),
    ("script", "0\n", True),  # presence alone counts
    ("file", None, False),
    ("file", "", False),  # `touch`: keepalived reads 0
    ("file", "1\n", True),
    ("file", "1", True),
    ("file", " 2\n", True),
    ("file", "+1\n", True),
    ("file", "0\n", False),
    ("file", "-1\n", False),
    ("file", "yes\n", False),
    ("file", "maintenance 1\n", False),
]


@pytest.mark.parametrize(("check", "content", "drained"), DRAINED)
def test_a_flag_drains_as_keepalived_looks_at_it(check: str, content: str | None, drained: bool) -> None:
    assert is_drained(check, Flag(path="/run/flag", present=content is not None, content=content)) is drained
    node = read(
        asked=f'{{"flag": "/run/flag", "check": "{check}", "addresses": []}}',
        flag="" if content is None else f"1700\n{content}",
    )
    assert node.drained is drained
    assert node.flag == Flag(
        path="/run/flag",
        present=content is not None,
        content=content,
        since=None if content is None else datetime.fromtimestamp(1700, UTC),
    )


BOOTS = [
    ("5a1c3b0e-9d3f-4f0c-8a55-1f2e3d4c5b6a/21\n", "5a1c3b0e-9d3f-4f0c-8a55-1f2e3d4c5b6a/21"),
    ("\n", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("said", "boot"), BOOTS)
def test_the_boot_is_read_or_unknown(said: str | None, boot: str | None) -> None:
    assert read(boot=said).boot == boot


CHECKPOINT = """\
run: reboot
by: alice@notebook
begun: 2026-01-31 10:11:12 UTC
boot: 5a1c3b0e/21
nodes: server01 server02
failed: web.service
availability: Active
waiting: agent=1 web=2
"""


def test_a_checkpoint_is_read() -> None:
    found = read(boot="5a1c3b0e/22\n", checkpoint=CHECKPOINT)
    assert found.checkpoint == Checkpoint(
        run="reboot",
        by="alice@notebook",
        begun="2026-01-31 10:11:12 UTC",
        boot="5a1c3b0e/21",
        availability="Active",
        waiting={"agent": 1, "web": 2},
        nodes=("server01", "server02"),
        failed=("web.service",),
    )
    assert found.to_json()["checkpoint"] == {
        "run": "reboot",
        "by": "alice@notebook",
        "begun": "2026-01-31 10:11:12 UTC",
        "boot": "5a1c3b0e/21",
        "availability": "Active",
        "waiting": {"agent": 1, "web": 2},
        "nodes": ["server01", "server02"],
        "failed": ["web.service"],
    }


NO_NOTES = [
    None,
    "",
    "\n",
    CHECKPOINT.replace("run: reboot\n", ""),
    CHECKPOINT.replace("reboot", "sleep"),
    CHECKPOINT.replace("web=2", "web"),
    "\0\ufffd\n",
    "1\n",
]


@pytest.mark.parametrize("text", NO_NOTES)
def test_a_damaged_checkpoint_is_none_and_the_rest_is_read(text: str | None) -> None:
    found = read(boot="5a1c3b0e/22\n", checkpoint=text)
    assert found == read(boot="5a1c3b0e/22\n")
    assert (found.checkpoint, found.boot, found.holds) == (None, "5a1c3b0e/22", ["10.10.0.2"])


def test_a_flag_that_vanished_while_it_was_looked_at_is_absent() -> None:
    assert read(flag="").flag == Flag(path="/run/flag", present=False)
