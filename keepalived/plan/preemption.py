"""Which nodes must run without `nopreempt` for a moment, so that a drained node gives its addresses up. Pure.

keepalived with `nopreempt` accepts the adverts of any holder, a drained one too: no priority moves an address then.
"""

from __future__ import annotations

from collections.abc import Collection

from keepalived.observed.cluster import ClusterState
from keepalived.plan.commands import command
from keepalived.plan.election import Election, drain_change, observed
from keepalived.spec import paths


def held_back(state: ClusterState, leaving: Collection[str] = (), holder: str | None = None) -> dict[str, list[str]]:
    """By node the instances that it is to take over from a drained holder, and does not for its `nopreempt`.

    `leaving`: the nodes that are about to be drained as well: they take over only where there is no other. `holder`:
    only those that take over from this one; with all that they are to take over, since others may see to that now.
    """
    election = observed(state)
    found: dict[str, list[str]] = {}
    meant = set()
    for instance, candidates in election.candidates.items():
        taker = taker_of(election, instance, leaving)
        if taker is not None and not candidates[taker].preempts:
            found.setdefault(taker, []).append(instance)
            meant |= {taker} if holder is None or election.held(instance, holder) else set()
    return {taker: instances for taker, instances in found.items() if taker in meant}


def kept_in_words(state: ClusterState, changing: Collection[str]) -> list[str]:
    """What a deploy that changes the nodes `changing` leaves on drained nodes: the others run with `nopreempt`."""
    election, words = observed(state), []
    for instance in [one for instances in held_back(state).values() for one in instances]:
        keeper = str(election.keeper(instance))
        if keeper not in changing:
            addresses = ", ".join(state.cluster.held(instance))
            words.append(
                f"{state.cluster.name}: {keeper} is drained and keeps {addresses} (nopreempt), and so it does after "
                f"this deploy. To move it:{command('tasks/drain.py', [keeper])}"
            )
    return words


def others_first(state: ClusterState, leaving: Collection[str] = (), holder: str | None = None) -> dict[str, list[str]]:
    """By node of `held_back` the instances that it is about to take over from a drained holder by itself.

    A reload begins its wait for the holder anew, in all instances: another node would take these over meanwhile.
    """
    election = observed(state)
    found: dict[str, list[str]] = {}
    for name in held_back(state, leaving, holder):
        for instance, candidates in election.candidates.items():
            if taker_of(election, instance, leaving) == name and candidates[name].preempts:
                found.setdefault(name, []).append(instance)
    return found


def taker_of(election: Election, instance: str, leaving: Collection[str] = ()) -> str | None:
    """The node that is to take `instance` over from a drained holder; None: there is no drained holder, or no other."""
    keeper = election.keeper(instance)
    if keeper is None or not election.candidates[instance][keeper].drained:
        return None
    able = election.can_take_over(instance)
    return election.would_win(instance, [name for name in able if name not in leaving] or able)


def stuck(state: ClusterState, targets: Collection[str]) -> str | None:
    """Why a drain of the `targets` would move nothing: who is to take over keeps to `nopreempt`. None: it moves all."""
    before = observed(state)
    after = before.after(*(drain_change(state.cluster, name) for name in targets))
    for instance, candidates in before.candidates.items():
        taker = after.winner(instance)
        if taker is None or taker in targets or before.keeper(instance) not in targets or candidates[taker].preempts:
            continue
        if why := keeps_to_nopreempt(state, taker, [instance]):
            return why
    return None


def keeps_to_nopreempt(state: ClusterState, name: str, instances: Collection[str]) -> str | None:
    """Why node `name` cannot be reloaded without the `nopreempt` that it runs with in these instances."""
    node = state.nodes[name]
    if node is None:
        return None
    if node.configuration.applied is False and not node.configuration.applied_but_nopreempt:
        return (
            f"{name} runs with nopreempt and would have to be reloaded to take over, but it does not run what lies on "
            f"its disk. Deploy to it first:{command('deploy.py', [name])}"
        )
    has = node.configuration.contents
    own = [node.own_names.get(instance, instance) for instance in instances]
    if has is not None and (without := [one for one in own if f"nopreempt of {one}" not in has]):
        return (
            f"{paths.CONFIGURATION} on {name} has no nopreempt of {', '.join(without)}, and its daemon runs with it: "
            f"it may be in an included file. Take it out there and run `systemctl reload keepalived` on {name}"
        )
    return None
