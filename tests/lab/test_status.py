"""What status says of a cluster: each thing that can be wrong is brought about, and told with what to do."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import pytest

from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import parse
from keepalived.spec.paths import CONFIGURATION as PATH
from lab.operator import BROKEN_UNIT, DEPLOY, DRAIN, FLAG, SHIPPED, STATUS, Operator
from lab.places import OPERATOR_INTERFACE
from tests.documents import shown
from tests.lab.conftest import on

EDIT = "systemctl restart keepalived"


def document(operator: Operator, options: str = "") -> dict[str, Any]:
    """What `--data format=json` prints; stdout is that one document and nothing else."""
    run = operator.attempts(f"{STATUS} --data format=json {options}")
    assert "Traceback" not in run.text
    found = json.loads(run.stdout)
    assert run.status == (0 if found["healthy"] else 1)
    return dict(found)


def problems(operator: Operator) -> list[str]:
    """What is wrong with the managers, worst first, without what to do."""
    return [one["problem"] for one in document(operator)["clusters"]["managers"]["problems"]]


def sees_problem(operator: Operator, words: str) -> None:
    """Waits until status tells of it."""
    operator.sees(f"problem {words!r}", lambda: words in problems(operator), True)


def test_a_healthy_cluster_is_one_table_and_exit_status_0(managers: Operator) -> None:
    run = managers.types(STATUS)
    rows = [re.split(r"  +", line.strip()) for line in run.stdout.splitlines()]
    assert rows[0] == ["managers"]
    assert rows[1] == [
        "node", "holds", "state", "priority", "drained", "check", "version", "config", "last change",
    ]  # fmt: skip
    assert [row[:8] for row in rows[2:5]] == [
        ["server01", "10.10.0.2", "MASTER", "103 (3)", "-", "+100", "2.2.7", "applied"],
        ["server02", "-", "BACKUP", "102 (2)", "-", "+100", "2.2.7", "applied"],
        ["server03", "-", "BACKUP", "101 (1)", "-", "+100", "2.2.7", "applied"],
    ]
    assert all(re.fullmatch(r"\d+ (s|min) ago", row[8]) for row in rows[2:5])
    run.line("Nothing is wrong: 10.10.0.2 is held by server01, and one machine answers for each address.")


def test_the_document_is_complete_and_alone_on_stdout(managers: Operator) -> None:
    managers.types(f'{DRAIN} --limit server02 --data reason="kernel upgrade"')
    found = document(managers)
    assert (found["version"], found["healthy"]) == (1, True)
    cluster = found["clusters"]["managers"]
    (mac,) = re.findall(r"link/ether (\S+)", managers.server01.succeed("ip link show enp0s3"))
    assert cluster["addresses"] == {"10.10.0.2": {"instance": "VI_1", "holders": ["server01"], "answered_by": [mac]}}
    node = cluster["nodes"]["server02"]
    drained = node.pop("drained")
    assert node.pop("last_change")
    assert node == {
        "address": "10.10.0.4",
        "reachable": True,
        "holds": [],
        "instances": {"VI_1": {"state": "BACKUP", "effective_priority": 2, "base_priority": 2}},
        "failing_checks": {},
        "connections": {},
        "keepalived": "2.2.7",
        "unit": "active",
        "configuration": "applied",
    }
    assert (drained["reason"], drained["until"]) == ("kernel upgrade", None)
    assert re.fullmatch(r"\S+@\S+", drained["by"])


def test_no_holder(managers: Operator) -> None:
    managers.everywhere("systemctl stop keepalived")
    found = problems(managers)
    assert found[0] == "No node holds 10.10.0.2"
    assert "keepalived is inactive on server02" in found


def test_two_holders_are_seen_on_the_nodes_and_from_outside(managers: Operator) -> None:
    managers.afterwards(managers.server02, "ip address del 10.10.0.2/32 dev enp0s3")
    managers.server02.succeed("ip address add 10.10.0.2/32 dev enp0s3")
    found = problems(managers)
    assert found[:2] == [
        "server01 and server02 hold 10.10.0.2 at the same time",
        "2 machines on this network answer for 10.10.0.2: server01, server02",
    ]


def test_two_holders_whose_adverts_do_not_reach_each_other(managers: Operator) -> None:
    switch = managers.lab.places.switch_namespace
    port = ["bridge", "-n", switch, "link", "set", "dev", "server02", "mcast_flood"]
    subprocess.run([*port, "off"], check=True)
    try:
        managers.sees_holder("server01", "server02")
        run = managers.is_refused(STATUS)
    finally:
        subprocess.run([*port, "on"], check=True)
    shown.holds_text(run.text, "docs/troubleshooting.md", "server01 and server02 hold 10.10.0.2 at the same time.")
    managers.sees_holder("server01")


def test_a_holder_that_is_not_the_best_node(redeployed: Operator) -> None:
    managers = redeployed
    managers.server01.succeed(f"sed -i 's/^    advert_int/    preempt_delay 600\\n&/' {PATH}; {EDIT}")
    managers.sees_holder("server02")
    sees_problem(managers, "server02 holds 10.10.0.2 although server01 has the higher priority (103 against 102)")
    found = problems(managers)
    assert f"{PATH} on server01 was changed by hand" in found


def test_a_drained_node_that_holds(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server02 --limit server03")
    managers.server01.succeed(f"touch {FLAG}")
    sees_problem(managers, "server01 is drained and holds 10.10.0.2, because no other node can serve")
    run = managers.is_refused(STATUS)
    assert "by hand (reason unknown)" in run.text
    run.line("pyinfra inventory.py tasks/restore.py --limit server01")


def test_a_flag_and_a_priority_that_do_not_agree(redeployed: Operator) -> None:
    managers = redeployed
    managers.server02.succeed(f"sed -i 's#{FLAG}#/run/elsewhere#' {PATH}; {EDIT}; touch {FLAG}")
    sees_problem(managers, f"server02 is drained by {FLAG} but announces priority 102 in VI_1")
    managers.is_refused(STATUS).line("Its keepalived looks at /run/elsewhere. Deploy:")
    managers.server02.succeed(f"rm {FLAG}; touch /run/elsewhere")
    sees_problem(managers, "server02 announces the lowered priority 2 in VI_1 without a flag")


def test_a_check_that_keepalived_has_removed(redeployed: Operator) -> None:
    managers = redeployed
    managers.server03.succeed(f"sed -i '/script_user/d' {PATH}; {EDIT}")
    sees_problem(managers, "server03 announces the lowered priority 1 in VI_1 without a flag")
    assert "a check without script_user: keepalived may have removed it" in managers.is_refused(STATUS).text


def test_a_flag_in_a_folder_of_everybodys_and_one_that_the_daemon_does_not_see(redeployed: Operator) -> None:
    managers = redeployed
    managers.server02.succeed(f"printf '[Service]\nPrivateTmp=yes\n' > {BROKEN_UNIT}; systemctl daemon-reload")
    managers.writes(SHIPPED + "drain: {flag: /tmp/releasevip}\n")
    managers.types(DEPLOY)
    run = managers.is_refused(f"{DRAIN} --limit server02")
    assert (
        "server02 is drained by /tmp/releasevip but announces priority 102 in VI_1. Its keepalived does not see"
        in run.text
    )
    managers.server02.succeed(
        f"rm {BROKEN_UNIT} /tmp/releasevip; systemctl daemon-reload; systemctl restart keepalived"
    )
    assert problems(managers) == [
        f"Others than root on {name} can make or remove /tmp/releasevip: its folder is writable for them"
        for name in managers.hosts
    ]


def test_an_empty_flag_that_drains_nothing(redeployed: Operator) -> None:
    managers = redeployed
    managers.configures(SHIPPED + "drain: {check: file}\n")
    managers.server02.succeed(f"touch {FLAG}")
    assert problems(managers) == [
        f"server02 has the flag {FLAG} and is not drained: `check: file` needs a number in it"
    ]


def test_a_daemon_that_is_stopped_and_an_address_that_stayed(managers: Operator) -> None:
    managers.server03.succeed("systemctl stop keepalived; ip address add 10.10.0.2/32 dev enp0s3")
    found = problems(managers)
    assert "server03 holds 10.10.0.2, and keepalived is inactive there" in found
    managers.server03.succeed("systemctl start keepalived")
    managers.sees_holder("server01")  # the start has taken it off


def test_a_daemon_that_is_not_enabled(managers: Operator) -> None:
    managers.server03.succeed("systemctl disable --quiet keepalived")
    assert problems(managers) == ["keepalived is not enabled on server03: it does not start at the next boot"]
    managers.types(DEPLOY)
    assert problems(managers) == []


def test_what_lies_on_the_disk_runs_not_or_is_not_ours(managers: Operator) -> None:
    changed = parse(SHIPPED + "advert_int: 0.7\n", "managers")
    text = configuration(changed, "server01", {"VI_1": "enp0s3"})
    managers.server01.succeed(f"printf %s {shlex.quote(text)} > {PATH}")
    managers.server02.succeed(f"sed -i 's/interval 1/interval 2/' {PATH}")
    managers.server03.succeed(f"sed -i '/^#/d' {PATH}")
    assert problems(managers) == [
        "keepalived on server01 does not run the configuration on its disk",
        f"{PATH} on server02 was changed by hand",
        f"{PATH} on server03 is not from this repository",
    ]
    managers.types(f"{DEPLOY} --data adopt=true")
    assert problems(managers) == []
    managers.writes(SHIPPED + "advert_int: 0.7\n")
    assert problems(managers) == [
        f"The configuration of {name} differs from this repository" for name in managers.hosts
    ]


def test_different_versions(managers: Operator) -> None:
    managers.afterwards(managers.server03, "mv /usr/sbin/keepalived.real /usr/sbin/keepalived")
    managers.server03.succeed(
        "mv /usr/sbin/keepalived /usr/sbin/keepalived.real; printf '%s\\n' '#!/bin/sh' "
        "'[ \"$1\" = --version ] && exec echo Keepalived v2.2.8 >&2' 'exec /usr/sbin/keepalived.real \"$@\"' "
        "> /usr/sbin/keepalived; chmod +x /usr/sbin/keepalived"
    )
    assert problems(managers) == [
        "The nodes have different versions of keepalived: 2.2.7 on server01 and server02, 2.2.8 on server03"
    ]


SPEAKER = f"""
from scapy.all import IP, Ether, VRRPv3, sendp
advert = IP(src="10.10.0.99", dst="224.0.0.18", ttl=255) / VRRPv3(vrid=51, priority=50, addrlist=["10.10.0.2"], adv=50)
sendp(Ether(dst="01:00:5e:00:00:12") / advert, iface="{OPERATOR_INTERFACE}", inter=0.2, count=15, verbose=False)
"""


def test_another_speaker_of_the_same_virtual_router_id(managers: Operator) -> None:
    speaking = managers.lab.operator([sys.executable, "-c", SPEAKER], timeout=30)
    assert speaking.returncode == 0, speaking.stderr
    found = problems(managers)
    assert "server01 receives adverts of its virtual_router_id from 10.10.0.99, not in managers.yml" in found


def test_a_dead_node_is_told_and_costs_one_time_out(managers: Operator) -> None:
    managers.server03.crash()
    start = time.monotonic()
    run = managers.is_refused(STATUS)
    assert time.monotonic() - start < 5 + 10  # CONNECT_TIMEOUT, and room for a busy machine; two would be 10 + 10
    run.line("server03 cannot be read. [node-unreadable]")
    run.line("ssh server03 true")
    assert "server01  10.10.0.2  MASTER" in run.stdout
    found = document(managers)["clusters"]["managers"]["nodes"]["server03"]
    assert (found["reachable"], found["holds"], found["configuration"]) == (False, None, "unknown")


def test_when_all_nodes_are_dead_the_status_says_so(managers: Operator) -> None:
    for host in managers.hosts.values():
        host.crash()
    found = document(managers)
    assert [node["reachable"] for node in found["clusters"]["managers"]["nodes"].values()] == [False] * 3
    assert found["clusters"]["managers"]["addresses"]["10.10.0.2"]["answered_by"] == []
    assert "No node that could be read holds 10.10.0.2" in managers.is_refused(STATUS).text


def test_limit_chooses_the_cluster_and_options_are_checked(managers: Operator) -> None:
    assert list(document(managers, "--limit server02")["clusters"]["managers"]["nodes"]) == list(managers.hosts)
    assert "Nothing was done. format=yaml is not known" in managers.is_refused(f"{STATUS} --data format=yaml").text
    both = managers.is_refused(f"{STATUS} --data format=json --data watch=true")
    assert "do not go together" in both.text


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_watch_redraws_until_ctrl_c(managers: Operator, terminal: str) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    watching = managers.lab.operator_popen(
        ["env", f"TERM={terminal}", *STATUS.split(), "--data", "watch=true"],
        cwd=managers.project,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    )
    said = ""

    def drawn() -> int:
        nonlocal said
        with suppress(BlockingIOError):
            said += os.read(ours, 65536).decode(errors="replace")
        return min(said.count("Nothing is wrong"), 3)

    try:
        managers.sees("drawings", drawn, 3, seconds=40)
    finally:
        watching.send_signal(signal.SIGINT)
        status = watching.wait(timeout=20)
        os.close(ours)
        os.close(theirs)
    assert status == 0
    assert "Traceback" not in said


@on("trixie")
def test_status_is_the_same_with_a_newer_keepalived(managers: Operator) -> None:
    assert problems(managers) == []
    managers.server01.succeed(f"touch {FLAG}")
    managers.sees_holder("server02")
    run = managers.types(STATUS)
    assert "by hand (reason unknown)" in run.text
