"""The picture of the README: a rolling deploy beside the naive one, with clients, on the same nodes.

Both carry the same change to the same cluster: once by deploy.py with `connections: keep`, once by writing the file and
`systemctl restart keepalived` on all nodes side by side (bench/plain).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

from bench.groups.connections import nothing_is_left
from bench.seen import Seen, clients, serve_everywhere
from bench.taking import Taking
from bench.ways.ours import Ours
from bench.ways.plain import Plain
from bench.ways.way import RESTART
from lab.operator import Operator

BEFORE_SECONDS = 1.0
AFTER_SECONDS = 2.0
OURS, NAIVE = "pyinfra inventory.py deploy.py", "systemctl restart keepalived, on all nodes at once"


def take(taking: Taking) -> None:
    """One run of each: what happened is drawn, nothing is chosen."""
    with taking.operator() as operator:
        ours = Ours(operator, keep=True)
        ours.prepare()
        taking.runs(operator)
        serve_everywhere(operator)
        plain, least = Plain(operator), 0.0
        for title, act, column in ((OURS, ours.acts()[RESTART], "ours"), (NAIVE, plain.acts()[RESTART], "naive")):
            if column == "naive":
                plain.follows(ours.change)
                nothing_is_left(operator)  # of kept connections: the drained node's kernel would still answer
            seen, marks = _seen(operator, act, least)
            least = seen.witness.holders[-1][0] - seen.witness.holders[0][0]
            seen.note(taking.figures, "deploy of a change", column)
            taking.figures.timelines.append(asdict(seen.timeline(title, list(operator.hosts), marks)))
            taking.says(f"{title}: {seen.witness}; {seen.talking}")


def _seen(operator: Operator, act: Callable[[], None], least: float) -> tuple[Seen, list[tuple[float, str]]]:
    """What clients saw of it; both pictures are as long as the first one, `least`."""
    start = time.monotonic()
    with clients(operator) as seen:
        time.sleep(BEFORE_SECONDS)
        begin = time.time()
        act()
        end = time.time()
        operator.sees_holder("server01", seconds=60)
        time.sleep(max(AFTER_SECONDS, least - (time.monotonic() - start)))
    seen.seconds = end - begin
    return seen, [(begin, "typed"), (end, "it says that it is done")]
