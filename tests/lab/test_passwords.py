"""An operator whose sudo asks for a password, on each node, and who types it slowly."""

from __future__ import annotations

import subprocess
import time

from lab.operator import STATUS, Operator

PASSWORD = "correct-horse"  # noqa: S105 - of a lab
ASKS = "sudo password: "
LONGER_THAN_A_LOOK = 7
ACCOUNT = f"""
useradd --create-home --shell /bin/bash ops
echo ops:{PASSWORD} | chpasswd
install -d -o ops -m 700 ~ops/.ssh
install -o ops -m 600 ~admin/.ssh/authorized_keys ~ops/.ssh/authorized_keys
echo 'ops ALL=(ALL) ALL' > /etc/sudoers.d/ops
"""


def types_slowly(managers: Operator, command: str, times: int) -> str:
    """Types the command at a terminal, and the password as often as it is asked for, each time after a while."""
    run = managers.lab.operator_popen(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        cwd=managers.project,
        stdin=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert run.stdin is not None
    assert run.stdout is not None
    said = ""
    while letter := run.stdout.read(1):
        said += letter
        if said.endswith(ASKS):
            assert times > 0, said
            times -= 1
            time.sleep(LONGER_THAN_A_LOOK)  # what is tried is somebody who needs so long
            run.stdin.write(f"{PASSWORD}\n")
            run.stdin.flush()
    assert run.wait() == 0, said
    assert times == 0, said
    return said


def test_no_node_counts_as_unreadable_while_somebody_types(managers: Operator) -> None:
    managers.everywhere(ACCOUNT)
    for host in managers.hosts.values():
        managers.afterwards(host, "userdel --remove ops; rm -f /etc/sudoers.d/ops")
    asked_each = types_slowly(managers, f"{STATUS} --data ssh_user=ops", times=3)
    assert "Nothing is wrong" in asked_each
    asked_once = types_slowly(managers, f"{STATUS} --data ssh_user=ops --same-sudo-password", times=1)
    assert "Nothing is wrong" in asked_once
