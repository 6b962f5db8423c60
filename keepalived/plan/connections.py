"""Which nodes must be made ready so that established connections live through a move, and how. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

from keepalived.conf.adverts import advert_settings
from keepalived.conf.interfaces import NoInterface, interfaces
from keepalived.conf.passing_table import OtherServer, passing_table
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.election import observed, restore_change
from keepalived.plan.rollout.due import due
from keepalived.spec.cluster import Cluster

CONNECTION = re.compile(r"[0-9a-f.:]{2,45} \. [0-9]{1,5} \. [0-9]{1,5}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
LOOPBACK = "00:00:00:00:00:00"
GRACE_SECONDS = 40  # beyond the time of a move, after which what was made ready for it ends by itself


@dataclass(frozen=True)
class AddressMove:
    """A planned move: `holder` gives `address` up, and one of `takers` takes it over.

    `others`: the nodes beside the holder that still serve connections to it, from earlier moves.
    """

    address: str
    holder: str
    takers: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def servers(self) -> tuple[str, ...]:
        """The nodes that will serve connections which the new holder does not know."""
        return (self.holder, *self.others)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All that take part in it."""
        return tuple(dict.fromkeys((*self.takers, *self.servers)))


def moves_of_drain(state: ClusterState, name: str) -> list[AddressMove]:
    """What moves when `name` is drained: any node that takes part may take over."""
    election = observed(state)
    return [
        _move(state, address, name, takers)
        for instance, settings in state.cluster.instances.items()
        if (takers := [other for other in election.take_part(instance) if other != name])
        for address in settings.addresses
        if address in election.held(instance, name)
    ]


def moves_of_restore(state: ClusterState, name: str) -> list[AddressMove]:
    """What moves when `name` is put back in service: what it then wins, from the one node that holds it."""
    election = observed(state)
    after = election.after(restore_change(state.cluster, name))
    return [
        _move(state, address, holders[0], [name])
        for instance, settings in state.cluster.instances.items()
        if after.winner(instance) == name
        for address in settings.addresses
        if len(holders := election.holders(address)) == 1 and holders != [name]
    ]


def moves_of_start(state: ClusterState, name: str, text: str) -> list[AddressMove]:
    """What may move when the daemon of `name` takes up the configuration `text`: what it then wins, what it takes
    because it drops the holder's adverts, and what it holds and loses."""
    cluster, node, election = state.cluster, state.nodes[name], observed(state)
    if node is None:
        return []
    drained = bool(node.drained or node.running_drained)
    starts = replace(
        restore_change(cluster, name),
        drained=drained,
        states=dict.fromkeys(cluster.instances, "BACKUP"),
        preempts={instance: not cluster.instances[instance].nopreempt for instance in cluster.instances},
    )
    after, new = election.after(starts), advert_settings(text)
    moves = []
    for instance, settings in cluster.instances.items():
        for address in settings.addresses:
            if election.holders(address) == [name] and after.winner(instance) not in (None, name):
                moves.append(_move(state, address, name, [one for one in election.take_part(instance) if one != name]))
            holders = [one for one in election.holders(address) if one != name]
            holder = state.nodes[holders[0]] if len(holders) == 1 else None
            if holder is None:
                continue
            running = (holder.configuration.advert_settings or {}).get(instance)
            parted = running is not None and instance in new and not new[instance].accepts(running)
            if parted or (not drained and after.winner(instance) == name):
                moves.append(_move(state, address, holders[0], [name]))
    return moves


def moves_of_deploy(state: ClusterState, name: str, texts: Mapping[str, str]) -> list[AddressMove]:
    """What moves when a deploy has `name` run its configuration in `texts`."""
    node, text = state.nodes[name], texts[name]
    match due(state.cluster, node, text) if node else None:
        case "restart":
            return moves_of_drain(state, name)
        case "start" | "reload":
            return moves_of_start(state, name, text)
        case "restore":
            return moves_of_restore(state, name)
    return []


def _move(state: ClusterState, address: str, holder: str, takers: Sequence[str]) -> AddressMove:
    serving = [
        name
        for name, node in state.nodes.items()
        if node and (kept := node.connections.get(address)) and kept.serves and name != holder
    ]
    others = [name for name in serving if [name] != list(takers)]  # it knows its own
    return AddressMove(address, holder, tuple(takers), tuple(others))


def interface_of(cluster: Cluster, name: str, node: NodeState, address: str) -> str | None:
    """The interface by which packets of a floating address come to a node: the one that carries it, or would."""
    if found := node.interface_of(address):
        return found
    for instance, settings in cluster.instances.items():
        for one in (*settings.virtual_ipaddress, *settings.virtual_ipaddress_excluded):
            if str(one.ip) == address:
                with suppress(NoInterface):
                    return one.dev or interfaces(cluster, name, node.links).get(instance)
    return None


def reached_at(cluster: Cluster, name: str, node: NodeState, address: str, seen_from: str | None = None) -> str | None:
    """The address of `name` on the network of the floating `address`; None: it has none there.

    A link-local one has the interface behind it by which it is `seen_from` another node.
    """
    own = str(cluster.nodes[name].address)
    found = _alike(node.interfaces.get(interface_of(cluster, name, node, address) or "", []), address)
    if own in found:
        return own
    found = [one for one in found if one not in cluster.addresses]
    if best := next((one for one in found if not ip_address(one).is_link_local), None):
        return best
    return f"{found[0]}%{seen_from}" if found and seen_from else None


def alone(state: ClusterState, moves: Iterable[AddressMove]) -> dict[str, list[str]]:
    """By node the floating addresses beside which it has none of its own, so that no other node reaches it there.

    With `use_vmac` that is so: the address lies on an interface of its own.
    """
    found: dict[str, list[str]] = {}
    for move in moves:
        for name in move.nodes:
            node = state.nodes[name]
            if node and reached_at(state.cluster, name, node, move.address, seen_from="any") is None:
                found.setdefault(name, []).append(f"the interface of {move.address} has no other address")
    return found


def _alike(addresses: Iterable[str], address: str) -> list[str]:
    """Those that are addresses, of the family of `address`."""
    found = []
    for one in addresses:
        with suppress(ValueError):
            if ip_address(one).version == ip_address(address).version:
                found.append(one)
    return found


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
    by = interface_of(state.cluster, taker, here, move.address) if here else None
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
        clients=sorted({f"{mac} . {one}" for mac, carried in links for one in _alike(carried, move.address)}),
    )


def _links(node: NodeState) -> list[tuple[str, str]]:
    """The interfaces by which others may know the node, each with its link-layer address."""
    return [
        (link, mac)
        for link, mac in node.macs.items()
        if MAC.fullmatch(mac) and mac != LOOPBACK and node.interfaces.get(link)
    ]


def grace_seconds(cluster: Cluster) -> int:
    """After so long without a move, what was made ready for it ends by itself."""
    return round(cluster.move_seconds + cluster.start_seconds + cluster.check_seconds + GRACE_SECONDS)


def in_words(moves: Sequence[AddressMove], obstacles: Mapping[str, list[str] | None]) -> list[str]:
    """What becomes of established connections in these moves, as a plan tells it.

    `obstacles`: what each node says that keeps it from them; None: it did not answer.
    """
    if not moves:
        return []

    def why_not(names: Collection[str]) -> str:
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
    if (why := why_not(holders)) or not able:
        return [f"  established connections end: {why or why_not(takers)}"]
    words = "  established connections go on where they began"
    if why := why_not(takers):
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
