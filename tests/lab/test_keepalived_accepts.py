"""Every golden file is accepted by the keepalived of both Debian suites; of the origin's own it has one complaint."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from lab.operator import Operator
from tests.lab.conftest import on

UNIT = Path(__file__).parents[1] / "unit"
GOLDEN = sorted((UNIT / "golden").glob("*.conf"))
pytestmark = on("bookworm", "trixie")


def config_test(operator: Operator, text: str) -> tuple[int, str]:
    """Exit status and words of `keepalived -t` about `text` on a host."""
    encoded = base64.b64encode(text.encode()).decode()
    done = operator.server01.execute(
        f"echo {encoded} | base64 -d > /root/candidate && keepalived -t -f /root/candidate"
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_file_is_accepted(deployed: Operator, golden: Path) -> None:
    text = golden.read_text()
    for script in re.findall(r'"(/etc/keepalived/checks/[^" ]+)', text):
        deployed.server01.succeed(f"install -D -m 755 /bin/true {script}")
    assert config_test(deployed, text) == (0, "")


def test_the_origins_own_file_lacks_only_script_security(deployed: Operator) -> None:
    status, words = config_test(deployed, (UNIT / "origins_own.conf").read_text())
    assert (status, words.strip()) == (
        6,
        "SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
    )
