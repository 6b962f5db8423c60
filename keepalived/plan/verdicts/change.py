"""What a change of configuration waits for: the daemon runs it, and the addresses have their holder. Pure."""

from __future__ import annotations

from keepalived.conf.adverts import advert_settings
from keepalived.conf.fingerprint import fingerprint
from keepalived.observed.cluster import ClusterState
from keepalived.plan.commands import command
from keepalived.plan.verdicts.drain import handed_over
from keepalived.plan.verdicts.verdict import Verdict, checks_problem, priority_problem, unsettled


def fit(state: ClusterState, name: str) -> Verdict:
    """Does node `name` run what lies on its disk, as BACKUP or MASTER and with the priority due, drained or not?"""
    node = state.nodes[name]
    problem = priority_problem(state, name, drained=bool(node and node.drained))
    if problem is None and node and node.applied is False:
        words = f"keepalived on {name} does not run what lies on its disk"
        problem = f"{words}. Deploy to it:{command('deploy.py', [name])}"
    return Verdict(problem is None, problem or f"keepalived is healthy; {state.who_holds()}")


def preempts_as_due(state: ClusterState, name: str) -> Verdict:
    """Does node `name`, which ran without `nopreempt` for a move, run what lies on its disk again?"""
    node = state.nodes[name]
    if node is not None and node.configuration.applied:
        return Verdict(True, f"{name} runs with nopreempt again")
    words = f"keepalived on {name} still runs without nopreempt"
    return Verdict(False, f"{words}. Deploy to it:{command('deploy.py', [name])}")


def healthy(state: ClusterState, name: str, text: str) -> Verdict:
    """Does node `name` run the configuration `text`, as BACKUP or MASTER and with the priority due?"""
    problem = _not_running(state, name, text) or checks_problem(state, name)
    return Verdict(problem is None, problem or f"runs the new configuration; {state.who_holds()}")


def settled(state: ClusterState, name: str, text: str) -> Verdict:
    """Does node `name` run the configuration `text`, and has every address one holder that nobody takes over from?"""
    problem = (
        _not_running(state, name, text) or checks_problem(state, name) or unsettled(state) or _unheard(state, name)
    )
    return Verdict(problem is None, problem or state.who_holds())


def _unheard(state: ClusterState, name: str) -> str | None:
    """That node `name` has received no advert of a holder since its start; None: it has, or there is no other holder.

    Its timer has then begun at its start: it may be the first to take over from a holder that is drained now, although
    others have a higher priority.
    """
    for instance in state.cluster.instances:
        said = state.said(name, instance)
        holders = {holder for address in state.cluster.held(instance) for holder in state.holders(address)} - {name}
        if holders and said and said.state == "BACKUP" and not said.master_priority:
            return f"{name} has not received an advert of {instance} yet"
    return None


def may_leave(state: ClusterState, name: str, text: str) -> Verdict:
    """May `name` drop its addresses: another node holds them with the advert settings of `text`, and no backup is left
    that would take them over with the old ones?"""
    backups = [
        other
        for other, node in state.nodes.items()
        if other != name and node and node.unit.runs and not node.holds and other not in state.accepting(text, name)
    ]
    if backups:
        return Verdict(False, f"{', '.join(backups)} would take the addresses over with the old advert settings")
    over = taken_over(state, name, text)
    if over.done:
        return over
    return over._replace(hopeless=_still_received(state, name, text) or _only_the_rest_is_left(state, name, text))


def _only_the_rest_is_left(state: ClusterState, name: str, text: str) -> bool:
    """Whether all that `name` still holds alone is of instances whose advert settings do not change: of those it stays
    the holder until it hands over."""
    node, rest = state.nodes[name], _handed_over_as_ever(state, name, text)
    accepting = set(state.accepting(text, name)) - {name}
    alone = {address for address in (node.holds if node else ()) if not accepting & set(state.holders(address))}
    return alone <= rest


def _handed_over_as_ever(state: ClusterState, name: str, text: str) -> set[str]:
    """The addresses of the instances whose advert settings do not change with `text`: node `name` drops them when
    another one holds them."""
    node, new = state.nodes[name], advert_settings(text)
    old = (node and node.configuration.advert_settings) or {}
    same = {
        instance
        for instance in old.keys() & new.keys()
        if old[instance].accepts(new[instance]) and old[instance].interface == new[instance].interface
    }
    return {held for instance in same for held in (*old[instance].floating, instance)}


def _still_received(state: ClusterState, name: str, text: str) -> bool:
    """Whether the nodes that run with the new advert settings receive those of `name` all the same: two network
    interfaces of which nobody knew that they are on one network. So none of them takes anything over.

    A daemon whose interface changes was restarted, so what it knows of a holder it has heard since.
    """
    node, new = state.nodes[name], advert_settings(text)
    old = (node and node.configuration.advert_settings) or {}
    changing = [instance for instance in old.keys() & new.keys() if old[instance].interface != new[instance].interface]
    others = [other for other in state.accepting(text, name) if other != name]
    told = [said for other in others for instance in changing if (said := state.said(other, instance))]
    return (
        all(old[instance].accepts(new[instance]) for instance in old.keys() & new.keys())
        and bool(told)
        and all(said.state == "BACKUP" and bool(said.master_priority) for said in told)
    )


def taken_over(state: ClusterState, name: str, text: str) -> Verdict:
    """Does another node, with the advert settings of `text`, hold all that `name` holds, so that `name` may drop it?"""
    node = state.nodes[name]
    others = [other for other in state.accepting(text, name) if other != name]
    for address in node.holds if node else []:
        if not set(others) & set(state.holders(address)):
            who = ", ".join(others) or "none"
            return Verdict(
                False, f"no other node with the new advert settings holds {address} (those that run with them: {who})"
            )
    return Verdict(True, f"another node holds it too, with the new advert settings: {state.who_holds()}")


def may_stop(state: ClusterState, name: str, text: str) -> Verdict:
    """May `name`, which is drained for its change, stop: has every address another holder?

    Where an instance changes its advert settings, `name` keeps holding with the old ones: a drain moves nothing there.
    Then the other holder must have the advert settings of `text`.
    """
    handed = handed_over(state, name)
    node = state.nodes[name]
    if handed.done or node is None or not node.holds:
        return handed
    if _handed_over_as_ever(state, name, text) & set(node.holds):
        return handed  # both hold them for a moment
    others = {address: {*state.holders(address)} - {name} for address in state.cluster.all_held}
    accepting = set(state.accepting(text, name))
    if not all(len(holders) == 1 for holders in others.values()) or not all(
        others[address] <= accepting for address in node.holds
    ):
        return handed
    return Verdict(True, f"another node holds all, with the new advert settings where they change: {state.who_holds()}")


def _not_running(state: ClusterState, name: str, text: str) -> str | None:
    """What keeps the daemon on `name` from being healthy with the configuration `text`; None when nothing does."""
    node = state.nodes[name]
    if node is None:
        return f"{name} cannot be read"
    if node.unit.runs and node.configuration.running != fingerprint(text):
        return f"keepalived on {name} does not run the new configuration yet"
    return priority_problem(state, name, drained=node.drained)
