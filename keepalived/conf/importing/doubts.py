"""What is wrong with hand-made configurations, by the look of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.conf.importing.elections import order
from keepalived.conf.importing.keys import InstanceKeys, ReadNode
from keepalived.conf.importing.merge import Merged
from keepalived.spec.plain_text import REPLACEMENT, plain

LONGEST_PASSWORD = 8
NOT_IN_ADVERTS = {"interface", "excluded"}


def doubts(nodes: list[ReadNode], texts: dict[str, str], found: Merged) -> list[str]:
    """A sentence for each thing that somebody should look at, those about all nodes first."""
    return list(
        dict.fromkeys(
            [
                *_priorities(nodes, found),
                *_parted(nodes, texts),
                *_of_nodes(nodes),
                *_scripts(nodes),
                *_hostile(nodes),
            ]
        )
    )


def moves(nodes: list[ReadNode], found: Merged) -> list[str]:
    """The addresses that a deploy of the file moves, and why; those that nobody or more than one holds today."""
    said = []
    for name, priorities in found.priorities.items():
        best = order(priorities, found.data["nodes"])[0]
        for address in _floating(nodes, name):
            holders = [
                made.node for made, _ in nodes if any(address in carried for carried in made.interfaces.values())
            ]
            if len(holders) > 1:
                said.append(f"{' and '.join(holders)} hold {address} now: mend that before a deploy")
            elif holders and holders != [best]:
                said.append(
                    f"a deploy moves {address} ({name}) from {holders[0]}, which holds it now, to {best}, which the "
                    f"priorities prefer: put {holders[0]} first under nodes if it shall stay"
                )
    return said


def _floating(nodes: list[ReadNode], name: str) -> list[str]:
    ones = [keys.instances[name] for _, keys in nodes if name in keys.instances]
    return list(dict.fromkeys(text.split()[0].split("/")[0] for one in ones for text in _addresses(one)))


def _addresses(one: InstanceKeys) -> list[str]:
    return [*one.keys.get("virtual_ipaddress", []), *one.keys.get("virtual_ipaddress_excluded", [])]


def _priorities(nodes: list[ReadNode], found: Merged) -> Iterator[str]:
    for name, by_node in found.bases.items():
        for one, other in combinations(by_node, 2):
            if by_node[one] == by_node[other]:
                first = order({one: 1, other: 1}, found.data["nodes"])[0]
                yield (
                    f"{one} and {other} have the same priority in {name}, {by_node[one]}: the higher address wins, so "
                    f"the file puts {first} first"
                )
        states = {made.node: keys.instances[name].state for made, keys in nodes if name in keys.instances}
        masters = [node for node, state in states.items() if state == "MASTER"]
        if len(masters) > 1:
            yield (
                f"{' and '.join(masters)} have state MASTER in {name}: each takes the addresses when it starts; the "
                "file has no state, the priorities decide"
            )


def _parted(nodes: list[ReadNode], texts: dict[str, str]) -> Iterator[str]:
    """Nodes that drop each other's adverts."""
    settings = {made.node: advert_settings(texts[made.node]) for made, _ in nodes}
    for (one, own), (other, its) in combinations(settings.items(), 2):
        for name, mine in own.items():
            theirs = its.get(name) or next((it for it in its.values() if it.addresses == mine.addresses), None)
            if theirs is None or mine.accepts(theirs):
                continue
            keys = [key for key in AdvertSettings._fields if getattr(mine, key) != getattr(theirs, key)]
            differ = ", ".join(key for key in keys if key not in NOT_IN_ADVERTS)
            yield (
                f"{one} and {other} drop each other's adverts in {name} ({differ}): both hold its addresses; the file "
                f"has what {nodes[0][0].node} has"
            )


def _of_nodes(nodes: list[ReadNode]) -> Iterator[str]:
    for made, keys in nodes:
        for one in keys.instances.values():
            where = f"of {one.name} on {made.node}"
            if one.password and len(one.password) > LONGEST_PASSWORD:
                yield f"the auth_pass {where} is longer than 8 characters: keepalived uses the first 8, export those"
            if one.state == "MASTER" and ("nopreempt" in one.raw or one.keys.get("nopreempt")):
                yield f"nopreempt {where} needs state BACKUP: with MASTER keepalived ignores it"
            if one.interface and made.interfaces and one.interface not in made.interfaces:
                yield f"{made.node} has no interface {one.interface} ({one.name})"
            if one.peers is not None:
                yield from _peers(nodes, made.node, one.peers, where)


def _peers(nodes: list[ReadNode], node: str, peers: list[str], where: str) -> Iterator[str]:
    """Nodes that are missing in the list of peers, and peers that are no nodes."""
    own = {
        made.node: {ip for ips in made.interfaces.values() for ip in ips}
        | {made.connected}
        | {str(one.source) for one in keys.instances.values()}
        for made, keys in nodes
    }
    for other, addresses in own.items():
        if other != node and not addresses & set(peers):
            yield f"{other} is no unicast_peer {where}: it gets no adverts from there"
    for peer in peers:
        if not any(peer in addresses for addresses in own.values()):
            yield f"the unicast_peer {peer} {where} is none of these nodes: import it with them, or it is left out"


def _scripts(nodes: list[ReadNode]) -> Iterator[str]:
    for made, _ in nodes:
        for program, runs in made.programs.items():
            if not runs:
                yield (
                    f"{made.node}: {plain(program)} is not there or cannot be run: keepalived takes such a check for a "
                    "success, and drops such a notify command"
                )


def _hostile(nodes: list[ReadNode]) -> Iterator[str]:
    for made, _ in nodes:
        for path, text in made.files.items():
            if plain(unix := text.replace("\r\n", "\n")) != unix:
                yield f"{made.node}: {plain(path)} has control characters: {REPLACEMENT} stands for each"
