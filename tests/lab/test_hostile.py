"""What a local user of a node, a file there, or a curious look at the output may do: nothing."""

from __future__ import annotations

import shlex
import time

from lab.operator import CHECKPOINT, DEPLOY, DRAIN, FLAG, NODE, RESTORE, SHIPPED, STATUS, UPGRADE, Operator
from tests.lab.conftest import on

SECRET = "s3cr3t-w"  # noqa: S105 - of a lab
GUARDED = SHIPPED.replace(
    "virtual_router_id: 51", f"virtual_router_id: 51\n    authentication: {{auth_type: PASS, auth_pass: {SECRET}}}"
)
DIGESTS = (
    "cd /etc/keepalived; sed -n 's/^# Fingerprint: //p' keepalived.conf; sha256sum < keepalived.conf | cut -c 1-64"
)
FORGES = """\
#!/bin/sh
case $1 in --config-test) printf '\\033[2Jmallory was here\\n' >&2; exit 1;; esac
exec /usr/sbin/keepalived "$@"
"""
CHANGED = GUARDED.replace("auth_pass: s3cr3t-w", "auth_pass: other-s3")


@on("bookworm")
def test_no_command_prints_a_password(redeployed: Operator) -> None:
    redeployed.writes(f"{GUARDED}\nvrrp_version: 2\n")
    redeployed.types(DEPLOY)
    digests = redeployed.server02.succeed(DIGESTS).split()
    redeployed.writes(f"{CHANGED}\nvrrp_version: 2\n")
    said = [
        redeployed.attempts(command).text
        for command in (
            f"{DEPLOY.removesuffix(' -y')} -vvv --diff --dry",
            f"{DEPLOY} -vvv --diff",
            f"{NODE} -vvv",
            STATUS,
            f"{STATUS} --data format=json",
            f"{DRAIN} --limit server02 -vvv",
            f"{RESTORE} --limit server02 -vvv",
        )
    ]
    assert "/etc/keepalived/keepalived.conf: what changes is not shown, such as a password" in said[0]
    assert "+++ /etc/keepalived/keepalived.conf" not in said[0]
    digests += redeployed.server02.succeed(DIGESTS).split()
    assert len(set(digests)) == 4
    for text in said:
        assert SECRET not in text  # what nodes report is in base64 at -vvv
        assert "other-s3" not in text
        assert not any(digest in text for digest in digests)


@on("bookworm")
def test_what_a_flag_says_does_not_reach_the_terminal_as_it_is(managers: Operator) -> None:
    forged = "1\nby: mallory\x1b[2J\x1b[1;1Hmanagers: all is well\nreason: \x9b31mred\u202e\n"
    managers.server02.succeed(f"printf %s {shlex.quote(forged)} > {FLAG}")
    for command in (STATUS, f"{STATUS} --data format=json", NODE, f"{RESTORE} --limit server02"):
        text = managers.attempts(command).text
        assert "mallory" in text or "server02" in text
        assert not any(letter in text for letter in ("\x1b[2J", "\x9b", "\u202e"))


@on("bookworm")
def test_what_a_failed_command_says_does_not_reach_the_terminal_as_it_is(redeployed: Operator) -> None:
    first = "/usr/local/sbin/keepalived"
    redeployed.afterwards(redeployed.server02, f"rm -f {first}")
    redeployed.server02.succeed(
        f"printf %s {shlex.quote(FORGES)} > {first}; chmod +x {first}",
    )
    redeployed.writes(SHIPPED.replace("virtual_router_id: 51", "virtual_router_id: 52"))
    text = redeployed.attempts(DEPLOY).text
    assert "mallory was here" in text
    assert "\x1b[2J" not in text


@on("bookworm")
def test_a_drain_follows_no_link_that_somebody_has_laid(redeployed: Operator) -> None:
    folder = "/srv/flags"
    redeployed.everywhere(f"mkdir -p {folder}; chown nobody {folder}; echo precious > /root/precious")
    redeployed.writes(f"{SHIPPED}drain: {{flag: {folder}/releasevip}}\n")
    redeployed.types(DEPLOY)
    redeployed.server02.succeed(f"for name in releasevip releasevip.new; do ln -s /root/precious {folder}/$name; done")
    assert "Others than root on server02 can make or remove" in redeployed.attempts(STATUS).text
    redeployed.attempts(f"{DRAIN} --limit server02")
    assert redeployed.everywhere("cat /root/precious") == ["precious\n"] * 3


def slow_apt(managers: Operator) -> str:
    """On server03 apt-get comes to no end; its path."""
    slow = "/usr/local/sbin/apt-get"
    managers.afterwards(managers.server03, f"rm -f {slow}")
    managers.server03.succeed(f"printf '#!/bin/sh\\nsleep 600\\n' > {slow}; chmod +x {slow}")
    return slow


@on("bookworm")
def test_a_node_that_loses_its_power_while_apt_runs_does_not_hold_the_run_up(managers: Operator) -> None:
    slow = slow_apt(managers)
    run = managers.begins(f"{UPGRADE} --limit server03", "Read what packages there are")
    managers.sees("it runs", lambda: managers.server03.execute(f"pgrep -f {slow}").returncode, 0)
    managers.server03.crash()
    began = time.monotonic()
    assert managers.ends(run).status == 1
    assert time.monotonic() - began < 60


@on("bookworm")
def test_a_node_that_hangs_while_its_kernel_answers_does_not_hold_the_run_up(managers: Operator) -> None:
    slow = slow_apt(managers)
    run = managers.begins(f"{UPGRADE} --limit server03 --data _timeout=5", "Read what packages there are")
    managers.sees("it runs", lambda: managers.server03.execute(f"pgrep -f {slow}").returncode, 0)
    managers.server03.freeze()
    try:
        typed = managers.ends(run)
    finally:
        managers.server03.freeze(ends=True)
    managers.server03.succeed(f"pkill -f '[/]{slow[1:]}'")
    assert typed.status == 1
    typed.line("[server03] Command timed out after 5s")


@on("bookworm")
def test_a_node_that_loses_its_power_while_a_fact_is_read_does_not_hold_the_command_up(managers: Operator) -> None:
    slow = "/usr/local/sbin/ip"
    managers.afterwards(managers.server03, f"rm -f {slow}")
    managers.server03.succeed(f"printf '#!/bin/sh\\nsleep 600\\n' > {slow}; chmod +x {slow}")
    run = managers.starts(f"{NODE} --limit server03")
    reads = f"pgrep -fx '/bin/sh {slow} .*'"
    managers.sees("it reads", lambda: managers.server03.execute(reads).returncode, 0)
    managers.server03.crash()
    began = time.monotonic()
    assert '"server03": null' in managers.ends(run).text
    assert 15 < time.monotonic() - began < 60


@on("bookworm")
def test_a_look_follows_no_link_and_waits_at_no_pipe_that_somebody_has_laid(managers: Operator) -> None:
    managers.server02.succeed(f"echo precious > /root/precious; ln -s /root/precious {FLAG}; mkfifo {CHECKPOINT}")
    shown = managers.types(f"{NODE} --limit server02").text
    assert '"present": true' in shown
    assert "precious" not in shown
    managers.server02.succeed(f"rm {FLAG} {CHECKPOINT}; mkfifo {FLAG}")
    assert '"present": true' in managers.types(f"{NODE} --limit server02").text
    managers.types(f"{RESTORE} --limit server02")
    assert managers.server02.execute(f"test -e {FLAG}").returncode == 1


@on("bookworm")
def test_a_node_with_a_large_configuration_is_read_and_told(redeployed: Operator) -> None:
    lines = "seq -f '10.9.0.1 %05.0f' 20001 40000"
    redeployed.server02.succeed(
        f"(echo 'virtual_server_group many {{'; {lines}; echo '}}') >> /etc/keepalived/keepalived.conf; "
        "systemctl reload keepalived"
    )
    redeployed.sees("it is told", lambda: redeployed.attempts(STATUS).text.count("[configuration-large]"), 1)
    assert "[node-unreadable]" not in redeployed.attempts(STATUS).text


@on("bookworm")
def test_the_flag_is_whole_and_root_alone_may_write_it(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server02")
    assert managers.server02.succeed(f"stat -c '%a %U' {FLAG}; ls {FLAG}*") == f"644 root\n{FLAG}\n"
