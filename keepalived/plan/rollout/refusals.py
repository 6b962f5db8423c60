"""The rollouts that are refused: they would leave an address without a holder, or with two. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keepalived.conf.adverts import advert_settings
from keepalived.conf.contents import lost
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.commands import command
from keepalived.plan.election import observed
from keepalived.plan.rollout.due import Work, incompatible, reload_carries
from keepalived.spec import paths

DEPLOY_SECONDS = 300  # a node is drained by a deploy for some seconds; what is older was left behind


class Refused(Exception):
    """A rollout that would leave an address without a holder, or with two. The text says why and what to do.

    `option`: what makes deploy.py do it all the same, if anything does. The text ends where that command follows.
    """

    def __init__(self, words: str, option: str = "") -> None:
        super().__init__(words)
        self.option = option


def unheld(state: ClusterState) -> list[str]:
    """The floating addresses that running daemons are configured for, and no node is seen holding."""
    running = [
        node.configuration.advert_settings or {} for node in state.nodes.values() if node is not None and node.unit.runs
    ]
    known = {held for settings in running for name, instance in settings.items() for held in (name, *instance.floating)}
    return [
        address
        for name in state.cluster.instances
        for address in state.cluster.held(name)
        if address in known and not state.holders(address) and not state.not_yet(name, address)
    ]


def refuse_stranger(state: ClusterState) -> None:
    """Raises Refused when a machine that is no node of the cluster holds an address."""
    backups = [name for name, node in state.nodes.items() if node is not None and _receives_adverts(node)]
    for address in unheld(state):
        if backups and not state.unread():
            cluster = state.cluster.name
            raise Refused(
                f"{cluster}: no node holds {address}, and yet {backups[0]} receives adverts of a holder: a machine "
                f"that is not in {cluster}.yml (any more?) uses the same virtual_router_id. Drain it and stop "
                "keepalived there, or put it into the file"
            )


def refuse_under_way(state: ClusterState) -> None:
    """Raises Refused where another deploy has drained a node so lately that it may be under way."""
    for name, node in state.nodes.items():
        if node and (words := under_way(node)):
            raise Refused(f"{state.cluster.name}: {name} {words}", "resume")


def under_way(node: NodeState, own: str | None = None) -> str | None:
    """That another deploy may be at work on `node`, in words before the command that goes on in its place.

    None: none is. `own`: the id of this run.
    """
    seconds = node.flag_seconds
    if node.flag.run != "deploy" or (own is not None and node.flag.id == own):
        return None
    if seconds is None or seconds >= DEPLOY_SECONDS:
        return None
    by = node.flag.by or "somebody"
    if seconds < 0:  # somebody has set the clock back: how old it is cannot be told
        return (
            f"was drained by a deploy of {by}, which may be under way: its flag is {-seconds:.0f} s in the future by "
            "the node's own clock, so nobody knows its age. Wait for its end. If it has died, go on in its place:"
        )
    return (
        f"was drained {seconds:.0f} s ago by a deploy of {by}, which may be under way. Wait "
        "for its end. If it has died, go on in its place:"
    )


def refuse_foreign(state: ClusterState, texts: Mapping[str, str], work: Collection[str]) -> None:
    """Raises Refused where a keepalived.conf that somebody else wrote would be replaced."""
    cluster = state.cluster.name
    foreign = {
        name: lost_in_words(node, texts[name])
        for name in work
        if (node := state.nodes[name]) and node.configuration.origin == "foreign"
    }
    if foreign:
        lost = "; ".join(f"{name}: {words}" for name, words in foreign.items())
        raise Refused(
            f"{cluster}: somebody else wrote {paths.CONFIGURATION}. What it has and {cluster}.yml has not: {lost}. "
            "To replace it, with a copy kept beside it:",
            "adopt",
        )


def lost_in_words(node: NodeState, text: str) -> str:
    """What is lost when `text` replaces the keepalived.conf on the disk of `node`."""
    old = node.configuration.contents
    return "cannot be told" if old is None else ", ".join(lost(old, text)) or "nothing"


def refuse_unknown(state: ClusterState, texts: Mapping[str, str], work: Mapping[str, Work]) -> None:
    """Raises Refused where it is unknown with which settings a daemon runs: whether the new ones suit it is too."""
    if not any(what in ("restart", "reload", "start") for what in work.values()):
        return
    for name, node in state.nodes.items():
        if name in texts and node and node.unit.runs and node.configuration.advert_settings is None:
            raise Refused(
                f"{state.cluster.name}: what keepalived on {name} runs with cannot be told: its copy of "
                "keepalived.conf in memory is missing or cannot be understood. So nobody knows whether it would accept "
                "the adverts of the others after this change. Restart keepalived there by hand, or deploy "
                "all the same:",
                "force",
            )


def refuse_renamed(state: ClusterState, texts: Mapping[str, str], work: Collection[str]) -> None:
    """Raises Refused when an address is to change its instance: no order of nodes makes that safe."""
    for name in work:
        node = state.nodes[name]
        old = (node.configuration.advert_settings if node else None) or {}
        now = {address: instance for instance, one in old.items() for address in one.floating}
        new = advert_settings(texts[name])
        then = {address: instance for instance, one in new.items() for address in one.floating}
        for address in now.keys() & then.keys():
            if now[address] != then[address]:
                raise Refused(
                    f"{state.cluster.name}: {address} is to go from instance {now[address]} to {then[address]}, and "
                    "the two are not the same for the nodes that run. Take the address out, deploy, and put it back "
                    "under the new name. To do it at once, with two holders meanwhile:",
                    "force",
                )


def refuse_left_behind(
    state: ClusterState, texts: Mapping[str, str], targets: Collection[str], parting: Collection[str]
) -> None:
    """Raises Refused when a node would keep, or come back with, the old advert settings: it would be a second holder.

    `parting`: the instances whose advert settings change.
    """
    others = {name: node for name, node in state.nodes.items() if node is not None and name not in targets}
    behind = [name for name, node in others.items() if node.unit.runs and incompatible(node, texts[name])]
    if behind:
        raise Refused(
            f"{_where(state, parting)}, so all nodes that run must change together: {', '.join(behind)} would be left "
            f"out. Stop keepalived there first, or deploy to all:{command('deploy.py')}"
        )
    stopped = [name for name, node in others.items() if not node.unit.runs and node.unit.enabled and node.version]
    if unseen := state.unread() + stopped:
        raise Refused(
            f"{_where(state, parting)}: {', '.join(unseen)} cannot change now and would hold the addresses a second "
            "time when it comes back. Deploy to it as well, or take it out of the file. To leave it behind all the "
            "same:",
            "force",
        )


def refuse_several_holders(state: ClusterState, work: Mapping[str, Work], parting: Collection[str]) -> None:
    """Raises Refused when several nodes that change hold addresses of instances whose advert settings change.

    Each is a backup of the others with the old settings: when one restarts, another one takes its addresses over for a
    moment and tells the neighbours so, although a node with the new settings holds them.
    """
    election = observed(state)
    holders = [name for name in work if any(election.held(instance, name) for instance in parting)]
    if len(holders) > 1:
        others = [name for name in state.nodes if name != holders[0] and not election.is_drained(name)]
        raise Refused(
            f"{_where(state, parting)}, and {' and '.join(holders)} hold addresses. First have one node hold them all:"
            f"{command('tasks/drain.py', others)}\nThen:{command('deploy.py')}"
            f"\nThen:{command('tasks/restore.py', others)}\nTo change them as they are, with a gap of some seconds:",
            "force",
        )


def refuse_alone(
    state: ClusterState, texts: Mapping[str, str], work: Mapping[str, Work], parting: Collection[str]
) -> None:
    """Raises Refused when a holder must restart, and for an instance it holds there is no other node.

    Where the advert settings change it is any node that has or gets the new ones, drained or not. Elsewhere it must be
    a node that can serve: to a drained one the holder cannot hand over.
    """
    election = observed(state)
    changed = [name for name, what in work.items() if what != "replace"]
    for name in changed:
        node = state.nodes[name]
        if node is None or work[name] != "restart" or reload_carries(node, texts[name]):
            continue
        for instance, candidates in election.candidates.items():
            if name not in candidates or not (held := candidates[name].holds):
                continue
            if instance in parting:
                others = _with_them(state, texts) | set(changed)
            else:
                others = set(election.can_take_over(instance)) | {
                    other for other in changed if _will_serve(state, other)
                }
            if not others - {name}:
                raise Refused(
                    f"{_where(state, parting)}, and there is no other node to hold {', '.join(sorted(held))} while "
                    f"{name} restarts. To restart it with a gap of some seconds:",
                    "force",
                )


def _will_serve(state: ClusterState, name: str) -> bool:
    """Whether `name` is in service once it has been changed: no operator has drained it."""
    node = state.nodes[name]
    return node is not None and (not node.drained or node.flag.run == "deploy")


def _where(state: ClusterState, parting: Collection[str]) -> str:
    return (
        f"{state.cluster.name}: the new advert settings of {', '.join(sorted(parting))} are incompatible with the old"
    )


def _receives_adverts(node: NodeState) -> bool:
    return any(said.state == "BACKUP" and said.master_priority for said in (node.instances or {}).values())


def _with_them(state: ClusterState, texts: Mapping[str, str]) -> set[str]:
    """The nodes that run with the new advert settings already."""
    return {name for name in texts if name in state.accepting(texts[name], name)}
