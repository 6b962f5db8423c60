"""How the checks of a cluster are on a node. Pure."""

from __future__ import annotations

from keepalived.observed.node import NodeState
from keepalived.spec.check import Check
from keepalived.spec.cluster import Cluster

TIMED_OUT = (124, 137)  # how timeout(1) ends when what it has run did not: by itself, or killed


def failing(cluster: Cluster, node: NodeState) -> dict[str, str]:
    """The checks that fail on `node`, by name: why, in words."""
    found = {}
    for name, check in cluster.checks.items():
        result = node.checks.get(name)
        if not check.is_script:
            if check.interface in node.links_down:
                found[name] = f"{check.interface} is down"
        elif result and not result.passes:
            found[name] = _in_words(check, result.status, result.words)
    return found


def not_run(cluster: Cluster, node: NodeState) -> list[str]:
    """The checks that the daemon of `node` has not run yet."""
    return [name for name, check in cluster.checks.items() if check.is_script and name not in node.checks]


def _in_words(check: Check, status: int, words: str) -> str:
    how = f"no end within {check.timeout} s" if status in TIMED_OUT else f"exit status {status}"
    return f"{how}: {words}" if words else how
