"""Which runs have not ended, on the nodes whose checkpoints are still there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan import maintenance
from keepalived.plan.diagnosis.findings import REBOOT, UPGRADE, Evidence, Finding
from keepalived.spec.flag import RunKind


def reboot_unfinished(evidence: Evidence) -> Iterator[Finding]:
    """A reboot has left checkpoints."""
    state = evidence.state
    if (begun := maintenance.begun(state)) is None:
        return
    nodes = _with_checkpoint(state, "reboot")
    pending = [name for name, node in nodes.items() if not maintenance.is_rebooted(node)]
    left = f"{', '.join(pending)} still to be rebooted" if pending else f"{', '.join(nodes)} rebooted"
    words = f"The reboot that {begun} is under way or did not end: {left}"
    yield Finding(None, words, "If nobody runs it any more, type it again, which continues it", REBOOT)


def upgrade_unfinished(evidence: Evidence) -> Iterator[Finding]:
    """An upgrade has left a checkpoint."""
    for name, node in _with_checkpoint(evidence.state, "upgrade").items():
        if (checkpoint := node.checkpoint) is None:
            continue
        words = f"The upgrade of {name} that {checkpoint.by} began at {checkpoint.begun} is under way or did not end"
        cure = f"Restore {name}, or, if nobody runs it any more, type it again"
        yield Finding(name, words, cure, UPGRADE)


def _with_checkpoint(state: ClusterState, run: RunKind) -> dict[str, NodeState]:
    return maintenance.with_checkpoint(state, run)
