"""What a node tells of established connections that live through a move. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

TOOLS = ("nft", "conntrack")
"""What a node needs for it that a deploy installs."""


class KeptConnections(BaseModel):
    """What becomes of the connections to an address on a node that does not hold it, or will."""

    model_config = ConfigDict(frozen=True)

    serves: int | None = None
    """How many connections the node serves, though it may not hold the address; None: it does nothing for them."""
    passes_on_to: str | None = None
    """The address of the node to which it passes packets on that belong to no connection of its own."""


def read_kept(text: str) -> dict[str, KeptConnections]:
    """Lines `serve 10.10.0.2 12` and `pass 10.10.0.2 10.10.0.3`, by address."""
    found: dict[str, KeptConnections] = {}
    for line in text.splitlines():
        kind, address, value = line.split(" ")
        known = found.get(address, KeptConnections())
        if kind == "serve":
            found[address] = known.model_copy(update={"serves": int(value)})
        elif kind == "pass":
            found[address] = known.model_copy(update={"passes_on_to": value})
        else:
            raise ValueError(kind)
    return found


def read_tools(text: str) -> list[str]:
    """What `command -v` writes: the names of those that are there."""
    return [line.rpartition("/")[2] for line in text.splitlines() if line]
