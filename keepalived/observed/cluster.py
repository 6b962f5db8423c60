"""What the nodes of a cluster report together: who holds what, and how each node is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.observed.node import InstanceState, NodeState
from keepalived.spec.cluster import Cluster


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

    def said(self, name: str, instance: str) -> InstanceState | None:
        """What the daemon of `name` tells of `instance`; None when it tells nothing."""
        node = self.nodes[name]
        return (node.instances or {}).get(instance) if node is not None else None

    def not_yet(self, instance: str, address: str) -> bool:
        """Whether the daemon that holds `instance` does not know of `address`, which the adverts do not name: it has it
        once that node runs the new configuration."""
        if address not in map(str, (one.ip for one in self.cluster.instances[instance].virtual_ipaddress_excluded)):
            return False
        masters = [
            settings.get(instance)
            for name, node in self.nodes.items()
            if node
            and (settings := node.configuration.advert_settings) is not None
            and (said := self.said(name, instance))
            and said.state == "MASTER"
        ]
        return bool(masters) and all(one is None or address not in one.floating for one in masters)

    def receive_adverts(self, instance: str) -> bool:
        """Whether a node that was read is BACKUP in `instance`, and receives the adverts of a holder."""
        told = [self.said(name, instance) for name in self.nodes]
        return any(said.state == "BACKUP" and bool(said.master_priority) for said in told if said)

    def accepting(self, text: str, sender: str) -> list[str]:
        """The nodes whose daemon receives and accepts the adverts of `sender` when it runs the configuration `text`, in
        all instances that both take part in."""
        wanted, sending = advert_settings(text), self.nodes[sender]
        return [
            name
            for name, node in self.nodes.items()
            if node and sending and node.unit.runs and self._accepts(name, node, wanted, sending)
        ]

    def _accepts(self, name: str, node: NodeState, wanted: Mapping[str, AdvertSettings], sending: NodeState) -> bool:
        """Whether `node` runs its instances, and they are the same for the sender of adverts with these settings."""
        own = node.configuration.advert_settings
        return (
            own is not None
            and own.keys() == self.cluster.instances_of(name).keys()
            and all(
                own[instance].accepts(wanted[instance])
                and node.meets(own[instance].interface, sending, wanted[instance].interface) is not False
                for instance in own.keys() & wanted.keys()
            )
        )

    def who_holds(self) -> str:
        """`10.10.0.2 is held by server01`, for every floating address."""
        unread = f" that could be read ({', '.join(self.unread())} could not)" if self.unread() else ""
        parts = []
        for address in self.cluster.all_held:
            parts.append(f"{address} is held by {self.holders_in_words(address) or f'no node{unread}'}")
        return ", ".join(parts)


def seen_moves(before: ClusterState, after: ClusterState) -> list[str]:
    """`10.10.0.2: server01 → server02`, for every address that was seen to go from one holder to another."""
    return [
        f"{address}: {' and '.join(before.holders(address)) or 'no node'} → {after.holders_in_words(address)}"
        for address in after.cluster.all_held
        if after.holders(address) != before.holders(address)
        and after.holders(address)
        and (before.holders(address) or not before.unread())
    ]


def standing(state: ClusterState) -> list[str]:
    """How things stand, a line a node: `server02: MASTER with priority 102, holds 10.10.0.2`."""
    lines = []
    for name, node in state.nodes.items():
        if node is None:
            lines.append(f"{name}: cannot be read")
            continue
        said = [f"{one.state} with priority {one.effective_priority}" for one in (node.instances or {}).values()]
        parts = said or [f"keepalived is {node.unit.active_state}"]
        parts.append(f"holds {', '.join(node.holds)}" if node.holds else "holds nothing")
        if node.drained:
            parts.append(f"drained by a run of {node.flag.run}.py that did not end" if node.flag.run else "drained")
        if node.applied is False:
            parts.append("does not run what lies on its disk")
        lines.append(f"{name}: {', '.join(parts)}")
    return lines
