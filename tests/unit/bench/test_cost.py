"""What a command costs is told with its children's share, and its own exit status."""

import json
import subprocess
import sys
from pathlib import Path

from bench import cost

BUSY = """\
import subprocess, sys, time
held = bytearray(60 << 20)
subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.3: pass"], check=True)
time.sleep(1)
sys.exit(3)
"""


def test_the_processor_of_children_and_the_memory_are_told(tmp_path: Path) -> None:
    told = tmp_path / "told"
    done = subprocess.run([sys.executable, cost.__file__, str(told), sys.executable, "-c", BUSY], check=False)
    assert done.returncode == 3
    found = json.loads(told.read_text())
    assert found["seconds"] >= 1.2
    assert found["processor"] >= 0.3
    assert found["megabytes"] >= 60


def test_an_unknown_group_is_refused() -> None:
    done = subprocess.run([sys.executable, "-m", "bench", "mvoes"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such group: mvoes" in done.stderr
