"""What an upgrade does while apt or dpkg are locked: it waits for that, and for nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from keepalived.operations.upgrade import FINISH_INSTALLATION, READ_PACKAGES

APT = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 91 (perl)"
DPKG = "dpkg: error: dpkg frontend lock was locked by another process with pid 91"
PROGRAM = """#!/bin/sh
echo run >> {folder}/runs
[ "$(wc -l < {folder}/runs)" -gt 2 ] && exit 0
echo '{says}' >&2; exit 100
"""


def tries(folder: Path, command: str, program: str, says: str) -> tuple[int, int]:
    """The exit status, and how often the program was run that fails twice with these words."""
    for name, text in ((program, PROGRAM.format(folder=folder, says=says)), ("sleep", "#!/bin/sh\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    done = subprocess.run(["sh", "-c", f"PATH={folder}:$PATH; {command}"], capture_output=True, check=False, text=True)
    assert done.returncode == 0 or says in done.stdout
    return done.returncode, len((folder / "runs").read_text().splitlines())


@pytest.mark.parametrize(
    ("command", "program", "says"), [(READ_PACKAGES, "apt-get", APT), (FINISH_INSTALLATION, "dpkg", DPKG)]
)
def test_it_waits_for_a_lock(tmp_path: Path, command: str, program: str, says: str) -> None:
    assert tries(tmp_path, command, program, says) == (0, 3)


def test_it_does_not_wait_for_a_clock_that_is_wrong(tmp_path: Path) -> None:
    says = "E: Release file for http://example.org/clocks is not valid yet: check the clock"
    assert tries(tmp_path, READ_PACKAGES, "apt-get", says) == (1, 1)
