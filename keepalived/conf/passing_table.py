"""The nftables table of a node that passes on the packets of connections that another node serves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepalived.conf.templates import environment
from keepalived.spec.cluster import Cluster

WORD_LETTERS = 8
"""A word that a node tells has so many letters."""


@dataclass(frozen=True)
class OtherServer:
    """A node that goes on serving connections to an address. `word`: what it tells as long as it does.

    `connections`: those that it has, as `CLIENT . PORT . PORT`; None: whatever nobody else has.
    """

    name: str
    address: str
    word: str
    connections: Sequence[str] | None = None


def nft_family(address: str) -> str:
    """The family of nftables for an address."""
    return "ip6" if ":" in address else "ip"


def table_name(address: str) -> str:
    """The name of the table for a floating address."""
    return f"keepalived-connections-{address.replace(':', '_')}"


def passing_table(
    cluster: Cluster,
    address: str,
    servers: Sequence[OtherServer],
    macs: Sequence[str],
    clients: Sequence[str],
) -> str:
    """The text for `nft -f` on a node that may take `address` over. It needs `define segment` before it.

    `macs`: the link-layer addresses of the cluster's nodes. `clients`: those with the nodes' own addresses, as
    `MAC . ADDRESS`.
    """
    return environment.get_template("connections.nft.j2").render(
        cluster=cluster,
        address=address,
        family=nft_family(address),
        table=table_name(address),
        servers=[
            {
                "name": server.name,
                "address": server.address.partition("%")[0],
                "word": f"0x{server.word.encode().hex()}",
                "connections": server.connections,
            }
            for server in servers
        ],
        macs=macs,
        clients=clients,
    )
