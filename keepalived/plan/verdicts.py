"""What the nodes of a cluster report together: who holds what, and what an operator waits for. Pure.

One verdict: status, the wait and the order of a rollout all ask here.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from keepalived.conf.fingerprint import fingerprint
from keepalived.observed.cluster import ClusterState
from keepalived.spec.flag import Run


class Verdict(NamedTuple):
    """Whether what is waited for has been seen, and what was seen, in words. `hopeless`: waiting longer is no use."""

    done: bool
    seen: str
    hopeless: bool = False


class Judge(Protocol):
    """What is waited for: a question about one node."""

    def __call__(self, state: ClusterState, name: str) -> Verdict: ...


def in_service(state: ClusterState, name: str) -> Verdict:
    """Is the restored node `name` seen back: its priority raised, and holding what it should?"""
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if node.drained:
        return Verdict(False, f"the flag {node.flag.path} is still there")
    if problem := _priority_problem(state, name, drained=False):
        return Verdict(False, problem)
    for instance, settings in state.cluster.instances.items():
        for address in settings.addresses:
            holders = state.holders(address)
            if state.best(instance) == name and holders != [name]:
                return Verdict(False, f"it is the best node, but {state.who_holds()}")
            if problem := _holder_problem(state, address):
                return Verdict(False, problem)
    if node.holds:
        return Verdict(True, f"in service, holds {', '.join(node.holds)}")
    return Verdict(True, f"in service as a backup; {state.who_holds()}")


def taken_back(state: ClusterState, name: str, run: Run) -> Verdict:
    """Is node `name` in service again after a `run` has drained it, or has an operator drained it meanwhile?"""
    node = state.nodes[name]
    if node and node.drained and node.flag.run != run:
        problem = _unsettled(state)
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
        stays = not _priority_problem(state, name, drained=True) and all(
            state.best(instance) == name for instance in state.cluster.instances
        )
        return Verdict(False, f"still holds {', '.join(node.holds)}{why}", hopeless=bool(why) and stays)
    if node.unit.runs and (problem := _priority_problem(state, name, drained=True)):
        return Verdict(False, problem)
    if any(len(state.holders(address)) != 1 for address in state.cluster.addresses):
        return Verdict(False, f"holds nothing, but {state.who_holds()}")
    rest = "" if node.unit.runs else f" (keepalived is {node.unit.active_state} here)"
    return Verdict(True, f"drained, holds nothing{rest}; {state.who_holds()}")


def handed_over(state: ClusterState, name: str) -> Verdict:
    """Is node `name` seen without an address, and every address on one other node, which nobody outranks?

    Asked in the middle of a change, when not every daemon announces the priority that the cluster file gives it.
    """
    node = state.nodes[name]
    if node is None:
        return Verdict(False, f"{name} cannot be read")
    if node.holds:
        return Verdict(False, f"still holds {', '.join(node.holds)}{_why_no_other(state, name)}")
    if any(len(state.holders(address)) != 1 for address in state.cluster.addresses):
        return Verdict(False, f"holds nothing, but {state.who_holds()}")
    problem = _unsettled(state)
    return Verdict(problem is None, problem or f"holds nothing; {state.who_holds()}")


def fit(state: ClusterState, name: str) -> Verdict:
    """Does node `name` run what lies on its disk, as BACKUP or MASTER and with the priority due, drained or not?"""
    node = state.nodes[name]
    problem = _priority_problem(state, name, drained=bool(node and node.drained))
    if problem is None and node and node.applied is False:
        problem = f"keepalived on {name} does not run what lies on its disk: run deploy.py"
    return Verdict(problem is None, problem or f"keepalived is healthy; {state.who_holds()}")


def healthy(state: ClusterState, name: str, text: str) -> Verdict:
    """Does node `name` run the configuration `text`, as BACKUP or MASTER and with the priority due?"""
    problem = _not_running(state, name, text)
    return Verdict(problem is None, problem or f"runs the new configuration; {state.who_holds()}")


def settled(state: ClusterState, name: str, text: str) -> Verdict:
    """Does node `name` run the configuration `text`, and has every address one holder, which nobody outranks?"""
    if problem := _not_running(state, name, text):
        return Verdict(False, problem)
    problem = _unsettled(state)
    return Verdict(problem is None, problem or state.who_holds())


def may_leave(state: ClusterState, name: str, text: str) -> Verdict:
    """May `name` drop its addresses: are they held on the terms of `text`, and no backup is left on the old ones?"""
    backups = [
        other
        for other, node in state.nodes.items()
        if other != name and node and node.unit.runs and not node.holds and other not in state.accepting(text)
    ]
    if backups:
        return Verdict(False, f"{', '.join(backups)} would take the addresses over on the old terms")
    return taken_over(state, name, text)


def taken_over(state: ClusterState, name: str, text: str) -> Verdict:
    """Does another node, on the terms of `text`, hold all that `name` holds, so that `name` may let go?"""
    node = state.nodes[name]
    others = [other for other in state.accepting(text) if other != name]
    for address in node.holds if node else []:
        if not set(others) & set(state.holders(address)):
            return Verdict(False, f"no other node on the new terms holds {address} ({', '.join(others) or 'none is'})")
    return Verdict(True, f"another node holds it too, on the new terms: {state.who_holds()}")


def _not_running(state: ClusterState, name: str, text: str) -> str | None:
    """What keeps the daemon on `name` from being healthy with the configuration `text`; None when nothing does."""
    node = state.nodes[name]
    if node is None:
        return f"{name} cannot be read"
    if node.unit.runs and node.configuration.running != fingerprint(text):
        return f"keepalived on {name} does not run the new configuration yet"
    return _priority_problem(state, name, drained=node.drained)


def _holder_problem(state: ClusterState, address: str) -> str | None:
    """Why `address` is not held by exactly one node. None also when it may be held by a node that was not read."""
    holders = state.holders(address)
    return state.who_holds() if len(holders) > 1 or (not holders and not state.unread()) else None


def _unsettled(state: ClusterState) -> str | None:
    """Which address has not exactly one holder, or one that somebody outranks."""
    problems = (
        _holder_problem(state, address) or _outranked(state, instance, address)
        for instance, settings in state.cluster.instances.items()
        for address in settings.addresses
    )
    return next((problem for problem in problems if problem), None)


def _outranked(state: ClusterState, instance: str, address: str) -> str | None:
    """Who ought to take `address` over from its holder and has not done so yet."""
    speaking = state.speaking(instance)
    best = state.best(instance)
    for holder in state.holders(address):
        if best and (holder not in speaking or speaking[holder].effective_priority < speaking[best].effective_priority):
            return f"{state.who_holds()}, but {best} has the higher priority"
    return None


def _priority_problem(state: ClusterState, name: str, *, drained: bool) -> str | None:
    """What keeps the daemon on `name` from announcing the priority it should, in all instances."""
    node = state.nodes[name]
    if node is None or not node.unit.runs:
        return f"keepalived is {node.unit.active_state if node else 'unknown'} on {name}"
    if node.instances is None:
        return f"keepalived on {name} does not tell its state"
    expected = state.cluster.effective_priority(name, drained=drained)
    for instance in state.cluster.instances:
        said = node.instances.get(instance)
        if said is None:
            return f"keepalived on {name} does not know {instance}: run deploy.py"
        if said.state not in ("BACKUP", "MASTER"):
            return f"{instance} is in state {said.state} on {name}"
        if said.effective_priority != expected:
            return f"{instance} has priority {said.effective_priority} on {name}, not {expected}"
    return None


def _why_no_other(state: ClusterState, name: str) -> str:
    """Of the others, who cannot take over and why; nothing while one could."""
    others = [other for other in state.nodes if other != name]
    reasons = []
    for other in others:
        whys = [why for instance in state.cluster.instances if (why := state.unable(other, instance))]
        if not whys:
            return ""
        reasons.append(whys[0])
    return f": no better node ({', '.join(reasons)})" if reasons else ": there is no other node"
