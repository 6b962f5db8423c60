"""How long nobody answers after a failure that nobody planned, by the settings."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

from bench.seen import LOST, SILENCE, TWO, takeovers, timeline
from bench.taking import Taking
from bench.values import SETTINGS
from lab.host import Host
from lab.lab import CHECKOUT
from lab.operator import ADDRESS, DEPLOY, Operator
from lab.witness import Witness

TAKEOVERS = "nodes that came to hold the address"
SECONDS = 20.0  # the longest take-over: the blog post's values
SETTLED_SECONDS = 3.0


def take(taking: Taking) -> None:
    """Each failure of the holder with each of the settings."""
    with taking.operator() as operator:
        for name, text in SETTINGS.items():
            operator.writes(text)
            operator.types(f"{DEPLOY} --data probe=off")
            taking.runs(operator)
            operator.sees_holder("server01", seconds=60)
            for _ in range(taking.times):
                for failure, fails in FAILURES.items():
                    fail(taking, operator, name, failure, fails)
            taking.says(name)


def fail(taking: Taking, operator: Operator, row: str, failure: str, fails: Callable[[Host], object]) -> None:
    """One failure of server01, and all as before afterwards."""
    with Witness(operator.lab, ADDRESS) as seen:
        failed = time.time()
        fails(operator.server01)
        time.sleep(SETTLED_SECONDS)
        operator.sees("an answer", lambda: _is_served(operator), True, seconds=SECONDS)
        time.sleep(1)
    taking.figures.note(row, failure, SILENCE, 1000 * seen.longest_silence)
    taking.figures.note(row, failure, LOST, seen.lost)
    taking.figures.note(row, failure, TWO, 1000 * seen.longest(2))
    taking.figures.note(row, failure, TAKEOVERS, takeovers(seen))
    nodes = list(operator.hosts)
    taking.figures.timelines.append(asdict(timeline(seen, f"{failure}, {row}", nodes, [(failed, failure)])))
    operator.repairs()
    operator.sees_holder("server01", seconds=60)
    time.sleep(SETTLED_SECONDS)


def _is_served(operator: Operator) -> bool:
    """Whether a client has an answer now."""
    asked = operator.lab.operator([sys.executable, "-m", "lab.pinger", ADDRESS], input="", cwd=CHECKOUT, check=True)
    return bool(json.loads(asked.stdout.partition("\n")[0])["reachable"])


def _kill(host: Host) -> None:
    """Parent and child die, and the address stays on the host, as the kernel does not know that it is theirs."""
    host.succeed("systemctl kill --signal=KILL keepalived")


FAILURES: dict[str, Callable[[Host], object]] = {
    "power cut": Host.crash,
    "link cut": Host.unplug,
    "keepalived killed": _kill,
}
