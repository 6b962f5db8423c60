"""What a look costs the node that is looked at."""

from __future__ import annotations

import re
import shlex

from bench.taking import Taking, cluster
from keepalived.facts import Node
from lab.operator import ADDRESS, DEPLOY, FLAG

LOOKS = 20  # taken together: one is too short for the clock of processes
PROCESSOR, PROCESSES = "processor of the node, ms", "processes"
LOOK, WITH_JOURNAL = "a look, as every command takes it", "with the journal, as status takes it"


def take(taking: Taking) -> None:
    """One report of `facts.Node`, run by the node's shell."""
    with taking.operator() as operator:
        operator.writes(cluster())
        operator.types(DEPLOY)
        taking.runs(operator)
        for what, journal in ((LOOK, False), (WITH_JOURNAL, True)):
            asked = Node().command(flag=FLAG, check="script", addresses=[ADDRESS], journal=journal)
            look = f"sh -c {shlex.quote(asked.get_raw_value())} >/dev/null"
            many = f"i=0; while [ $i -lt {LOOKS} ]; do {look}; i=$((i + 1)); done; times; sh -c 'echo $PPID $$'"
            for _ in range(taking.times):
                _, spent, pids = operator.server01.succeed(many).splitlines()
                used = sum(60 * int(m) + float(s) for m, s in re.findall(r"(\d+)m([\d.]+)s", spent))
                first, last = map(int, pids.split())
                taking.figures.note(what, PROCESSOR, PROCESSOR, 1000 * used / LOOKS)
                taking.figures.note(what, PROCESSES, PROCESSES, (last - first - 1) / LOOKS)
