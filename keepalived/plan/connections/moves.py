"""Which nodes take part in a planned move, so that they are made ready for established connections. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from keepalived.conf.adverts import advert_settings
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.election import Election, drain_change, is_lowered, observed, restore_change
from keepalived.plan.rollout.due import Work, due
from keepalived.plan.rollout.outcome import turned
from keepalived.spec.cluster import Cluster

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


def under_way(state: ClusterState) -> list[str]:
    """The addresses that one node holds while another is about to take them over: a flag was just set or removed."""
    cluster, now = state.cluster, observed(state)
    not_yet = {
        name: node.drained
        for name, node in state.nodes.items()
        if node and any(is_lowered(state, of, name) not in (None, node.drained) for of in cluster.instances_of(name))
    }
    then = now.after(*((drain_change if out else restore_change)(cluster, name) for name, out in not_yet.items()))
    return [
        address
        for instance, addresses in now.addresses.items()
        for address in addresses
        if (holders := now.holders(address)) and (winner := then.winner(instance)) and holders != [winner]
    ]


def moves_of_drain(state: ClusterState, name: str, now: Election | None = None) -> list[AddressMove]:
    """What moves when `name` is drained: any node that takes part may take over. `now`: the election before that."""
    election = now or observed(state)
    return [
        _move(state, address, name, takers)
        for instance, settings in state.cluster.instances.items()
        if (takers := [other for other in election.take_part(instance) if other != name])
        for address in settings.addresses
        if address in election.held(instance, name)
    ]


def moves_of_restore(state: ClusterState, name: str, now: Election | None = None) -> list[AddressMove]:
    """What moves when `name` is put back in service: what it then wins, from the one node that holds it. `now`: the
    election before that."""
    election = now or observed(state)
    after = election.after(restore_change(state.cluster, name))
    return [
        _move(state, address, holders[0], [name])
        for instance, settings in state.cluster.instances.items()
        if after.winner(instance) == name
        for address in settings.addresses
        if len(holders := election.holders(address)) == 1 and holders != [name]
    ]


def moves_of_start(state: ClusterState, name: str, text: str, now: Election | None = None) -> list[AddressMove]:
    """What may move when the daemon of `name` takes up the configuration `text`: what it then wins, what it takes
    because it drops the holder's adverts, and what it holds and loses. `now`: the election before that."""
    cluster, node, election = state.cluster, state.nodes[name], now or observed(state)
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


def moves_of_rollout(
    state: ClusterState, texts: Mapping[str, str], batches: Iterable[Collection[str]]
) -> list[AddressMove]:
    """What moves when these batches of nodes run their configurations in `texts`, one batch after the other.

    A node is judged by what those before it have made of the cluster: with another order of nodes the first ones that
    take it up move nothing.
    """
    now, moves = observed(state), []
    for batch in batches:
        work: dict[str, Work] = {}
        for name in batch:
            if (node := state.nodes[name]) and (what := due(state.cluster, node, texts[name])):
                work[name] = what
                moves += _moves_of_work(state, name, what, texts[name], now)
        now, state = turned(now, state, work), _with_settings(state, {name: texts[name] for name in work})
    return moves


def _moves_of_work(state: ClusterState, name: str, work: Work, text: str, now: Election) -> list[AddressMove]:
    match work:
        case "restart":
            return moves_of_drain(state, name, now)
        case "start" | "reload":
            return moves_of_start(state, name, text, now)
        case "restore":
            return moves_of_restore(state, name, now)
    return []


def _with_settings(state: ClusterState, texts: Mapping[str, str]) -> ClusterState:
    """The same where these nodes send and accept adverts as their configurations in `texts` say."""

    def with_settings(node: NodeState, text: str) -> NodeState:
        settings = {"advert_settings": advert_settings(text)}
        return node.model_copy(update={"configuration": node.configuration.model_copy(update=settings)})

    nodes = {
        name: with_settings(node, texts[name]) if node and name in texts else node for name, node in state.nodes.items()
    }
    return replace(state, nodes=nodes)


def _move(state: ClusterState, address: str, holder: str, takers: Sequence[str]) -> AddressMove:
    serving = [
        name
        for name, node in state.nodes.items()
        if node and (kept := node.connections.get(address)) and kept.serves and name != holder
    ]
    others = [name for name in serving if [name] != list(takers)]  # it knows its own
    return AddressMove(address, holder, tuple(takers), tuple(others))


def grace_seconds(cluster: Cluster) -> int:
    """After so long without a move, what was made ready for it ends by itself."""
    return round(cluster.move_seconds + cluster.start_seconds + cluster.check_seconds + GRACE_SECONDS)
