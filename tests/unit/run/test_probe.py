"""The probe as a process: it says who is there, ends with whoever started it, and then tells what it saw."""

import json
import subprocess
import sys
from pathlib import Path

from keepalived.run.probe.process import TcpProber

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "keepalived.run.probe.process", "--interval", "0.005"]


def test_the_probe_tells_who_is_there_and_what_became_of_each_request() -> None:
    probe = subprocess.Popen(
        [*COMMAND, "127.0.0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert probe.stdout is not None
    assert json.loads(probe.stdout.readline()) == {"reachable": ["127.0.0.1"]}
    out, _ = probe.communicate()  # closes its standard input
    seen = json.loads(out)
    assert seen["method"] in ("icmp", "tcp")
    probes = seen["probes"]["127.0.0.1"]
    assert probes
    assert all(answered >= sent for sent, answered in probes)


def test_the_probe_ends_when_whoever_started_it_is_killed() -> None:
    starts_and_dies = (
        "import os, subprocess, sys\n"
        f"probe = subprocess.Popen({[*COMMAND, '127.0.0.1']!r}, stdin=subprocess.PIPE, start_new_session=True)\n"
        "import time; time.sleep(1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    # The probe writes to the same standard output, which is not read to its end before the probe has ended as well.
    done = subprocess.run(
        [sys.executable, "-c", starts_and_dies], capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert done.returncode == -9
    assert json.loads(done.stdout.splitlines()[-1])["probes"]["127.0.0.1"]


def test_a_closed_port_is_an_answer_too() -> None:
    prober = TcpProber("127.0.0.1", 0.01)
    prober.start()
    while len(prober.probes) < 2:
        pass
    prober.stop()
    assert all(answered is not None for _, answered in prober.probes.listed())
