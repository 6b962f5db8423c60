"""keepalived tells an operator's commands, and by mail, which state an instance has, in the order of a move."""

from __future__ import annotations

import base64

import pytest

from lab.operator import DEPLOY, DRAIN, RESTORE, SHIPPED, Operator
from tests.lab.conftest import on

pytestmark = on("bookworm")

TOLD = "/run/told"
ADDRESSES = "    virtual_ipaddress: [10.10.0.2]"


def with_keys(keys: str) -> str:
    """The shipped cluster file with more keys of its instance."""
    assert ADDRESSES in SHIPPED
    return SHIPPED.replace(ADDRESSES, f"{ADDRESSES}\n{keys}")


NOTIFY = with_keys(f"""\
    notify: {{command: 'echo "$(id -un) $* run=$KEEPALIVED_RUN" >> {TOLD}/all', user: nobody}}
    notify_master: 'echo "$1 $2 $3" | tee -a {TOLD}/master'
    notify_backup: /usr/local/sbin/moved
    notify_stop: {{script: scripts/stopped.sh}}
""")
MOVED = f"""#!/bin/sh
echo "$0 $*" >> {TOLD}/backup
"""
MAIL_SERVER = r"""
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '0.0.0.0:2525', Listen => 5, ReuseAddr => 1) or die;
open(my $got, '>', '/run/told/mail'); $got->autoflush(1);
while (my $client = $server->accept) {
  print $client "220 lab\r\n";
  while (<$client>) {
    print $got $_;
    if (/^DATA/) { print $client "354 go on\r\n"; while (<$client>) { print $got $_; last if /^\.\r?$/ } }
    if (/^QUIT/) { print $client "221 bye\r\n"; last }
    print $client "250 ok\r\n";
  }
}
"""


def placed(text: str, path: str) -> str:
    """The command that puts an executable file on a host."""
    return f"echo {base64.b64encode(text.encode()).decode()} | base64 -d | install -m 755 /dev/stdin {path}"


@pytest.fixture
def notified(managers: Operator) -> Operator:
    """Three managers with commands for changes of state, which have been told nothing yet."""
    managers.everywhere(f"mkdir -p -m 1777 {TOLD} && {placed(MOVED, '/usr/local/sbin/moved')}")
    (managers.project / "group_data/scripts").mkdir(exist_ok=True)
    (managers.project / "group_data/scripts/stopped.sh").write_text(
        f'#!/bin/bash\n[[ $3 ]] && echo "$*" >> {TOLD}/stop\n'
    )
    managers.configures(NOTIFY)
    managers.everywhere(f"rm -f {TOLD}/*")
    return managers


def told(operator: Operator, file: str) -> list[list[str]]:
    """What the commands of each host were told, a line each."""
    return [lines.splitlines() for lines in operator.everywhere(f"cat {TOLD}/{file} 2>/dev/null || true")]


def test_a_drain_and_a_restore_are_told_in_order_where_they_happen(notified: Operator) -> None:
    said = notified.types(f"{DRAIN} --limit server01").text
    assert "the notify commands of VI_1 run on server01, server02" in said
    notified.sees_holder("server02")
    notified.types(f"{RESTORE} --limit server01")
    notified.sees_holder("server01")
    nobody = "nobody INSTANCE VI_1"
    everything = [
        [f"{nobody} BACKUP 3 run=drain", f"{nobody} MASTER 103 run="],
        [f"{nobody} MASTER 102 run=", f"{nobody} BACKUP 102 run="],
        [],
    ]
    notified.sees("what the notify commands were told", lambda: told(notified, "all"), everything)
    masters = [["INSTANCE VI_1 MASTER"], ["INSTANCE VI_1 MASTER"], []]
    notified.sees("what the notify_master commands were told", lambda: told(notified, "master"), masters)
    moved = "/usr/local/sbin/moved INSTANCE VI_1 BACKUP"
    notified.sees("what the notify_backup scripts were told", lambda: told(notified, "backup"), [[moved], [moved], []])
    journal = "journalctl -u keepalived -t notify_master -o cat --no-pager | tail -n 1"
    notified.sees("the journal", lambda: notified.server01.succeed(journal).strip(), "INSTANCE VI_1 MASTER")


def test_a_command_knows_that_a_deploy_moves_the_address(notified: Operator) -> None:
    notified.writes(f"{NOTIFY}advert_int: 0.45\n")
    said = notified.types(DEPLOY).text
    assert "the notify commands of VI_1 run on server03, server02, server01" in said

    def states() -> list[str]:
        return [" ".join(line.split()[3::2]) for line in told(notified, "all")[0]]

    moves = ["BACKUP run=deploy", "STOP run=deploy", "BACKUP run=deploy", "MASTER run="]
    notified.sees("what server01 was told", states, moves)
    stopped = [["INSTANCE VI_1 STOP"]] * 3
    notified.sees("what the shipped scripts were told", lambda: told(notified, "stop"), stopped)


def test_a_stop_is_told_every_time(notified: Operator) -> None:
    """By default systemd ends what keepalived has just started together with keepalived."""
    restart = "systemctl reset-failed keepalived && systemctl restart keepalived"
    notified.server03.succeed(" && ".join([restart] * 5))
    stops = ["INSTANCE VI_1 STOP"] * 5
    notified.sees("what server03 was told", lambda: told(notified, "stop")[2], stops)


def test_a_command_that_cannot_be_run_ends_the_deploy(notified: Operator) -> None:
    notified.afterwards(notified.server01, "rm -f /usr/local/sbin/open")
    notified.server01.succeed(f"{placed(MOVED, '/usr/local/sbin/open')} && chmod o+w /usr/local/sbin/open")
    notified.writes(
        with_keys("""\
    notify_master: /usr/local/sbin/nosuch VI_1
    notify_backup: echo "$3
    notify_fault: {command: "true", user: nosuch}
    notify_stop: /usr/local/sbin/open
""")
    )
    said = notified.is_refused(f"{DEPLOY} --limit server01").text
    assert "notify_master cannot be run as root: /usr/local/sbin/nosuch is not there, or not executable" in said
    assert "notify_backup cannot be run as root: sh: " in said
    assert "notify_fault cannot be run as nosuch: id: 'nosuch': no such user" in said
    assert "notify_stop cannot be run as root: /usr/local/sbin/open belongs to another user" in said
    assert notified.holders() == ["server01"]


def test_a_mail_tells_who_holds_the_address(managers: Operator) -> None:
    managers.afterwards(managers.server03, "systemctl stop mail-server")
    managers.server03.succeed(f"mkdir -p -m 1777 {TOLD} && {placed(MAIL_SERVER, '/run/mail-server')}")
    managers.server03.succeed("systemd-run --collect --unit mail-server perl /run/mail-server")
    smtp = "smtp: {notification_email: [ops@example.org], smtp_server: '10.10.0.5:2525'}\n"
    managers.configures(f"{with_keys('    smtp_alert: true')}{smtp}")
    assert "mail about VI_1 is sent by server01, server02" in managers.types(f"{DRAIN} --limit server01").text

    def subjects() -> set[str]:
        mails = managers.server03.succeed(f"grep -a -e ^RCPT -e ^Subject {TOLD}/mail || true")
        return {line.strip() for line in mails.splitlines()}

    server02 = "Subject: [server02] VRRP Instance VI_1 - Entering MASTER state"
    managers.sees("a mail of server02", lambda: server02 in subjects(), True)
    assert "RCPT TO:<ops@example.org>" in subjects()
