"""How the checks of a cluster are on a node. Pure."""

from __future__ import annotations

from keepalived.observed.node import NodeState
from keepalived.spec.check import Check
from keepalived.spec.cluster import Cluster

TIMED_OUT = (124, 137)  # how timeout(1) ends when what it has run did not: by itself, or killed


def failing(cluster: Cluster, name: str, node: NodeState) -> dict[str, str]:
    """The checks that fail on the `node` called `name`, and count there: why, in words."""
    found = {}
    for check_name, check in cluster.checks_on(name).items():
        result = node.checks.get(check_name)
        if not check.is_script:
            if check.interface in node.links_down:
                found[check_name] = f"{check.interface} is down"
        elif result and not result.passes:
            found[check_name] = _in_words(check, result.status, result.words)
    return found


def not_run(cluster: Cluster, name: str, node: NodeState) -> list[str]:
    """The checks that the daemon of the `node` called `name` must run, and has not run yet."""
    return [check for check, one in cluster.checks_on(name).items() if one.is_script and check not in node.checks]


def _in_words(check: Check, status: int, words: str) -> str:
    how = f"no end within {check.timeout} s" if status in TIMED_OUT else f"exit status {status}"
    return f"{how}: {words}" if words else how
