"""What the nftables table of a node that may take over says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from keepalived.conf.passing_table import OtherServer, passing_table
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.connections.moves import AddressMove
from keepalived.plan.connections.reach import interface_for, of_family, reached_at

CONNECTION = re.compile(r"[0-9a-f.:]{2,45} \. [0-9]{1,5} \. [0-9]{1,5}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
LOOPBACK = "00:00:00:00:00:00"


def connections_in(lines: Iterable[str]) -> list[str]:
    """What a node has told of its connections, as nftables is given it: a client, its port, the port there."""
    return [line for line in lines if CONNECTION.fullmatch(line)]


def table_for(
    state: ClusterState,
    move: AddressMove,
    taker: str,
    words: Mapping[str, str],
    connections: Mapping[str, Sequence[str]],
) -> str:
    """The table of nftables for a node that may take over.

    `words`: what each node tells while it serves. `connections`: those that each of `move.others` has.
    """
    here = state.nodes[taker]
    by = interface_for(state.cluster, taker, here, move.address) if here else None
    servers = []
    for name in move.servers:
        node = state.nodes[name]
        at = reached_at(state.cluster, name, node, move.address, by) if node else None
        if name != taker and at:
            servers.append(
                OtherServer(name, at, words[name], None if name == move.holder else connections.get(name, []))
            )
    links = [
        (mac, node.interfaces.get(link, [])) for node in state.nodes.values() if node for link, mac in _links(node)
    ]
    return passing_table(
        state.cluster,
        move.address,
        servers,
        macs=sorted({mac for mac, _ in links}),
        clients=sorted({f"{mac} . {one}" for mac, carried in links for one in of_family(carried, move.address)}),
    )


def _links(node: NodeState) -> list[tuple[str, str]]:
    """The interfaces by which others may know the node, each with its link-layer address."""
    return [
        (link, mac)
        for link, mac in node.macs.items()
        if MAC.fullmatch(mac) and mac != LOOPBACK and node.interfaces.get(link)
    ]
