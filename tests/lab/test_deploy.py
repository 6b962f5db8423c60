"""What `pyinfra inventory.py deploy.py` does to three real hosts, on both Debian suites."""

from __future__ import annotations

import signal
from pathlib import Path

from lab.operator import DEPLOY, DRAIN, FLAG, SHIPPED, Operator
from tests import titles
from tests.documents import shown
from tests.lab.conftest import on, on_one_of

CONF = "/etc/keepalived/keepalived.conf"
STARTS = "systemctl show keepalived -p InvocationID --value"


def change(operator: Operator, line: str) -> None:
    """Appends a line to the cluster file."""
    file = operator.project / "group_data/managers.yml"
    file.write_text(file.read_text() + line + "\n")


def turns(text: str) -> list[str]:
    """The hosts that were changed, in order."""
    return [
        line.split("]")[0].strip(" [")
        for line in text.partition(titles.started(titles.CHANGE))[2].splitlines()
        if line.rstrip().endswith("] Success")
    ]


def counts(text: str, operation: str) -> list[str]:
    """Hosts, success, error and no change of an operation, from pyinfra's table of results."""
    (row,) = [line for line in text.splitlines() if line.strip().startswith(f"{operation}  ")][-1:]
    return row.split()[-4:]


@on("bookworm", "trixie")
def test_the_first_deploy_installs_and_the_best_node_holds_the_address(operator: Operator) -> None:
    assert operator.everywhere("command -v keepalived || echo none") == ["none\n"] * 3
    run = operator.confirms(DEPLOY.removesuffix(" -y"))
    run.line("10.10.0.2: did not answer before the run, so nothing is known")
    assert operator.holders() == ["server01"]
    assert operator.everywhere(f"stat -c '%a %U %G' {CONF}") == ["640 root root\n"] * 3
    assert (
        operator.everywhere("systemctl is-enabled keepalived; systemctl is-active keepalived")
        == ["enabled\nactive\n"] * 3
    )
    assert operator.everywhere("systemctl show keepalived -p Restart --value") == ["on-failure\n"] * 3
    scheduling = "for pid in $(pgrep -x keepalived); do chrt --pid $pid; done"
    assert operator.everywhere(f"{scheduling} | grep -c SCHED_RR") == ["2\n"] * 3
    assert operator.everywhere(f"{scheduling} | grep -c RESET_ON_FORK") == ["1\n"] * 3  # what checks inherit
    assert (
        operator.everywhere(f"ls {CONF}.staged 2>&1 || true")
        == [f"ls: cannot access '{CONF}.staged': No such file or directory\n"] * 3
    )


@on("bookworm", "trixie")
def test_a_second_run_changes_nothing(managers: Operator) -> None:
    starts = managers.everywhere(STARTS)
    run = managers.types(DEPLOY)
    assert counts(run.text, "Grand total")[1:3] == ["-", "-"], run.text
    assert managers.everywhere(STARTS) == starts


@on("bookworm", "trixie")
def test_a_change_restarts_every_node_once(managers: Operator) -> None:
    starts = managers.everywhere(STARTS)
    change(managers, "advert_int: 0.4")
    run = managers.types(DEPLOY)
    shown.holds(run.text, DEPLOY, "docs/rollout.md")
    assert turns(run.text) == ["server03", "server02", "server01"]
    assert all(new != old for new, old in zip(managers.everywhere(STARTS), starts, strict=True))
    assert managers.everywhere(f"grep -c 'advert_int 0.4' {CONF}") == ["1\n"] * 3
    managers.sees_holder("server01")


@on("bookworm")
def test_a_change_of_comments_alone_restarts_nothing(managers: Operator) -> None:
    managers.types(DEPLOY)
    starts = managers.everywhere(STARTS)
    managers.everywhere(f"echo '# somebody was here' >> {CONF}")
    run = managers.types(DEPLOY)
    assert sorted(turns(run.text)) == ["server01", "server02", "server03"]
    assert managers.everywhere(STARTS) == starts
    assert managers.everywhere(f"grep -c 'somebody was here' {CONF} || true") == ["0\n"] * 3


@on("bookworm")
def test_limit_touches_that_node_alone_and_ranks_by_the_whole_cluster(managers: Operator) -> None:
    starts = managers.everywhere(STARTS)
    change(managers, "advert_int: 0.6")
    managers.types(f"{DEPLOY} --limit server03")
    assert [new != old for new, old in zip(managers.everywhere(STARTS), starts, strict=True)] == [False, False, True]
    assert "    priority 1 " in managers.server03.succeed(f"cat {CONF}")


@on("bookworm")
def test_a_limit_that_matches_no_host_names_those_there_are(managers: Operator) -> None:
    for command in ("deploy.py", "tasks/drain.py", "tasks/restore.py", "fact keepalived.facts.Node"):
        run = managers.is_refused(f"pyinfra inventory.py {command} --limit server04")
        run.line("--limit server04 matches no host (did you mean server03?). There are managers: server01, server02")


@on("bookworm")
def test_a_configuration_one_node_refuses_changes_no_node(managers: Operator) -> None:
    for host in (managers.server01, managers.server03):
        managers.afterwards(host, "ip link del lan1")
        host.succeed("ip link add lan1 type veth peer name lan2")
    before = managers.everywhere(f"sha256sum {CONF}; {STARTS}")
    file = managers.project / "group_data/managers.yml"
    file.write_text(file.read_text().replace("    virtual_router_id", "    interface: lan1\n    virtual_router_id"))
    with managers.watching() as seen:
        run = managers.is_refused(DEPLOY)
    run.line("[server02] keepalived refuses the new configuration")
    assert (seen.lost, seen.route, seen.counts) == (0, ["server01"], {1})
    assert managers.everywhere(f"sha256sum {CONF}; {STARTS}") == before
    assert managers.holders() == ["server01"]
    assert managers.everywhere("systemctl is-active keepalived") == ["active\n"] * 3


@on("bookworm")
def test_a_run_killed_between_writing_and_restarting_is_made_good_by_the_next(managers: Operator) -> None:
    starts = managers.everywhere(STARTS)
    change(managers, "advert_int: 0.7")
    # On server03, the first to be changed, the restart does not come: the run is killed while it waits for it.
    back = "pkill -f '^sleep 600'; test ! -e /usr/bin/systemctl.away || mv /usr/bin/systemctl.away /usr/bin/systemctl"
    managers.afterwards(managers.server03, back)
    managers.server03.succeed("mv /usr/bin/systemctl /usr/bin/systemctl.away")
    managers.server03.succeed(
        """printf '#!/bin/sh\n[ "$1" != restart ] || exec sleep 600\nexec /usr/bin/systemctl.away "$@"\n' """
        "> /usr/bin/systemctl; chmod +x /usr/bin/systemctl"
    )
    run = managers.starts(DEPLOY)
    restarting = "pgrep -f '^sleep 600'"
    managers.sees("restart", lambda: managers.server03.execute(restarting).returncode, 0)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    managers.server03.succeed(back)

    assert managers.server03.succeed(f"grep -c 'advert_int 0.7' {CONF}") == "1\n"  # written
    assert managers.everywhere(STARTS) == starts  # not restarted
    assert turns(managers.types(DEPLOY).text) == ["server03", "server02", "server01"]
    assert all(new != old for new, old in zip(managers.everywhere(STARTS), starts, strict=True))
    assert counts(managers.types(DEPLOY).text, "Grand total")[1:3] == ["-", "-"]


@on("bookworm")
def test_a_deploy_does_not_undo_a_drain(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01")
    change(managers, "advert_int: 0.4")
    managers.types(DEPLOY)
    managers.sees_holder("server02")
    assert managers.server01.succeed(f"cat {FLAG}").startswith("1\nby: ")


@on_one_of("bookworm", "trixie")
def test_a_killed_daemon_gives_its_address_up_and_comes_back(managers: Operator) -> None:
    managers.server01.succeed("pkill -KILL -x keepalived")
    managers.sees(
        "restarts", lambda: managers.server01.succeed("systemctl show keepalived -p NRestarts --value"), "1\n"
    )
    managers.sees_holder("server01")


@on("bookworm")
def test_faults_of_the_cluster_file_stop_everything_with_their_place(managers: Operator) -> None:
    change(managers, "vrrp_version: 4\ndrain: {weight: 254}")
    run = managers.is_refused(DEPLOY)
    run.line("managers.yml: vrrp_version: 4 is not 2 or 3")
    run.line("managers.yml: drain.weight: 254 is not in 1..253")
    managers.writes(SHIPPED.replace("virtual_router_id: 51", "virtual_router_id: 300") + "drian: {}\n")
    shown.holds(managers.is_refused(DEPLOY).text, DEPLOY, "docs/cluster-file.md")


@on("bookworm", "trixie")
def test_the_file_on_the_node_is_the_one_the_golden_file_shows(managers: Operator) -> None:
    golden = Path(__file__).parents[1] / "unit/golden/default.server02.conf"
    expected = golden.read_text().replace("default", "managers")
    managers.types(DEPLOY)
    assert managers.server02.succeed(f"cat {CONF}") == expected
