"""Who holds each floating address, and whether it is the node that must. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import InstanceState
from keepalived.plan.diagnosis.findings import ADVERTS, DRAIN, JOURNAL, RESTORE, Evidence, Finding
from keepalived.plan.election import observed
from keepalived.plan.preemption import held_back


def without_holder(evidence: Evidence) -> Iterator[Finding]:
    """No node holds an address, and nothing says that one that could not be read does."""
    state = evidence.state
    for instance, address in _without_holder(state):
        if not _probably_unread(state, instance):
            yield Finding(None, _no_holder(state, address), *_why_no_holder(evidence, instance))


def holder_unreadable(evidence: Evidence) -> Iterator[Finding]:
    """No node that could be read holds an address, but backups receive the adverts of a master."""
    state = evidence.state
    for instance, address in _without_holder(state):
        if receivers := _probably_unread(state, instance):
            unread = " or ".join(state.unread())
            cure = f"{receivers[0]} receives the adverts of a master, probably {unread}. Repair the way to that node"
            yield Finding(None, _no_holder(state, address), cure)


def two_holders(evidence: Evidence) -> Iterator[Finding]:
    """Several nodes hold the same address."""
    state = evidence.state
    for _, address in _addresses(state):
        holders = state.holders(address)
        if len(holders) < 2:
            continue
        words = f"{' and '.join(holders)} hold {address} at the same time"
        idle = [name for name in holders if (node := state.nodes[name]) and not node.unit.runs]
        if idle:
            yield Finding(None, words, f"keepalived does not run on {', '.join(idle)}: see below")
        else:
            cure = (
                "Their adverts do not reach each other. Let protocol 112 pass the firewall and the switch. "
                f"To see which adverts arrive, on {holders[0]}"
            )
            yield Finding(None, words, cure, ADVERTS)


def drained_node_holds(evidence: Evidence) -> Iterator[Finding]:
    """A drained node still holds an address that another node can serve."""
    state = evidence.state
    for instance, address, holder in _held_once(state):
        if _is_drained(state, holder) and observed(state).can_take_over(instance):
            words = f"{holder} is drained and still holds {address}"
            if instance in _kept_by_nopreempt(state):
                cure = "The others run with nopreempt: a flag alone moves nothing. Drain it with tasks/drain.py"
                yield Finding(holder, words, cure, f"{DRAIN} --limit {holder}")
                continue
            cure = f"It moves within {state.cluster.move_seconds:g} s. If it does not, the reason is listed below"
            yield Finding(holder, words, cure)


def _kept_by_nopreempt(state: ClusterState) -> set[str]:
    """The instances that a drained node keeps because the next one runs with `nopreempt`."""
    return {instance for instances in held_back(state).values() for instance in instances}


def no_other_node_can_serve(evidence: Evidence) -> Iterator[Finding]:
    """A drained node holds an address because nobody else can: better than nothing."""
    state = evidence.state
    for instance, address, holder in _held_once(state):
        if _is_drained(state, holder) and not observed(state).can_take_over(instance):
            words = f"{holder} is drained and holds {address}, because no other node can serve"
            yield Finding(holder, words, "Restore a node", f"{RESTORE} --limit {holder}")


def lower_priority_holds(evidence: Evidence) -> Iterator[Finding]:
    """A node holds an address although another one announces a higher priority."""
    state = evidence.state
    for instance, address, holder in _held_once(state):
        speaking, best = speaking_nodes(state, instance), observed(state).winner(instance)
        if _is_drained(state, holder) or best is None or holder not in speaking:
            continue
        ours, theirs = speaking[holder].effective_priority, speaking[best].effective_priority
        if ours < theirs:
            words = f"{holder} holds {address} although {best} has the higher priority ({theirs} against {ours})"
            cure = (
                f"It moves within {state.cluster.move_seconds:g} s. If it does not, {best} sends no adverts or may not "
                f"preempt. On {best}"
            )
            yield Finding(best, words, cure, JOURNAL)


def speaking_nodes(state: ClusterState, instance: str) -> dict[str, InstanceState]:
    """The nodes whose daemon takes part in `instance`, as BACKUP or MASTER, with what it says."""
    said = {name: state.said(name, instance) for name in observed(state).take_part(instance)}
    return {name: one for name, one in said.items() if one is not None}


def _is_drained(state: ClusterState, name: str) -> bool:
    node = state.nodes[name]
    return node is not None and node.drained


def _addresses(state: ClusterState) -> Iterator[tuple[str, str]]:
    """Every floating address with its instance."""
    for instance in state.cluster.instances:
        for address in state.cluster.held(instance):
            yield instance, address


def _without_holder(state: ClusterState) -> Iterator[tuple[str, str]]:
    return ((instance, address) for instance, address in _addresses(state) if not state.holders(address))


def _held_once(state: ClusterState) -> Iterator[tuple[str, str, str]]:
    """Every address with exactly one holder whose keepalived runs; the others are told as left behind."""
    for instance, address in _addresses(state):
        holders = state.holders(address)
        node = state.nodes[holders[0]] if len(holders) == 1 else None
        if node and node.unit.runs:
            yield instance, address, holders[0]


def _no_holder(state: ClusterState, address: str) -> str:
    unread = state.unread()
    could_not = f"; {', '.join(unread)} could not be read" if unread else ""
    return f"No node{' that could be read' if unread else ''} holds {address}{could_not}"


def _probably_unread(state: ClusterState, instance: str) -> list[str]:
    """The backups that receive the adverts of a master, when that is most likely a node that could not be read."""
    return _receivers(state, instance) if state.unread() else []


def _receivers(state: ClusterState, instance: str) -> list[str]:
    """The backups that receive the adverts of a master, where no node that was read is one."""
    speaking = speaking_nodes(state, instance)
    if any(said.state == "MASTER" for said in speaking.values()):
        return []
    return [name for name, said in speaking.items() if said.master_priority]


def _why_no_holder(evidence: Evidence, instance: str) -> tuple[str, str | None]:
    """What to do, and the next command."""
    state = evidence.state
    masters = [name for name, said in speaking_nodes(state, instance).items() if said.state == "MASTER"]
    if masters:
        cure = f"{masters[0]} says MASTER, but its kernel lacks the address. Restart keepalived on {masters[0]}"
        return cure, "systemctl restart keepalived"
    if receivers := _receivers(state, instance):
        number = state.cluster.instances[instance].virtual_router_id
        cure = (
            f"{receivers[0]} receives adverts of virtual_router_id {number} from a machine that is not in "
            f"{evidence.file}. Find it and stop keepalived there, or give this cluster another virtual_router_id. "
            f"On {receivers[0]}"
        )
        return cure, ADVERTS
    if unread := state.unread():
        return f"Make {', '.join(unread)} reachable first: see below", None
    return f"Start keepalived on a node, or repair what keeps {instance} from state BACKUP: see below. On the node", (
        "systemctl start keepalived"
    )
