"""What a drain and its end wait for: the node holds nothing any more, or is back in service. Pure."""

from __future__ import annotations

from keepalived.observed.cluster import ClusterState
from keepalived.plan.election import Election, observed
from keepalived.plan.preemption import taker_of
from keepalived.plan.verdicts.verdict import Verdict, holder_problem, priority_problem, unsettled
from keepalived.spec.flag import RunKind


def in_service(state: ClusterState, name: str) -> Verdict:
    """Is the restored node `name` seen back: its priority raised, and holding what it should?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if node.drained:
        return Verdict(False, f"the flag {node.flag.path} is still there")
    if problem := priority_problem(state, name, drained=False):
        return Verdict(False, problem)
    election = observed(state)
    for instance in state.cluster.instances:
        for address in state.cluster.held(instance):
            if election.winner(instance) == name and state.holders(address) != [name]:
                return Verdict(False, f"it has the highest priority, but {state.who_holds()}")
            if problem := holder_problem(state, instance, address):
                return Verdict(False, problem)
        if taker := taker_of(election, instance):
            return Verdict(False, f"{state.who_holds()}, and {taker} has not taken over yet")
    if node.holds:
        return Verdict(True, f"in service, holds {', '.join(node.holds)}")
    return Verdict(True, f"in service as a backup; {state.who_holds()}{stays(election)}")


def stays(election: Election) -> str:
    """That an address stays with its holder, and why; nothing where it is where it belongs."""
    kept = [instance for instance in election.candidates if election.keeps(instance)]
    held = [address for instance in kept for address in election.addresses[instance]]
    return f"; {', '.join(held)} stays there: nopreempt" if held else ""


def taken_back(state: ClusterState, name: str, run: RunKind) -> Verdict:
    """Is node `name` in service again after a `run` has drained it, or has an operator drained it meanwhile?"""
    node = state.nodes[name]
    if node and node.drained and node.flag.run != run:
        problem = unsettled(state)
        return Verdict(problem is None, problem or f"stays drained: {node.flag.words}; {state.who_holds()}")
    return in_service(state, name)


def out_of_service(state: ClusterState, name: str) -> Verdict:
    """Is the drained node `name` seen without an address, its priority lowered, and one other node holding them?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if not node.drained:
        return Verdict(False, f"the flag {node.flag.path} is not there")
    if node.holds:
        why = _why_no_other(state, name)
        keeps = not priority_problem(state, name, drained=True) and _wins_all(state, name)
        return Verdict(False, f"still holds {', '.join(node.holds)}{why}", hopeless=bool(why) and keeps)
    if node.unit.runs and (problem := priority_problem(state, name, drained=True)):
        return Verdict(False, problem)
    if problem := _not_one_holder(state):
        return Verdict(False, problem)
    rest = "" if node.unit.runs else f" (keepalived is {node.unit.active_state} here)"
    return Verdict(True, f"drained, holds nothing{rest}; {state.who_holds()}")


def handed_over(state: ClusterState, name: str) -> Verdict:
    """Is node `name` seen without an address, and every address on another node, from which nobody takes over?

    Asked in the middle of a change, when not every daemon announces the priority that the cluster file gives it.
    """
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if node.holds:
        return Verdict(False, f"still holds {', '.join(node.holds)}{_why_no_other(state, name)}")
    problem = _not_one_holder(state) or unsettled(state)
    return Verdict(problem is None, problem or f"holds nothing; {state.who_holds()}")


def _not_one_holder(state: ClusterState) -> str | None:
    if all(
        len(state.holders(address)) == 1 or (not state.holders(address) and state.not_yet(instance, address))
        for instance in state.cluster.instances
        for address in state.cluster.held(instance)
    ):
        return None
    return f"holds nothing, but {state.who_holds()}"


def _wins_all(state: ClusterState, name: str) -> bool:
    election = observed(state)
    return all(election.winner(instance) == name for instance in state.cluster.instances_of(name))


def _why_no_other(state: ClusterState, name: str) -> str:
    """Of the others, who cannot take over and why; nothing while one could."""
    election = observed(state)
    others = [other for other in state.nodes if other != name]
    if not others:
        return ": there is no other node"
    for instance in election.candidates:
        whys = [why for other in others if (why := election.why_no_taker(instance, other))]
        if election.held(instance, name) and len(whys) == len(others):
            return f": no other node can take over ({', '.join(whys)})"
    return ""
