"""Each node runs what this repository has for it, and all run the same version of keepalived."""

import pytest

from keepalived.observed.node import NodeState
from keepalived.plan.configuration_status import configuration_status
from keepalived.plan.diagnosis.findings import Evidence, Problem
from keepalived.plan.diagnosis.registry import problems
from tests.unit.cluster_states import AT_REST, FIRST, ONE, SECOND, STOPPED, TEXT, THIRD, UNREAD, but, state
from tests.unit.told_problems import DEPLOY, found, told

NEW = "vrrp_instance VI_1 {\n    priority 7\n}\n"
RUNS = SECOND.configuration
OLD_UNIT = but(SECOND.unit, current=False)
DIFFERS = told(
    "configuration-differs", "server02", "The configuration of server02 differs from this repository", "Deploy", DEPLOY
)


def pending(what: str) -> Problem:
    words = f"keepalived on server02 does not run the {what} on its disk"
    return told("restart-pending", "server02", words, "Deploy, which restarts the nodes in the right order", DEPLOY)


CONFIGURATIONS: list[tuple[NodeState, str | None, str, Problem | None]] = [
    # node, what this repository has for it, its status, what is told of it
    (SECOND, None, "applied", None),
    (SECOND, TEXT, "applied", None),
    (SECOND, f"# a comment\n{TEXT}", "applied", None),
    (SECOND, NEW, "differs", DIFFERS),
    (but(SECOND, configuration=but(RUNS, applied=False)), NEW, "waiting for a restart", pending("configuration")),
    (but(SECOND, unit=OLD_UNIT), TEXT, "waiting for a restart", pending("unit")),
    (
        but(SECOND, unit=OLD_UNIT, configuration=but(RUNS, applied=None, running=None)),
        TEXT,
        "waiting for a restart",
        pending("unit"),
    ),
    (
        but(SECOND, configuration=but(RUNS, origin="edited", applied=False)),
        TEXT,
        "changed by hand",
        told(
            "configuration-edited",
            "server02",
            "/etc/keepalived/keepalived.conf on server02 was changed by hand",
            "Bring the change into managers.yml, then deploy, which replaces the file",
            DEPLOY,
        ),
    ),
    (
        but(SECOND, configuration=but(RUNS, origin="foreign")),
        TEXT,
        "foreign",
        told(
            "configuration-foreign",
            "server02",
            "/etc/keepalived/keepalived.conf on server02 is not from this repository",
            "Deploy, which says what is lost when it is replaced, and keeps a copy",
            f"{DEPLOY} --data adopt=true",
        ),
    ),
    (
        but(SECOND, configuration=but(RUNS, origin=None, applied=None)),  # no file
        TEXT,
        "unknown",
        told(
            "configuration-missing",
            "server02",
            "/etc/keepalived/keepalived.conf is missing on server02: keepalived does not serve after its next start",
            "Deploy",
            DEPLOY,
        ),
    ),
    (but(SECOND, configuration=but(RUNS, applied=None)), TEXT, "unknown", None),
    (but(SECOND, configuration=but(RUNS, applied=None, running=None)), NEW, "unknown", None),
    (but(SECOND, unit=but(SECOND.unit, current=None)), TEXT, "unknown", None),
    (but(SECOND, unit=but(SECOND.unit, current=None)), NEW, "differs", DIFFERS),
]


@pytest.mark.parametrize(("second", "due", "status", "problem"), CONFIGURATIONS)
def test_a_configuration_is_applied_or_told_with_what_it_waits_for(
    second: NodeState, due: str | None, status: str, problem: Problem | None
) -> None:
    assert configuration_status(second, due) == status
    evidence = Evidence(state(FIRST, second, THIRD), {"server02": due} if due else {})
    assert problems(evidence) == ([problem] if problem else [])


def test_a_configuration_that_is_too_large_to_be_read_is_told_with_what_to_do() -> None:
    second = but(SECOND, configuration=but(RUNS, large=True, applied=None, running=None, advert_settings=None))
    assert found(state(FIRST, second, THIRD)) == [
        told(
            "configuration-large",
            "server02",
            "keepalived.conf on server02 has 256 KiB or more, and that much is not read",
            "It is not known whether a drain or a deploy suits it. Make it shorter, then reload it. On server02",
            "systemctl reload keepalived",
        )
    ]


ON_RELOAD = [
    (but(SECOND, unit=OLD_UNIT), "applied"),  # a reload does not take it up, and nobody restarts
    (but(SECOND, unit=but(SECOND.unit, current=None)), "applied"),
    (but(SECOND, configuration=but(RUNS, applied=False)), "waiting for a restart"),
    (but(SECOND, configuration=but(RUNS, applied=None)), "unknown"),
]


@pytest.mark.parametrize(("second", "status"), ON_RELOAD)
def test_where_changes_are_reloaded_an_older_unit_is_no_matter(second: NodeState, status: str) -> None:
    assert configuration_status(second, TEXT, "reload") == status
    wrong = found(state(FIRST, second, THIRD, text=f"{ONE}on_change: reload\n"))
    assert [problem.id for problem in wrong] == ["restart-pending"] * (status == "waiting for a restart")


def test_a_node_for_which_a_deploy_would_be_refused_is_told() -> None:
    words = "server02: VI_1 runs on a, and by its addresses it belongs on b"
    evidence = Evidence(state(FIRST, SECOND, UNREAD), undecided={"server02": words, "server03": "no matter"})
    assert [one for one in problems(evidence) if one.node == "server02"] == [
        told("interface-undecided", "server02", words, "Until then a deploy is refused. Afterwards deploy", DEPLOY)
    ]


def test_a_node_that_a_drain_has_left_without_nopreempt_is_told() -> None:
    left = but(RUNS, applied=False, applied_but_nopreempt=True)
    words = "keepalived on server02 does not run the configuration on its disk: they differ in nopreempt"
    assert found(state(FIRST, but(SECOND, configuration=left), THIRD)) == [
        told("restart-pending", "server02", words, "Deploy, which reloads the node", DEPLOY)
    ]


def test_what_was_not_read_or_not_installed_has_no_configuration_to_be_told_of() -> None:
    bare = but(STOPPED, version=None, configuration=but(RUNS, origin="foreign"))
    wrong = problems(Evidence(state(FIRST, UNREAD, bare), dict.fromkeys(AT_REST.nodes, NEW)))
    assert [(problem.id, problem.node) for problem in wrong] == [
        ("node-unreadable", "server02"),
        ("keepalived-not-installed", "server03"),
        ("configuration-differs", "server01"),
    ]


VERSIONS = [
    (("2.2.7", "2.2.7", "2.2.7"), []),
    (("2.2.7", "2.3.3", "2.2.7"), ["2.2.7 on server01 and server03, 2.3.3 on server02"]),
    (("2.4.0", "2.3.3", "2.2.7"), ["2.2.7 on server03, 2.3.3 on server02, 2.4.0 on server01"]),
]


@pytest.mark.parametrize(("versions", "listed"), VERSIONS)
def test_different_versions_are_told(versions: tuple[str, str, str], listed: list[str]) -> None:
    nodes = [but(one, version=version) for one, version in zip((FIRST, SECOND, THIRD), versions, strict=True)]
    assert found(state(*nodes)) == [
        told(
            "different-versions",
            None,
            f"The nodes have different versions of keepalived: {words}",
            "Upgrade the older",
            "pyinfra inventory.py tasks/upgrade.py",
        )
        for words in listed
    ]
