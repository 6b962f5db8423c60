"""What an earlier reboot or upgrade left on the nodes: its checkpoints and its drains. Pure.

A run writes a checkpoint on each of its nodes, with the boot that it is to end: so the next run tells what is done.
"""

from __future__ import annotations

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.spec.flag import RunKind


def is_pending(node: NodeState) -> bool:
    """Whether `node` has the checkpoint of a reboot and still the boot that is to end."""
    checkpoint = node.checkpoint
    return checkpoint is not None and checkpoint.run == "reboot" and checkpoint.boot == node.boot


def is_rebooted(node: NodeState) -> bool:
    """Whether `node` has been rebooted since a run wrote its checkpoint."""
    checkpoint = node.checkpoint
    if checkpoint is None or checkpoint.run != "reboot" or not checkpoint.boot or not node.boot:
        return False
    return checkpoint.boot != node.boot


def is_left(node: NodeState, run: RunKind) -> bool:
    """Whether a `run` has left `node` out of service."""
    checkpoint = node.checkpoint if node.checkpoint and node.checkpoint.run == run else None
    # An upgrade writes a node's checkpoint when its turn begins, and removes it when the turn ends.
    return node.flag.run == run or (
        checkpoint is not None and (run == "upgrade" or checkpoint.availability is not None)
    )


def unfinished(state: ClusterState) -> bool:
    """Whether an earlier reboot of the cluster stopped on its way: removing its checkpoints is the last it does."""
    known = [node for node in state.nodes.values() if node is not None]
    return any(is_pending(node) or is_rebooted(node) or is_left(node, "reboot") for node in known)


def with_checkpoint(state: ClusterState, run: RunKind) -> dict[str, NodeState]:
    """The nodes that have a checkpoint of such a run."""
    return {name: node for name, node in state.nodes.items() if node and node.checkpoint and node.checkpoint.run == run}


def finished_reboots(state: ClusterState) -> list[str]:
    """The nodes whose checkpoints of a reboot may be removed; none while one is still to be rebooted or restored."""
    found = with_checkpoint(state, "reboot")
    meant = {name for node in found.values() if node.checkpoint for name in node.checkpoint.nodes}
    for name, node in state.nodes.items():
        if node is None and name in meant:
            return []
        if node and (is_left(node, "reboot") or (name in found and not is_rebooted(node))):
            return []
    return list(found)


def begun(state: ClusterState) -> str | None:
    """`alice@notebook began at 2026-01-31 10:11:12 UTC`, of the reboot that has checkpoints on nodes."""
    found = [node.checkpoint for node in with_checkpoint(state, "reboot").values() if node.checkpoint]
    return next((f"{one.by} began at {one.begun}" for one in found), None)
