"""What becomes of established connections, as plans and status tell it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from keepalived.observed.cluster import ClusterState
from keepalived.plan.connections.moves import AddressMove


def in_words(moves: Sequence[AddressMove], obstacles: Mapping[str, list[str] | None]) -> list[str]:
    """What becomes of established connections in these moves, as a plan tells it.

    `obstacles`: what each node says that keeps it from them; None: it did not answer.
    """
    if not moves:
        return []

    def kept_by(names: Collection[str]) -> str:
        found = []
        for name in names:
            whys = obstacles.get(name)
            if whys is None:
                found.append(f"{name} cannot be asked")
            elif whys:
                found.append(f"on {name} {', '.join(whys)}")
        return "; ".join(found)

    holders = list(dict.fromkeys(name for move in moves for name in move.servers))
    takers = list(dict.fromkeys(name for move in moves for name in move.takers))
    able = [name for name in takers if obstacles.get(name) == []]
    if (why := kept_by(holders)) or not able:
        return [f"  established connections end: {why or kept_by(takers)}"]
    words = "  established connections go on where they began"
    if why := kept_by(takers):
        lost = [name for name in takers if name not in able]
        words = f"{words}, unless {' or '.join(lost)} takes over: {why}"
    return [words]


def serving_in_words(state: ClusterState, name: str) -> str | None:
    """`server01 still serves 12 connections to 10.10.0.2`; None: it serves none that another node should."""
    node = state.nodes[name]
    if node is None:
        return None
    parts = [
        f"{kept.serves} {'connection' if kept.serves == 1 else 'connections'} to {address}"
        for address, kept in node.connections.items()
        if kept.serves and address not in node.holds
    ]
    return f"{name} still serves {', '.join(parts)}" if parts else None
