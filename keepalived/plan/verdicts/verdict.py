"""A verdict, and what keeps a node or an address from being as it should be. Pure."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from keepalived.observed.checks import failing, not_run
from keepalived.observed.cluster import ClusterState
from keepalived.plan.election import DRAIN_CHECK, contributions, is_lowered, observed


class Verdict(NamedTuple):
    """Whether what is waited for has been seen, and what was seen, in words. `hopeless`: waiting longer is no use."""

    done: bool
    seen: str
    hopeless: bool = False


class Judge(Protocol):
    """What is waited for: a question about one node."""

    def __call__(self, state: ClusterState, name: str) -> Verdict: ...


def holder_problem(state: ClusterState, instance: str, address: str) -> str | None:
    """Why `address` has not exactly one holder. None also when a node that was not read must hold it: others that were
    read receive a holder's adverts; and when the holder of the instance is yet to be changed."""
    holders = state.holders(address)
    elsewhere = (bool(state.unread()) and state.receive_adverts(instance)) or state.not_yet(instance, address)
    return state.who_holds() if len(holders) > 1 or (not holders and not elsewhere) else None


def unsettled(state: ClusterState) -> str | None:
    """Which address has not exactly one holder, or is held by a node that another one takes over from."""
    election = observed(state)
    for instance in state.cluster.instances:
        winner = election.winner(instance)
        for address in state.cluster.held(instance):
            if problem := holder_problem(state, instance, address):
                return problem
            if winner and state.holders(address) not in ([], [winner]):
                return f"{state.who_holds()}, but {winner} has the higher priority"
    return None


def priority_problem(state: ClusterState, name: str, *, drained: bool) -> str | None:
    """What keeps the daemon on `name` from announcing the priority it should, in all its instances."""
    node = state.nodes[name]
    if node is None or not node.unit.runs:
        return f"keepalived is {node.unit.active_state if node else 'unknown'} on {name}"
    if node.instances is None:
        return f"keepalived on {name} does not tell its state"
    for instance in state.cluster.instances_of(name):
        said = node.instances.get(instance)
        if said is None:
            return f"keepalived on {name} does not know {instance}"
        if said.state not in ("BACKUP", "MASTER"):
            return observed(state).why_not(instance, name)
        if is_lowered(state, instance, name) != drained:
            cluster = state.cluster
            award = contributions(cluster, instance, said, drained=node.drained)[DRAIN_CHECK]
            expected = said.effective_priority - award + cluster.drain.contribution(drained=drained)
            return f"{instance} has priority {said.effective_priority} on {name}, not {expected}"
    return None


def checks_problem(state: ClusterState, name: str) -> str | None:
    """What the daemon on `name` does not yet count of its checks: its priority would change once more."""
    node = state.nodes[name]
    if node is None or not node.unit.runs:
        return None
    if missing := not_run(state.cluster, name, node):
        return f"the check {missing[0]} has not been run yet on {name}"
    fails = failing(state.cluster, name, node)
    for instance in state.cluster.instances_of(name):
        if said := state.said(name, instance):
            expected = state.cluster.effective_priority(instance, name, drained=node.drained, failing=fails)
            if said.effective_priority != expected:
                return f"{instance} has priority {said.effective_priority} on {name}, not {expected}"
    return None
