"""A cluster that somebody made by hand is read, and comes under this repository without a move."""

from __future__ import annotations

import pytest

from lab.operator import CLUSTER_FILE, DEPLOY, Operator
from tests.lab.conftest import GAP_SECONDS
from tests.lab.made_by_hand import ADOPT, CONF, ORIGINS, make

IMPORT = "pyinfra 10.10.0.3,10.10.0.4,10.10.0.5 tasks/import.py"
WITH_AUTHENTICATION = """    authentication {
        auth_type PASS
        auth_pass geheim42
    }
"""


def test_the_origins_cluster_is_imported_and_deployed_without_a_move(by_hand: Operator) -> None:
    (by_hand.project / CLUSTER_FILE).unlink()
    read = by_hand.types(IMPORT)
    assert "LOOK AT" not in read.stdout
    assert "MOVES" not in read.stdout
    by_hand.writes(read.stdout)
    assert by_hand.everywhere(f"cat {CONF}")[0] == ORIGINS
    with by_hand.watching() as seen:
        run = by_hand.types(ADOPT)
        by_hand.sees_holder("server01")
    assert "reload" in run.text
    assert seen.route == ["server01"]
    assert seen.lost == 0
    assert "nothing to change" in by_hand.types(DEPLOY).text
    by_hand.server01.succeed("touch /tmp/releasevip")  # the same file drains a node as before
    by_hand.sees_holder("server02")
    by_hand.server01.succeed("rm /tmp/releasevip")
    by_hand.sees_holder("server01")


def test_a_cluster_file_may_name_the_nodes_and_a_password_stays_where_it_is(by_hand: Operator) -> None:
    with_password = ORIGINS.replace("    track_script {", f"{WITH_AUTHENTICATION}    track_script {{", 1)
    conf = with_password.partition("vrrp_instance")
    by_hand.everywhere("mkdir -p /etc/keepalived/conf.d")
    for priority, host in enumerate(reversed(by_hand.hosts.values()), 1):
        own = f"{conf[1]}{conf[2]}".replace("priority 3", f"priority {priority}")
        host.succeed(f"cat >/etc/keepalived/conf.d/vi.conf <<'END'\n{own}END")
    make(by_hand, f"{conf[0]}include conf.d/*.conf\n")
    read = by_hand.types("pyinfra inventory.py tasks/import.py --limit managers")
    assert "geheim42" not in read.text
    assert "auth_pass: {env: VRRP_PASSWORD}" in read.stdout
    assert "# SECRET: export VRRP_PASSWORD with the auth_pass of VI_1" in read.stdout
    fact = by_hand.types("pyinfra inventory.py fact keepalived.facts.Files")
    assert "auth_pass ***" in fact.text
    assert "geheim42" not in fact.text


def test_a_node_that_cannot_be_read_is_told(by_hand: Operator) -> None:
    by_hand.server02.succeed(f"echo 'vrrp_instance VI_1 {{' > {CONF}")
    refused = by_hand.is_refused(IMPORT)
    assert "server02: keepalived.conf cannot be read: a } is missing" in refused.text
    assert refused.stdout == ""


TOLD = "/usr/local/sbin/told"
CHECKS = """vrrp_script chk_app {
    script "/usr/bin/test -e /etc/hostname"
    interval 2
    weight 20
}

vrrp_track_process ssh {
    process sshd
    weight 10
}

"""
FLAGGED = """        chk_releasevip
    }
"""
TRACKED = """    track_process {
        ssh
    }
    notify /usr/local/sbin/told
"""
WITH_CHECKS = CHECKS + ORIGINS.replace(FLAGGED, FLAGGED.replace("    }", "        chk_app\n    }") + TRACKED)
WITHOUT_A_FLAG = CHECKS + ORIGINS[ORIGINS.index("vrrp_instance") :].replace(
    "chk_releasevip\n    }\n", f"chk_app\n    }}\n{TRACKED}"
)


@pytest.mark.parametrize(
    ("text", "work", "route"),
    [
        (WITH_CHECKS, "hand 10.10.0.2 to server02, restart keepalived", ["server01", "server02", "server01"]),
        (WITHOUT_A_FLAG, "so it cannot hand over: reload keepalived", ["server01"]),
    ],
    ids=["a flag", "no flag"],
)
def test_checks_and_commands_are_brought_without_a_move_or_by_one_that_is_said_before(
    by_hand: Operator, text: str, work: str, route: list[str]
) -> None:
    by_hand.everywhere(f"printf '#!/bin/sh\\necho $3 >>/run/told\\n' >{TOLD}; chmod 755 {TOLD}")
    make(by_hand, text)
    read = by_hand.types(IMPORT)
    assert "NOT IN THIS FILE" not in read.stdout
    assert "# MOVES: the first deploy restarts each node" in read.stdout
    by_hand.writes(read.stdout)
    by_hand.everywhere("rm -f /run/told")
    with by_hand.watching() as seen:
        run = by_hand.types(ADOPT)
        by_hand.sees_holder("server01")
    assert work in run.line("1. server01: ")
    assert run.line("server02: somebody else wrote").endswith("Lost with it: nothing")
    assert seen.route == route
    assert seen.longest_silence <= GAP_SECONDS  # a daemon of somebody else's has no real-time scheduling yet
    assert seen.longest(0) <= GAP_SECONDS
    by_hand.sees("what was told", lambda: "STOP" in by_hand.server02.succeed("cat /run/told"), True)
    assert "nothing to change" in by_hand.types(DEPLOY).text


INTERFACES = ("eth0", "eth1", "eth2", "eth3", "eth0.1")
SAMPLES = "/usr/share/doc/keepalived/samples"
READ = f'cd {SAMPLES} && for name in keepalived.conf.*; do echo "$name $(base64 -w 0 $name)"; done'
