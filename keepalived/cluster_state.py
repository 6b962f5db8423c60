"""What the nodes of a cluster report together: who holds what, and what an operator waits for. Pure.

One verdict: status, the wait and the order of a rollout all ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from keepalived.cluster import Cluster
from keepalived.node_state import InstanceState, NodeState


class Verdict(NamedTuple):
    """Whether what is waited for has been seen, and what was seen, in words."""

    done: bool
    seen: str


@dataclass(frozen=True)
class ClusterState:
    """The nodes' own reports; None for a node that could not be read."""

    cluster: Cluster
    nodes: Mapping[str, NodeState | None]

    def holders(self, address: str) -> list[str]:
        """The nodes whose kernel has `address`, in the order of preference."""
        return [name for name, node in self.nodes.items() if node is not None and address in node.holds]

    def holders_in_words(self, address: str) -> str:
        """`server01`; `server01 (drained)`; `server01 and server02`; empty when no node is seen holding it."""
        words = []
        for name in self.holders(address):
            node = self.nodes[name]
            words.append(f"{name} (drained)" if node is not None and node.drained else name)
        return " and ".join(words)

    def unread(self) -> list[str]:
        """The nodes that could not be read."""
        return [name for name, node in self.nodes.items() if node is None]

    def speaking(self, instance: str) -> dict[str, InstanceState]:
        """The nodes whose daemon takes part in `instance`, as BACKUP or MASTER, with what it says."""
        speaking = {}
        for name, node in self.nodes.items():
            said = (node.instances or {}).get(instance) if node is not None else None
            if said is not None and said.state in ("BACKUP", "MASTER"):
                speaking[name] = said
        return speaking

    def best(self, instance: str) -> str | None:
        """The node that must hold the addresses of `instance`: of those that take part, the highest priority."""
        speaking = self.speaking(instance)
        return max(speaking, key=lambda name: speaking[name].effective_priority, default=None)

    def who_holds(self) -> str:
        """`10.10.0.2 is held by server01`, for every floating address."""
        unread = f" (not read: {', '.join(self.unread())})" if self.unread() else ""
        parts = []
        for address in self.cluster.addresses:
            parts.append(f"{address} is held by {self.holders_in_words(address) or f'no node seen{unread}'}")
        return ", ".join(parts)


def in_service(state: ClusterState, name: str) -> Verdict:
    """Is the restored node `name` seen back: its priority raised, and holding what it should?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if node.drained:
        return Verdict(False, f"the flag {node.flag.path} is still there")
    if problem := _priority_problem(state, name, drained=False):
        return Verdict(False, problem)
    waiting = [instance for instance in state.cluster.instances if state.best(instance) == name]
    missing = [
        address
        for instance in waiting
        for address in state.cluster.instances[instance].addresses
        if state.holders(address) != [name]
    ]
    if missing:
        return Verdict(False, f"it is the best node, but {state.who_holds()}")
    if node.holds:
        return Verdict(True, f"in service, holds {', '.join(node.holds)}")
    return Verdict(True, f"in service as a backup; {state.who_holds()}")


def let_go(state: ClusterState, name: str) -> Verdict:
    """Is the drained node `name` seen without an address, its priority lowered, and another node holding them?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if not node.drained:
        return Verdict(False, f"the flag {node.flag.path} is not there")
    if node.holds:
        return Verdict(False, f"still holds {', '.join(node.holds)}{_why_no_other(state, name)}")
    if node.unit.runs and (problem := _priority_problem(state, name, drained=True)):
        return Verdict(False, problem)
    if any(not state.holders(address) for address in state.cluster.addresses):
        return Verdict(False, f"holds nothing, but {state.who_holds()}")
    rest = "" if node.unit.runs else f" (keepalived is {node.unit.active_state} here)"
    return Verdict(True, f"drained, holds nothing{rest}; {state.who_holds()}")


def settled(state: ClusterState, name: str) -> Verdict:
    """Does node `name` run what lies on its disk, with the priority due, and has every address one holder?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if problem := _priority_problem(state, name, drained=node.drained):
        return Verdict(False, problem)
    if node.applied is False:
        return Verdict(False, f"keepalived on {name} does not run what lies on its disk")
    for instance in state.cluster.instances:
        for address in state.cluster.instances[instance].addresses:
            holders = state.holders(address)
            if holders != [state.best(instance)] and not (holders == [] and state.unread()):
                return Verdict(False, f"{state.who_holds()}; the best node is {state.best(instance)}")
    return Verdict(True, state.who_holds())


def moves(before: ClusterState, after: ClusterState) -> list[str]:
    """`10.10.0.2: server01 → server02`, for every address that has gone from one holder to another."""
    return [
        f"{address}: {' and '.join(before.holders(address)) or 'no node'} → {after.holders_in_words(address)}"
        for address in after.cluster.addresses
        if after.holders(address) and after.holders(address) != before.holders(address)
    ]


def _priority_problem(state: ClusterState, name: str, *, drained: bool) -> str | None:
    """What keeps the daemon on `name` from announcing the priority it should, in all instances."""
    node = state.nodes[name]
    if node is None or not node.unit.runs:
        return f"keepalived is {node.unit.active_state if node else 'unknown'} on {name}"
    if node.instances is None:
        return f"keepalived on {name} does not tell its state"
    expected = state.cluster.effective_priority(name, drained=drained)
    for instance in state.cluster.instances:
        said = node.instances.get(instance)
        if said is None:
            return f"keepalived on {name} does not know {instance}: run deploy.py"
        if said.state not in ("BACKUP", "MASTER"):
            return f"{instance} is in state {said.state} on {name}"
        if said.effective_priority != expected:
            return f"{instance} has priority {said.effective_priority} on {name}, not {expected}"
    return None


def _why_no_other(state: ClusterState, name: str) -> str:
    """Of the others, who cannot take over and why; nothing while one could."""
    reasons = []
    for other, node in state.nodes.items():
        if other == name:
            continue
        if node is None:
            reasons.append(f"{other} cannot be read")
        elif not node.unit.runs:
            reasons.append(f"keepalived is {node.unit.active_state} on {other}")
        elif node.drained:
            reasons.append(f"{other} is drained")
        else:
            return ""
    return f": no better node ({', '.join(reasons)})" if reasons else ": there is no other node"
