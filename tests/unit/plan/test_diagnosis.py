"""What is wrong with a cluster is told in words, worst first, each with what to do; a healthy one has no problem."""

from datetime import UTC, datetime

import pytest

from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import Change, Journal, NodeState
from keepalived.plan.diagnosis import (
    BAD,
    RISK,
    UNTIDY,
    WORST,
    Outside,
    Problem,
    likely,
    problems,
    standing_of_configuration,
)
from keepalived.spec.flag import Flag, Run, content
from tests.unit.cluster_states import (
    ALONE,
    AT_REST,
    DRAINED,
    FIRST,
    FLAG,
    HOLDING,
    ONE,
    SECOND,
    STOPPED,
    TEXT,
    THIRD,
    TWO,
    UNREAD,
    VIP,
    but,
    node,
    saying,
    state,
)

BOTH = ("VI_1", "VI_2")
FILE = f"{ONE}drain: {{check: file}}\n"
SECOND_HOLDS = node(102, VIP)
SECOND_DRAINED, THIRD_DRAINED = node(2, drained=True), node(1, drained=True)


def worst(words: str, cure: str, node: str | None = None) -> Problem:
    return Problem(WORST, node, words, cure)


def bad(node: str | None, words: str, cure: str) -> Problem:
    return Problem(BAD, node, words, cure)


def risk(node: str, words: str, cure: str) -> Problem:
    return Problem(RISK, node, words, cure)


def untidy(node: str | None, words: str, cure: str) -> Problem:
    return Problem(UNTIDY, node, words, cure)


def unread(name: str) -> Problem:
    return bad(name, f"{name} cannot be read: nothing is known of it", f"Look whether it is up: ssh {name} true")


def stopped(name: str, how: str = "inactive") -> Problem:
    return bad(
        name,
        f"keepalived is {how} on {name}",
        "Read why: journalctl -u keepalived -e; then systemctl start keepalived, or run deploy.py",
    )


HEALTHY = {
    "at rest": AT_REST,
    "an operator has drained the holder": state(DRAINED, SECOND_HOLDS, THIRD),
    "an operator has drained a backup": state(FIRST, SECOND_DRAINED, THIRD_DRAINED),
    "a node alone": state(node(101, VIP), text=ALONE),
    "two instances": state(
        node(103, VIP, "10.10.0.9", instances=BOTH), node(102, instances=BOTH), node(101, instances=BOTH), text=TWO
    ),
    "a look at a file": state(
        saying(FIRST, base_priority=103), saying(SECOND, base_priority=102), saying(THIRD, base_priority=101), text=FILE
    ),
    "a node drained by a file": state(
        saying(DRAINED, base_priority=103), saying(SECOND_HOLDS, base_priority=102), THIRD, text=FILE
    ),
    "backups hear the holder": state(FIRST, saying(SECOND, master_priority=103), saying(THIRD, master_priority=103)),
    "a holder remembers its predecessor": state(saying(FIRST, master_priority=102), SECOND, THIRD),
    "nodes hear one another": state(
        FIRST, but(SECOND, journal=Journal(last_change=None, adverts_from=["10.10.0.3", "10.10.0.5"])), THIRD
    ),
    "nodes hear one another by other addresses than their own": state(
        but(FIRST, interfaces={"enp0s3": ["10.10.0.3", "10.10.0.2", "fe80::1"], "enp0s8": ["10.20.0.3"]}),
        but(SECOND, journal=Journal(last_change=None, adverts_from=["10.20.0.3", "fe80::1"])),
        THIRD,
    ),
    "the holder is one of two with the highest priority": state(node(102), SECOND_HOLDS, THIRD),
    "a daemon that keeps no copy of its configuration": state(
        but(FIRST, configuration=but(FIRST.configuration, applied=None, running=None)), SECOND, THIRD
    ),
}


@pytest.mark.parametrize("seen", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_cluster_has_no_problem(seen: ClusterState) -> None:
    assert problems(seen) == []
    assert problems(seen, dict.fromkeys(seen.nodes, f"# a comment\n{TEXT}")) == []
    assert likely(seen) == []


NOBODY = "Start keepalived on a node, or mend what keeps its instance from BACKUP: see below"
NOT_INSTALLED = "Run deploy.py, or take it out of managers.yml"
NOT_HEARD = "They do not hear each other: look for a firewall or a switch that stops protocol 112 between them"
RESTORE = "Restore a node: pyinfra inventory.py tasks/restore.py --limit NODE"
MOVES = "It moves within 4.5 s; "
HOLDERS: list[tuple[ClusterState, list[Problem]]] = [
    (state(node(103), SECOND, THIRD), [worst("10.10.0.2 is held by no node", NOBODY)]),
    (
        state(STOPPED, node(None, active="failed"), STOPPED),
        [
            worst("10.10.0.2 is held by no node", NOBODY),
            stopped("server01"),
            stopped("server02", "failed"),
            stopped("server03"),
        ],
    ),
    (
        state(UNREAD, SECOND, UNREAD),
        [
            worst("10.10.0.2 is held by no node that could be read (server01, server03 could not)", NOBODY),
            unread("server01"),
            unread("server03"),
        ],
    ),
    (
        state(UNREAD, saying(SECOND, master_priority=103), UNREAD),
        [
            bad(
                None,
                "10.10.0.2 is held by no node that could be read (server01, server03 could not)",
                "A master is heard, probably server01 or server03: mend the way to it",
            ),
            unread("server01"),
            unread("server03"),
        ],
    ),
    (
        state(node(103), saying(SECOND, master_priority=200), THIRD),
        [
            worst(
                "10.10.0.2 is held by no node",
                "server02 hears a master of virtual_router_id 51: find out which machine that is, drain it there or "
                "give this cluster another virtual_router_id",
            )
        ],
    ),
    (
        state(saying(node(103, says="MASTER"), master_priority=102), saying(SECOND, master_priority=103), THIRD),
        [
            worst(
                "10.10.0.2 is held by no node",
                "server01 says MASTER, and its kernel lacks the address: restart keepalived there",
            )
        ],
    ),
    (
        state(but(node(None, VIP, active="inactive"), version=None), SECOND, THIRD),
        [
            worst(
                "the kernel of server01 has 10.10.0.2 without any keepalived",
                "Take the address off there: ip address del",
                "server01",
            ),
            bad("server01", "keepalived is not installed on server01", NOT_INSTALLED),
        ],
    ),
    (state(FIRST, SECOND_HOLDS, THIRD), [worst("10.10.0.2 is held by server01 and server02 at once", NOT_HEARD)]),
    (
        state(FIRST, node(None, VIP, active="failed"), THIRD),
        [
            worst(
                "10.10.0.2 is held by server01 and server02 at once",
                "One of them does not run keepalived and has kept the address: see below",
            ),
            worst(
                "keepalived is failed on server02, whose kernel still has 10.10.0.2",
                "Start it there, which takes the address off or up: systemctl start keepalived",
                "server02",
            ),
        ],
    ),
    (
        state(node(None, VIP, active="inactive"), SECOND, THIRD),
        [
            worst(
                "keepalived is inactive on server01, whose kernel still has 10.10.0.2",
                "Start it there, which takes the address off or up: systemctl start keepalived",
                "server01",
            )
        ],
    ),
    (
        state(HOLDING, SECOND, THIRD),
        [
            bad(
                "server01",
                "server01 is drained and still holds 10.10.0.2",
                f"{MOVES}if it does not, the reason stands below",
            )
        ],
    ),
    (
        state(HOLDING, SECOND_DRAINED, STOPPED),
        [
            bad("server01", "server01 is drained and holds 10.10.0.2, for no other node is able to", RESTORE),
            stopped("server03"),
        ],
    ),
    (
        state(node(1, VIP, drained=True), text=ALONE),
        [bad("server01", "server01 is drained and holds 10.10.0.2, for no other node is able to", RESTORE)],
    ),
    (
        state(node(103), SECOND_HOLDS, THIRD),
        [
            bad(
                "server01",
                "10.10.0.2 is held by server02 although server01 has the higher priority (103 against 102)",
                f"{MOVES}if not, server01 does not send or may not preempt",
            )
        ],
    ),
    (
        state(
            node(103, VIP, instances=BOTH), node(102, instances=BOTH), node(101, "10.10.0.9", instances=BOTH), text=TWO
        ),
        [
            bad(
                "server01",
                "10.10.0.9 is held by server03 although server01 has the higher priority (103 against 101)",
                f"{MOVES}if not, server01 does not send or may not preempt",
            )
        ],
    ),
]


@pytest.mark.parametrize(("seen", "found"), HOLDERS)
def test_an_address_has_one_holder_and_the_best(seen: ClusterState, found: list[Problem]) -> None:
    assert problems(seen) == found


DEPLOY = "Run deploy.py"
LOOK_AGAIN = "Look again in a moment; if it stays"
OLD_FLAG = Flag(path="/tmp/releasevip", present=False)  # noqa: S108 - the origin's
PRESENT = Flag(path=FLAG, present=True)


def obstacle(one: NodeState, words: str) -> NodeState:
    return but(one, configuration=but(one.configuration, drain_obstacles={"VI_1": words}))


NODES: list[tuple[NodeState | None, list[Problem]]] = [
    # server02 is what is wrong
    (UNREAD, [unread("server02")]),
    (STOPPED, [stopped("server02")]),
    (node(None, active="activating"), [stopped("server02", "activating")]),
    (
        but(STOPPED, version=None, unit=but(STOPPED.unit, enabled=False)),
        [bad("server02", "keepalived is not installed on server02", NOT_INSTALLED)],
    ),
    (
        node(None),
        [bad("server02", "keepalived on server02 does not tell its state", "systemctl status keepalived there")],
    ),
    (
        node(102, instances=("VI_0",)),
        [bad("server02", "keepalived on server02 does not know VI_1", DEPLOY)],
    ),
    (
        node(102, says="FAULT"),
        [
            bad(
                "server02",
                "VI_1 is in state FAULT on server02: it cannot take over",
                "Look at its network interface and its checks: journalctl -u keepalived -e",
            )
        ],
    ),
    (
        but(SECOND, unit=but(SECOND.unit, enabled=False)),
        [risk("server02", "keepalived is not enabled on server02: it stays away after the next boot", DEPLOY)],
    ),
    (
        but(SECOND_DRAINED, flag=Flag(path=FLAG, present=True, content=content(run="deploy"))),
        [
            risk(
                "server02",
                "server02 was drained by a deploy that is under way or did not end",
                "If none runs: run deploy.py again, or tasks/restore.py --limit server02",
            )
        ],
    ),
    (
        but(SECOND, flag=Flag(path=FLAG, present=True, content="")),
        [
            risk(
                "server02",
                f"the flag {FLAG} on server02 is there and drains nothing: `check: file` wants a number in it",
                "Take it away or write 1 into it; tasks/drain.py and tasks/restore.py do",
            )
        ],
    ),
    (
        but(SECOND, flag_open=True),
        [
            risk(
                "server02",
                f"everybody on server02 may make or remove {FLAG}: its folder is world-writable",
                "Set drain.flag in managers.yml to a path in a folder of root's",
            )
        ],
    ),
    (
        obstacle(SECOND, "nopreempt: it waits"),
        [risk("server02", "the running configuration of server02 has, in VI_1, nopreempt: it waits", DEPLOY)],
    ),
    (
        obstacle(SECOND_DRAINED, "nopreempt: it waits"),
        [risk("server02", "the running configuration of server02 has, in VI_1, nopreempt: it waits", DEPLOY)],
    ),
]


@pytest.mark.parametrize(("second", "found"), NODES)
def test_a_node_does_its_part(second: NodeState | None, found: list[Problem]) -> None:
    assert problems(state(FIRST, second, THIRD)) == found


RAISED = node(102, drained=True)
NOT_LOWERED = [
    (RAISED, f"{LOOK_AGAIN}: journalctl -u keepalived -e"),
    (but(RAISED, running_flag=PRESENT), f"{LOOK_AGAIN}: journalctl -u keepalived -e"),
    (but(RAISED, running_flag=OLD_FLAG), "Its daemon looks at /tmp/releasevip: run deploy.py"),
    (
        but(RAISED, flag_seen=False),
        "Its daemon does not see that file: the unit has a file system of its own (PrivateTmp= or the like)",
    ),
    (but(RAISED, flag_seen=True), f"{LOOK_AGAIN}: journalctl -u keepalived -e"),
    (obstacle(RAISED, "no check"), "Its running configuration has no check: run deploy.py"),
    (obstacle(but(RAISED, running_flag=OLD_FLAG), "no check"), "Its daemon looks at /tmp/releasevip: run deploy.py"),
]


@pytest.mark.parametrize(("second", "cure"), NOT_LOWERED)
def test_a_drained_node_that_keeps_its_priority_is_told_with_the_likely_reason(second: NodeState, cure: str) -> None:
    words = f"server02 is drained by {FLAG} but announces priority 102 in VI_1"
    assert problems(state(FIRST, second, THIRD)) == [risk("server02", words, cure)]


LOWERED = [
    (node(2), f"{LOOK_AGAIN}, its check fails: journalctl -u keepalived -e"),
    (but(node(2), running_flag=OLD_FLAG), f"{LOOK_AGAIN}, its check fails: journalctl -u keepalived -e"),
    (
        but(node(2), running_flag=but(OLD_FLAG, present=True)),
        "Its daemon looks at /tmp/releasevip, which is there: run deploy.py",
    ),
    (obstacle(node(2), "no check"), "Its running configuration has no check: run deploy.py"),
]


@pytest.mark.parametrize(("second", "cure"), LOWERED)
def test_a_lowered_priority_without_a_flag_is_told_with_the_likely_reason(second: NodeState, cure: str) -> None:
    words = "server02 announces the lowered priority 2 in VI_1 without a flag"
    assert problems(state(FIRST, second, THIRD)) == [risk("server02", words, cure)]


AWARDS = [
    # check, priority while out of service (script) or in service (file), announced, drained, told
    ("script", 50, 60, False, False),  # whatever numbers are configured
    ("script", 50, 50, False, True),
    ("script", 50, 50, True, False),
    ("script", 50, 40, True, False),
    ("script", 50, 60, True, True),
    ("file", 50, 50, False, False),
    ("file", 50, 40, False, True),
    ("file", 50, 40, True, False),
    ("file", 50, 50, True, True),
]


@pytest.mark.parametrize(("check", "base", "announced", "drained", "told"), AWARDS)
def test_flag_and_priority_agree_whatever_the_numbers_are(
    check: str, base: int, announced: int, drained: bool, told: bool
) -> None:
    second = saying(node(announced, drained=drained), base_priority=base)
    first, third = (saying(one, base_priority=1 if check == "script" else 103) for one in (FIRST, THIRD_DRAINED))
    found = problems(state(first, second, third, text=f"{ONE}drain: {{check: {check}}}\n"))
    assert [problem.node for problem in found] == ["server02"] * told


M1, M2, STRANGER = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:99"
MACS = {"lo": "00:00:00:00:00:00", "enp0s3": M1}, {"lo": "00:00:00:00:00:00", "enp0s3": M2}
FIRST_SEEN, SECOND_SEEN = but(FIRST, macs=MACS[0]), but(SECOND, macs=MACS[1])
ON_ETHERNET = state(FIRST_SEEN, SECOND_SEEN, THIRD)
STOP_THEM = (
    "Clients reach one or the other: stop keepalived on all but one, or take the address off by `ip address del`"
)
ANSWERS: list[tuple[ClusterState, list[str], list[Problem]]] = [
    (ON_ETHERNET, [M1], []),
    (
        ON_ETHERNET,
        [M2, M1],
        [worst("10.10.0.2 is answered for by 2 machines on this network: server01, server02", STOP_THEM)],
    ),
    (
        ON_ETHERNET,
        [M1, STRANGER],
        [
            worst(
                f"10.10.0.2 is answered for by 2 machines on this network: an unknown machine ({STRANGER}), server01",
                STOP_THEM,
            )
        ],
    ),
    (
        ON_ETHERNET,
        [STRANGER],
        [
            worst(
                f"10.10.0.2 is answered for by an unknown machine ({STRANGER}), which is no node of managers.yml",
                "Find that machine by its MAC address and take the floating address off it",
            )
        ],
    ),
    (state(but(FIRST, macs={"enp0s3": M1, "enp0s8": M2}), SECOND, THIRD), [M1, M2], []),  # two cards on one network
    (
        ON_ETHERNET,
        [],
        [
            bad(
                None,
                "nobody on this network answers for 10.10.0.2, which server01 holds",
                "Look for what stops ARP (IPv6: neighbour discovery) between here and there: arp_ignore, a switch",
            )
        ],
    ),
    (state(FIRST_SEEN, SECOND_SEEN, UNREAD), [STRANGER], [unread("server03")]),  # which may be that machine
]


@pytest.mark.parametrize(("seen", "macs", "found"), ANSWERS)
def test_one_machine_answers_for_an_address_and_it_is_a_node(
    seen: ClusterState, macs: list[str], found: list[Problem]
) -> None:
    assert problems(seen, outside={VIP: Outside(macs)}) == found


def hears(one: NodeState, *addresses: str) -> NodeState:
    """`one`, whose daemon has complained about adverts from these addresses."""
    change = Change(time=datetime(2026, 1, 31, tzinfo=UTC), instance="VI_1", state="BACKUP")
    return but(one, journal=Journal(last_change=change, adverts_from=list(addresses)))


OTHER_ID = "Give one of the two clusters another virtual_router_id, or take keepalived off that machine"
STAYS = f"{LOOK_AGAIN}, another machine on this network uses this virtual_router_id"
STRANGERS: list[tuple[ClusterState, list[Problem]]] = [
    (
        state(FIRST, hears(SECOND, "10.10.0.3", "10.10.0.77", "10.10.0.78"), THIRD),
        [
            bad(
                "server02",
                "server02 hears adverts of its virtual_router_id from 10.10.0.77, 10.10.0.78, which is no node of "
                "managers.yml",
                OTHER_ID,
            )
        ],
    ),
    (
        state(FIRST, SECOND, saying(THIRD, master_priority=200)),
        [
            bad(
                "server03",
                "server03 hears a master of virtual_router_id 51 with priority 200, which no node announces",
                STAYS,
            )
        ],
    ),
    (
        state(FIRST, saying(SECOND, master_priority=7), saying(THIRD, master_priority=7)),
        [
            bad(
                "server02",
                "server02 hears a master of virtual_router_id 51 with priority 7, which no node announces",
                STAYS,
            )
        ],
    ),
]


@pytest.mark.parametrize(("seen", "found"), STRANGERS)
def test_another_speaker_of_the_same_number_is_told(seen: ClusterState, found: list[Problem]) -> None:
    assert problems(seen) == found


NEW = "vrrp_instance VI_1 {\n    priority 7\n}\n"
RUNS = SECOND.configuration
OLD_UNIT = but(SECOND.unit, current=False)
CONFIGURATIONS: list[tuple[NodeState, str | None, str, Problem | None]] = [
    # node, what this repository has for it, its standing, what is told of it
    (SECOND, None, "applied", None),
    (SECOND, TEXT, "applied", None),
    (SECOND, f"# a comment\n{TEXT}", "applied", None),
    (SECOND, NEW, "differs", untidy("server02", "the configuration of server02 differs from this repository", DEPLOY)),
    (
        but(SECOND, configuration=but(RUNS, applied=False)),
        NEW,
        "waiting for a restart",
        untidy(
            "server02",
            "keepalived on server02 does not run the configuration on its disk",
            "Run deploy.py, in its own order",
        ),
    ),
    (
        but(SECOND, unit=OLD_UNIT),
        TEXT,
        "waiting for a restart",
        untidy(
            "server02", "keepalived on server02 does not run the unit on its disk", "Run deploy.py, in its own order"
        ),
    ),
    (
        but(SECOND, unit=OLD_UNIT, configuration=but(RUNS, applied=None, running=None)),
        TEXT,
        "waiting for a restart",
        untidy(
            "server02", "keepalived on server02 does not run the unit on its disk", "Run deploy.py, in its own order"
        ),
    ),
    (
        but(SECOND, configuration=but(RUNS, origin="edited", applied=False)),
        TEXT,
        "changed by hand",
        untidy(
            "server02",
            "/etc/keepalived/keepalived.conf on server02 was changed by hand",
            "Bring the change into managers.yml; deploy.py puts the file right",
        ),
    ),
    (
        but(SECOND, configuration=but(RUNS, origin="foreign")),
        TEXT,
        "foreign",
        untidy(
            "server02",
            "/etc/keepalived/keepalived.conf on server02 is not from this repository",
            "Deploy, which replaces it",
        ),
    ),
    (but(SECOND, configuration=but(RUNS, origin=None, applied=None)), TEXT, "unknown", None),  # no file
    (but(SECOND, configuration=but(RUNS, applied=None)), TEXT, "unknown", None),
    (but(SECOND, configuration=but(RUNS, applied=None, running=None)), NEW, "unknown", None),
    (but(SECOND, unit=but(SECOND.unit, current=None)), TEXT, "unknown", None),
    (
        but(SECOND, unit=but(SECOND.unit, current=None)),
        NEW,
        "differs",
        untidy("server02", "the configuration of server02 differs from this repository", DEPLOY),
    ),
]


@pytest.mark.parametrize(("second", "due", "standing", "told"), CONFIGURATIONS)
def test_a_configuration_is_applied_or_told_with_what_it_waits_for(
    second: NodeState, due: str | None, standing: str, told: Problem | None
) -> None:
    assert standing_of_configuration(second, due) == standing
    assert problems(state(FIRST, second, THIRD), {"server02": due} if due else None) == ([told] if told else [])


ON_RELOAD = [
    (but(SECOND, unit=OLD_UNIT), "applied"),  # a reload does not take it up, and nobody restarts
    (but(SECOND, unit=but(SECOND.unit, current=None)), "applied"),
    (but(SECOND, configuration=but(RUNS, applied=False)), "waiting for a restart"),
    (but(SECOND, configuration=but(RUNS, applied=None)), "unknown"),
]


@pytest.mark.parametrize(("second", "standing"), ON_RELOAD)
def test_where_changes_are_reloaded_an_older_unit_is_no_matter(second: NodeState, standing: str) -> None:
    assert standing_of_configuration(second, TEXT, "reload") == standing
    found = problems(state(FIRST, second, THIRD, text=f"{ONE}on_change: reload\n"))
    assert len(found) == (standing == "waiting for a restart")


def test_what_was_not_read_or_not_installed_has_no_configuration_to_be_told_of() -> None:
    bare = but(STOPPED, version=None, configuration=but(RUNS, origin="foreign"))
    found = problems(state(FIRST, UNREAD, bare), dict.fromkeys(AT_REST.nodes, NEW))
    assert [(problem.severity, problem.node) for problem in found] == [
        (BAD, "server02"),
        (BAD, "server03"),
        (UNTIDY, "server01"),
    ]


VERSIONS = [
    (("2.2.7", "2.2.7", "2.2.7"), []),
    (("2.2.7", "2.3.3", "2.2.7"), ["2.2.7 on server01 and server03, 2.3.3 on server02"]),
    (("2.4.0", "2.3.3", "2.2.7"), ["2.2.7 on server03, 2.3.3 on server02, 2.4.0 on server01"]),
]


@pytest.mark.parametrize(("versions", "listed"), VERSIONS)
def test_different_versions_are_told(versions: tuple[str, str, str], listed: list[str]) -> None:
    nodes = [but(one, version=version) for one, version in zip((FIRST, SECOND, THIRD), versions, strict=True)]
    assert problems(state(*nodes)) == [
        untidy(None, f"different versions of keepalived: {words}", "Upgrade the older ones") for words in listed
    ]


def noted(one: NodeState, boot: str = "0f3c/21", run: Run = "reboot") -> NodeState:
    """`one` with the note of a run that means to end the boot 0f3c/21; `boot` is the one it has now."""
    begun = "2026-01-31 10:11:12 UTC"
    return but(one, boot=boot, maintenance=Checkpoint(run=run, by="alice@notebook", begun=begun, boot="0f3c/21"))


BOOTED = "9a7e/19"
FLAG_OF_REBOOT = Flag(path=FLAG, present=True, content=content(run="reboot"))
REBOOTS = [
    # what is seen, what is left of the reboot
    (state(noted(FIRST), noted(SECOND), noted(THIRD)), "server01, server02, server03 still to be rebooted"),
    (state(noted(FIRST), noted(SECOND, BOOTED), noted(THIRD, BOOTED)), "server01 still to be rebooted"),
    (state(FIRST, noted(SECOND), THIRD), "server02 still to be rebooted"),
    (
        state(noted(FIRST, BOOTED), noted(SECOND, BOOTED), noted(THIRD, BOOTED)),
        "server01, server02, server03 rebooted",
    ),
]


def untidy_reboot(left: str) -> Problem:
    return untidy(
        None,
        f"the reboot that alice@notebook began at 2026-01-31 10:11:12 UTC is under way or did not end: {left}",
        "If none runs: run tasks/reboot.py again, which goes on with it",
    )


@pytest.mark.parametrize(("seen", "left"), REBOOTS)
def test_a_reboot_that_did_not_end_is_told_with_what_is_left_of_it(seen: ClusterState, left: str) -> None:
    assert problems(seen) == [untidy_reboot(left)]
    assert likely(seen) == []


def test_a_reboot_that_stopped_while_a_node_was_away_is_told_behind_what_is_worse() -> None:
    drained = but(noted(SECOND_DRAINED, BOOTED), flag=FLAG_OF_REBOOT)
    assert problems(state(UNREAD, drained, noted(node(101, VIP), BOOTED))) == [
        unread("server01"),
        risk(
            "server02",
            "server02 was drained by a reboot that is under way or did not end",
            "If none runs: run tasks/reboot.py again, or tasks/restore.py --limit server02",
        ),
        untidy_reboot("server02, server03 rebooted"),
    ]


def test_an_upgrade_that_did_not_end_is_told_of_its_node() -> None:
    assert problems(state(FIRST, noted(SECOND, run="upgrade"), THIRD)) == [
        untidy(
            "server02",
            "the upgrade of server02 that alice@notebook began at 2026-01-31 10:11:12 UTC is under way or did not end",
            "If none runs: run tasks/upgrade.py again, or tasks/restore.py --limit server02",
        )
    ]


SICK = state(
    but(FIRST, configuration=but(FIRST.configuration, origin="foreign")),
    but(SECOND_HOLDS, flag_open=True, unit=but(SECOND.unit, enabled=False)),
    UNREAD,
)
FOUND = [
    (WORST, None, "10.10.0.2 is held by server01 and server02 at once"),
    (BAD, "server03", "server03 cannot be read: nothing is known of it"),
    (RISK, "server02", "keepalived is not enabled on server02: it stays away after the next boot"),
    (RISK, "server02", f"everybody on server02 may make or remove {FLAG}: its folder is world-writable"),
    (UNTIDY, "server01", "/etc/keepalived/keepalived.conf on server01 is not from this repository"),
]


def test_the_worst_comes_first() -> None:
    assert [tuple(problem[:3]) for problem in problems(SICK)] == FOUND


def test_what_is_merely_untidy_is_no_likely_reason() -> None:
    assert [line.split(". ")[0] for line in likely(SICK)] == [
        words for severity, _, words in FOUND if severity < UNTIDY
    ]
    assert likely(state(FIRST, UNREAD, THIRD)) == [
        "server02 cannot be read: nothing is known of it. Look whether it is up: ssh server02 true"
    ]


def test_every_problem_comes_with_a_cure() -> None:
    states = [
        *(seen for seen, _ in [*HOLDERS, *STRANGERS, *REBOOTS]),
        *(state(FIRST, second, THIRD) for second, _ in NODES),
        SICK,
    ]
    found = [problem for seen in states for problem in problems(seen)]
    assert all(problem.words and problem.cure and not problem.cure.endswith(".") for problem in found)
