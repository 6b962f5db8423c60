"""Who answers for an address on the operator's network, and which strangers use the same virtual_router_id. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.plan.diagnosis.addresses import speaking_nodes
from keepalived.plan.diagnosis.findings import ADVERTS, Evidence, Finding


def two_machines_answer(evidence: Evidence) -> Iterator[Finding]:
    """Several machines answer for the same address."""
    for address, macs in evidence.macs.items():
        names = _machines(evidence, macs)
        if len(names) > 1:
            yield Finding(
                None,
                f"{len(names)} machines on this network answer for {address}: {', '.join(names)}",
                "Each client reaches one of them. On all but one, stop keepalived or take the address off",
                f"ip address del {address} dev INTERFACE",
            )


def stranger_answers(evidence: Evidence) -> Iterator[Finding]:
    """The only machine that answers is none of the nodes, all of which were read."""
    for address, macs in evidence.macs.items():
        names = _machines(evidence, macs)
        if len(names) == 1 and not set(macs) & _owners(evidence).keys() and not evidence.state.unread():
            yield Finding(
                None,
                f"{names[0]} answers for {address} and is not in {evidence.file}",
                "Find that machine by its MAC address and take the floating address off it",
            )


def nobody_answers(evidence: Evidence) -> Iterator[Finding]:
    """A node holds an address, and no machine answers for it."""
    for address, macs in evidence.macs.items():
        holders = " and ".join(evidence.state.holders(address))
        if not macs and holders:
            yield Finding(
                None,
                f"No machine on this network answers for {address}, which {holders} holds",
                f"Find what stops ARP (IPv6: neighbour discovery) between {holders} and this machine: "
                "arp_ignore, a firewall, a switch",
            )


def stranger_sends_adverts(evidence: Evidence) -> Iterator[Finding]:
    """A node complains about the adverts of a machine that is none of the nodes."""
    state = evidence.state
    own = {str(node.address) for node in state.cluster.nodes.values()}
    own |= {one for node in state.nodes.values() if node for many in node.interfaces.values() for one in many}
    for name, node in state.nodes.items():
        senders = [one for one in (node.journal.adverts_from if node and node.journal else []) if one not in own]
        if senders:
            yield Finding(
                name,
                f"{name} receives adverts of its virtual_router_id from {', '.join(senders)}, not in {evidence.file}",
                "Stop keepalived on that machine, or give one of the two clusters another virtual_router_id",
            )


def unknown_master(evidence: Evidence) -> Iterator[Finding]:
    """A backup knows a master with a priority that no node announces."""
    state = evidence.state
    for instance, settings in state.cluster.instances.items():
        speaking = speaking_nodes(state, instance)
        announced = {said.effective_priority for said in speaking.values() if said.state == "MASTER"}
        for name, said in speaking.items():
            if said.state == "BACKUP" and said.master_priority and announced and said.master_priority not in announced:
                which = "no node that could be read" if state.unread() else "no node"
                yield Finding(
                    name,
                    f"{name} receives adverts of virtual_router_id {settings.virtual_router_id} with priority "
                    f"{said.master_priority}, which {which} announces",
                    "Look again in a moment. If it stays, another machine on this network uses this "
                    f"virtual_router_id. On {name}",
                    ADVERTS,
                )
                break


def _owners(evidence: Evidence) -> dict[str, str]:
    """The node of each MAC address."""
    return {mac: name for name, node in evidence.state.nodes.items() if node for mac in node.macs.values()}


def _machines(evidence: Evidence, macs: tuple[str, ...]) -> list[str]:
    """The machines that answer: nodes by name, others by MAC address."""
    owners = _owners(evidence)
    return sorted({owners.get(mac, f"an unknown machine ({mac})") for mac in macs})
