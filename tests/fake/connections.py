"""Established connections in a simulated cluster: what scripts/connections.sh does there, verb by verb."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived.conf.connections_script import SCRIPT
from keepalived.observed.connections import TOOLS, KeptConnections
from tests.fake.shell import Result

if TYPE_CHECKING:
    from tests.fake.server import Server


@dataclass
class Connections:
    """What a server has of connections. `open`: how many it serves, by floating address, whether it holds it or not."""

    open: dict[str, int] = field(default_factory=dict)
    serving: dict[str, list[str]] = field(default_factory=dict)
    """The addresses for which it stays ready, each with the addresses of those whom it tells so."""
    passing: dict[str, str] = field(default_factory=dict)
    """The addresses whose unknown packets it passes on, each with the table's text."""
    tools: tuple[str, ...] = TOOLS
    alone: tuple[str, ...] = ()
    """The addresses with which their network leaves the server."""
    refuses: str = ""
    """A verb of the script that fails."""

    def told(self) -> dict[str, KeptConnections]:
        """What the fact reads."""
        return {
            address: KeptConnections(
                serves=self.open.get(address, 0) if address in self.serving else None,
                passes_on_to=self.passing.get(address),
            )
            for address in {**self.serving, **self.passing}
        }


def run_script(server: Server, words: list[str]) -> Result:
    """`bash -c TEXT keepalived-connections VERB ...`"""
    option, text, name, verb, *rest = words
    assert (option, text, name) == ("-c", SCRIPT, "keepalived-connections"), words[:1]
    own = server.connections
    if verb in ("pass", "serve", "seen") and "nft" not in own.tools:
        return Result(1, err="nft is not installed\n")
    if verb == own.refuses:
        return Result(1, err="it refuses\n")
    match verb, rest:
        case "list", [address]:
            return Result(out="".join(f"10.10.0.1 . {5000 + one} . 443\n" for one in range(own.open.get(address, 0))))
        case "pass", [address, neighbour, _, seconds]:
            assert int(seconds) > 0
            own.passing[address] = neighbour
        case "serve", [address, seconds, grace, *peers]:
            assert int(grace) < int(seconds)
            if address in own.alone:
                return Result(1, err="answers would find no way\n")
            assert all(re.fullmatch(r"[^=]+=[0-9a-f]{8}", peer) for peer in peers), peers
            own.serving[address] = sorted({*own.serving.get(address, []), *(peer.split("=")[0] for peer in peers)})
        case "seen", [address]:
            to = next(one for one in server.world.servers.values() if one.address == own.passing[address])
            if server.address not in to.connections.serving.get(address, []):
                return Result(1, err="it gets no word from the node that serves it now\n")
        case "unpass", [address]:
            own.passing.pop(address, None)
        case "unserve", [address]:
            own.serving.pop(address, None)
        case "end", addresses:
            for address in addresses:
                own.passing.pop(address, None)
                own.serving.pop(address, None)
        case _:
            raise AssertionError(f"connections.sh {verb} {rest}")
    return Result()
