"""The status of a cluster whole: as the document a program reads, and as the table and the lines a person reads."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from keepalived.observed.neighbours import Answer
from keepalived.observed.node import Configuration, Journal, NodeState, Transition
from keepalived.plan.diagnosis.findings import Evidence
from keepalived.spec.flag import Flag, content
from keepalived.status.document import document
from keepalived.status.table import ago, render
from tests.unit.cluster_states import (
    AT_REST,
    FLAG,
    SECOND,
    STOPPED,
    TEXT,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    but,
    node,
    state,
)

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
MAC = "52:54:00:00:00:02"


def changed(one: NodeState, **earlier: float) -> NodeState:
    """`one`, which took its present state so long ago."""
    change = Transition(time=NOW - timedelta(**earlier), instance="VI_1", state="MASTER" if one.holds else "BACKUP")
    return but(one, journal=Journal(last_change=change, adverts_from=[]))


UPGRADED = Flag(
    path=FLAG,
    present=True,
    content=content("alice@notebook", "kernel upgrade", until_reboot=True),
    since=NOW - timedelta(hours=1),
)
DRAINED = changed(but(node(3, drained=True), flag=UPGRADED), minutes=59)
HEALTHY = Evidence(
    state(DRAINED, changed(but(node(102, VIP), macs={"enp0s3": MAC}), minutes=59), changed(THIRD, days=9)),
    texts=dict.fromkeys(AT_REST.nodes, TEXT),
    answers={VIP: Answer((MAC,))},
)
SICK = Evidence(
    state(
        UNREAD,
        changed(but(node(102, VIP), configuration=but(SECOND.configuration, origin="foreign")), seconds=45),
        but(
            STOPPED,
            version=None,
            configuration=Configuration(sha256=None, applied=None, running=None),
            journal=Journal(last_change=None, adverts_from=[]),
        ),
    ),
    answers={VIP: Answer(None, "only root may ask the network")},
)


def test_the_document_of_a_healthy_cluster() -> None:
    assert document([HEALTHY], NOW).model_dump(mode="json") == {
        "version": 1,
        "time": "2026-01-31T12:00:00Z",
        "healthy": True,
        "clusters": {
            "managers": {
                "healthy": True,
                "addresses": {"10.10.0.2": {"instance": "VI_1", "holders": ["server02"], "answered_by": [MAC]}},
                "nodes": {
                    "server01": {
                        "address": "10.10.0.3",
                        "reachable": True,
                        "holds": [],
                        "instances": {"VI_1": {"state": "BACKUP", "effective_priority": 3, "base_priority": 3}},
                        "drained": {
                            "since": "2026-01-31T11:00:00Z",
                            "by": "alice@notebook",
                            "run": None,
                            "reason": "kernel upgrade",
                            "until": "reboot",
                        },
                        "failing_checks": {},
                        "connections": {},
                        "keepalived": "2.2.7",
                        "unit": "active",
                        "configuration": "applied",
                        "last_change": "2026-01-31T11:01:00Z",
                    },
                    "server02": {
                        "address": "10.10.0.4",
                        "reachable": True,
                        "holds": ["10.10.0.2"],
                        "instances": {"VI_1": {"state": "MASTER", "effective_priority": 102, "base_priority": 2}},
                        "drained": None,
                        "failing_checks": {},
                        "connections": {},
                        "keepalived": "2.2.7",
                        "unit": "active",
                        "configuration": "applied",
                        "last_change": "2026-01-31T11:01:00Z",
                    },
                    "server03": {
                        "address": "10.10.0.5",
                        "reachable": True,
                        "holds": [],
                        "instances": {"VI_1": {"state": "BACKUP", "effective_priority": 101, "base_priority": 1}},
                        "drained": None,
                        "failing_checks": {},
                        "connections": {},
                        "keepalived": "2.2.7",
                        "unit": "active",
                        "configuration": "applied",
                        "last_change": "2026-01-22T12:00:00Z",
                    },
                },
                "problems": [],
            }
        },
    }


def test_the_document_of_a_sick_cluster() -> None:
    assert document([SICK], NOW).model_dump(mode="json") == {
        "version": 1,
        "time": "2026-01-31T12:00:00Z",
        "healthy": False,
        "clusters": {
            "managers": {
                "healthy": False,
                "addresses": {"10.10.0.2": {"instance": "VI_1", "holders": ["server02"], "answered_by": None}},
                "nodes": {
                    "server01": {
                        "address": "10.10.0.3",
                        "reachable": False,
                        "holds": None,
                        "instances": None,
                        "drained": None,
                        "failing_checks": None,
                        "connections": None,
                        "keepalived": None,
                        "unit": None,
                        "configuration": "unknown",
                        "last_change": None,
                    },
                    "server02": {
                        "address": "10.10.0.4",
                        "reachable": True,
                        "holds": ["10.10.0.2"],
                        "instances": {"VI_1": {"state": "MASTER", "effective_priority": 102, "base_priority": 2}},
                        "drained": None,
                        "failing_checks": {},
                        "connections": {},
                        "keepalived": "2.2.7",
                        "unit": "active",
                        "configuration": "foreign",
                        "last_change": "2026-01-31T11:59:15Z",
                    },
                    "server03": {
                        "address": "10.10.0.5",
                        "reachable": True,
                        "holds": [],
                        "instances": None,
                        "drained": None,
                        "failing_checks": {},
                        "connections": {},
                        "keepalived": None,
                        "unit": "inactive",
                        "configuration": "unknown",
                        "last_change": None,
                    },
                },
                "problems": [
                    {
                        "id": "node-unreadable",
                        "severity": "fault",
                        "node": "server01",
                        "problem": "server01 cannot be read",
                        "cure": "Check that it is up: ssh server01 true",
                        "command": "ssh server01 true",
                    },
                    {
                        "id": "keepalived-not-installed",
                        "severity": "fault",
                        "node": "server03",
                        "problem": "keepalived is not installed on server03",
                        "cure": "Take server03 out of managers.yml, or deploy: pyinfra inventory.py deploy.py",
                        "command": "pyinfra inventory.py deploy.py",
                    },
                    {
                        "id": "configuration-foreign",
                        "severity": "untidy",
                        "node": "server02",
                        "problem": "/etc/keepalived/keepalived.conf on server02 is not from this repository",
                        "cure": "Deploy, which says what is lost when it is replaced, and keeps a copy: "
                        "pyinfra inventory.py deploy.py --data adopt=true",
                        "command": "pyinfra inventory.py deploy.py --data adopt=true",
                    },
                ],
            }
        },
    }


def plain(*clusters: Evidence, width: int = 200) -> str:
    """What stands on the terminal, without colours and blanks at the ends of lines."""
    shown = StringIO()
    Console(width=width, no_color=True, force_terminal=False, file=shown).print(render(clusters, NOW))
    return "".join(f"{line.rstrip()}\n" for line in shown.getvalue().splitlines())


AGO = [
    ({"seconds": -5}, "0 s"),  # a clock that is slow
    ({"seconds": 0.4}, "0 s"),
    ({"seconds": 45}, "45 s"),
    ({"seconds": 119}, "119 s"),
    ({"minutes": 2}, "2 min"),
    ({"minutes": 12, "seconds": 59}, "12 min"),
    ({"minutes": 119, "seconds": 59}, "119 min"),
    ({"hours": 2}, "2 h"),
    ({"hours": 47, "minutes": 59}, "47 h"),
    ({"days": 2}, "2 d"),
    ({"days": 900}, "900 d"),
]


@pytest.mark.parametrize(("earlier", "words"), AGO)
def test_a_time_is_told_by_how_long_ago_it_was(earlier: dict[str, float], words: str) -> None:
    assert ago(NOW, NOW - timedelta(**earlier)) == words


HEALTHY_TABLE = """\
managers
node      holds      state   priority  drained  check  version  config   last change
server01  -          BACKUP  3 (3)     yes      +0     2.2.7    applied  59 min ago
server02  10.10.0.2  MASTER  102 (2)   -        +100   2.2.7    applied  59 min ago
server03  -          BACKUP  101 (1)   -        +100   2.2.7    applied  9 d ago
server01 is drained since 2026-01-31 11:00:00 UTC by alice@notebook (kernel upgrade), until its next boot.
Nothing is wrong: 10.10.0.2 is held by server02, and one machine answers for each address.
"""
SICK_TABLE = """\
managers
node      holds      state          priority  drained  check  version  config   last change
server01  ?          unreachable    ?         ?        ?      ?        ?        ?
server02  10.10.0.2  MASTER         102 (2)   -        +100   2.2.7    foreign  45 s ago
server03  -          not installed  -         -        -      -        unknown  -
10.10.0.2 is held by server02.
server01 cannot be read. [node-unreadable]
  Check that it is up:
    ssh server01 true
keepalived is not installed on server03. [keepalived-not-installed]
  Take server03 out of managers.yml, or deploy:
    pyinfra inventory.py deploy.py
/etc/keepalived/keepalived.conf on server02 is not from this repository. [configuration-foreign]
  Deploy, which says what is lost when it is replaced, and keeps a copy:
    pyinfra inventory.py deploy.py --data adopt=true
Status did not ask who answers on the network: only root may ask the network.
"""
BOTH = ("VI_1", "VI_2")
TWO_AT_REST = state(
    but(node(103, VIP, "10.10.0.9", instances=BOTH), macs={"enp0s3": MAC}),
    node(102, instances=BOTH),
    node(101, instances=BOTH),
    text=TWO,
)
TWO_TABLE = """\
managers
node      holds      state   priority  drained  check  version  config   last change
server01  10.10.0.2  MASTER  103 (3)   -        +100   2.2.7    applied  -
          10.10.0.9
server02  -          BACKUP  102 (2)   -        +100   2.2.7    applied  -
server03  -          BACKUP  101 (1)   -        +100   2.2.7    applied  -
Nothing is wrong: 10.10.0.2 is held by server01, 10.10.0.9 is held by server01.
"""
TABLES = {
    "healthy": ([HEALTHY], HEALTHY_TABLE),
    "sick": ([SICK], SICK_TABLE),
    "two instances": ([Evidence(TWO_AT_REST)], TWO_TABLE),
    "two clusters": ([SICK, HEALTHY], f"{SICK_TABLE}\n{HEALTHY_TABLE}"),
    "none": ([], ""),
}


@pytest.mark.parametrize(("clusters", "text"), TABLES.values(), ids=TABLES)
def test_clusters_are_shown_in_a_table_each_and_below_it_what_is_wrong(clusters: list[Evidence], text: str) -> None:
    assert plain(*clusters) == text


ODD = "a [red]reason[/red] with {braces} and :smile:"
COLOURFUL = Evidence(state(but(DRAINED, flag=but(UPGRADED, content=content("alice", ODD))), node(102, VIP), THIRD))


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    assert f"by alice ({ODD})" in plain(COLOURFUL)


NARROW = """\
managers
node      holds      state          priority  drained  check
server01  ?          unreachable    ?         ?        ?
server02  10.10.0.2  MASTER         102 (2)   -        +100
server03  -          not installed  -         -        -
node      version  config                 last change
server01  ?        ?                      ?
server02  2.2.7    waiting for a restart  119 min ago
server03  -        unknown                -
"""
WAITING = changed(but(node(102, VIP), configuration=but(SECOND.configuration, applied=False)), minutes=119)


def test_where_a_line_has_no_room_for_the_table_it_is_two() -> None:
    seen = Evidence(state(UNREAD, WAITING, but(STOPPED, version=None)))
    assert plain(seen, width=80).startswith(NARROW)
    assert plain(seen, width=110).splitlines()[1].endswith("version  config                 last change")


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_line_fits_the_terminal(width: int) -> None:
    assert max(map(len, plain(HEALTHY, SICK, width=width).splitlines())) <= width


def test_a_drain_that_is_a_problem_is_told_once() -> None:
    drained = but(node(3, drained=True), flag=but(UPGRADED, content=content(run="deploy")))
    assert plain(Evidence(state(drained, node(102, VIP), THIRD))).count("server01 is drained") == 1


RED, YELLOW, GREEN = "\x1b[31m", "\x1b[33m", "\x1b[1;32m"
COLOURS = [
    (HEALTHY, f"{GREEN}10.10.0.2", True),
    (HEALTHY, f"{YELLOW}yes", True),
    (HEALTHY, RED, False),
    (HEALTHY, f"{YELLOW}applied", False),
    (SICK, f"{RED}unreachable", True),
    (SICK, f"{RED}not installed", True),
    (SICK, f"{RED}MASTER", False),
    (SICK, f"{YELLOW}foreign", True),
    (SICK, f"{YELLOW}-", False),
    (SICK, f"{RED}server01 cannot be read", True),
]


@pytest.mark.parametrize(("seen", "painted", "there"), COLOURS)
def test_on_a_terminal_colours_show_where_to_look(seen: Evidence, painted: str, there: bool) -> None:
    shown = StringIO()
    Console(width=200, force_terminal=True, color_system="standard", file=shown).print(render([seen], NOW))
    assert (painted in shown.getvalue()) is there


FAULT_AND_MASTER = {
    "VI_1": next(iter((node(103, VIP).instances or {}).values())),
    "VI_2": next(iter((node(102, says="FAULT").instances or {}).values())),
}


def test_a_state_stands_beside_its_own_priority() -> None:
    first = but(node(103, VIP), instances=FAULT_AND_MASTER)
    seen = state(first, node(102, "10.10.0.9", instances=BOTH), node(101, instances=BOTH), text=TWO)
    found = {
        cell
        for line in plain(Evidence(seen)).splitlines()
        for cell in ["MASTER  103 (3)", "FAULT   102 (2)"]
        if cell in line
    }
    assert found == {"MASTER  103 (3)", "FAULT   102 (2)"}


ANSWERED = "and one machine answers for each address"
NOT_EACH = {
    "nobody answers": Evidence(AT_REST, answers={VIP: Answer(())}),
    "one address was not asked": Evidence(
        TWO_AT_REST, answers={VIP: Answer((MAC,)), "10.10.0.9": Answer(None, "no route")}
    ),
}


@pytest.mark.parametrize("seen", NOT_EACH.values(), ids=NOT_EACH)
def test_an_answer_for_each_address_is_told_only_where_there_was_one(seen: Evidence) -> None:
    assert ANSWERED not in plain(seen)


def test_who_answers_is_not_told_where_it_was_not_asked() -> None:
    assert ANSWERED not in plain(Evidence(AT_REST))
    assert "did not ask" not in plain(Evidence(AT_REST))


def test_no_cluster_is_no_sick_one() -> None:
    assert document([], NOW).healthy


def test_one_sick_cluster_makes_the_whole_sick() -> None:
    other = Evidence(state(UNREAD, node(102, VIP), THIRD, name="other"))
    found = document([HEALTHY, other], NOW)
    assert {name: cluster.healthy for name, cluster in found.clusters.items()} == {"managers": True, "other": False}
    assert not found.healthy


def test_the_document_tells_a_deploys_drain_from_one_by_hand() -> None:
    by_hand, by_deploy = (
        document([Evidence(state(but(DRAINED, flag=but(UPGRADED, content=said)), node(102, VIP), THIRD))], NOW)
        for said in ("", content(run="deploy"))
    )
    drained = [found.clusters["managers"].nodes["server01"].drained for found in (by_hand, by_deploy)]
    assert drained[0] != drained[1]
