"""What scripts/connections.sh reads of `ss`, run by bash with an `ss` of ours."""

from __future__ import annotations

import subprocess

from keepalived.conf.connections_script import SCRIPT

SHOWN = """\
ESTAB      0      0                  10.10.0.2:443    10.10.0.1:5000
ESTAB      0      0                [fd00::2]:443     [fd00::1]:5001
CLOSE-WAIT 1      0      [::ffff:10.10.0.2]:7777     [::ffff:10.10.0.9]:5002
ESTAB      0      0             10.10.0.2%enp0s3:443    10.10.0.1:5003
FIN-WAIT-1 0      0           [fe80::2%enp0s3]:443     [fe80::1%enp0s3]:5004
ESTAB      0      0           [fe80::2]%enp0s3:443     [fe80::1]%enp0s3:5005
"""


def listed(ss: str) -> subprocess.CompletedProcess[str]:
    """`list` where `ss` does this."""
    ours = f'timeout() {{ shift; "$@"; }}\nss() {{ {ss}; }}\nconntrack() {{ :; }}\n'
    typed = ["bash", "-c", ours + SCRIPT, "keepalived-connections", "list", "10.10.0.2"]
    return subprocess.run(typed, input=SHOWN, capture_output=True, text=True, check=False)


def test_every_way_in_which_ss_writes_an_address_is_read() -> None:
    assert listed("cat").stdout.splitlines() == [
        "10.10.0.1 . 5000 . 443",
        "fd00::1 . 5001 . 443",
        "10.10.0.9 . 5002 . 7777",
        "10.10.0.1 . 5003 . 443",
        "fe80::1 . 5004 . 443",
        "fe80::1 . 5005 . 443",
    ]


def test_no_connection_is_no_line() -> None:
    assert (listed(":").returncode, listed(":").stdout) == (0, "")


def test_an_ss_that_fails_is_not_taken_for_no_connections() -> None:
    found = listed("echo 'ESTAB 0 0 10.10.0.2:443 10.10.0.1:5000'; return 124")
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr == "ss does not tell the connections to 10.10.0.2\n"
