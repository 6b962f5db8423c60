"""The election during a rollout, and what is left of it at the end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from keepalived.observed.checks import failing
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import VrrpState
from keepalived.plan.election import Change, Election, drain_change, observed, restore_change
from keepalived.plan.rollout.due import Work


def outcome(state: ClusterState, work: Mapping[str, Work], batches: Iterable[Collection[str]]) -> Election:
    """The election once all `work` is done: new priorities where nodes change, flags as they are but for a deploy's."""
    now = observed(state)
    for batch in batches:
        now = turned(now, state, {name: work[name] for name in batch})
    return now


def turned(now: Election, state: ClusterState, work: Mapping[str, Work]) -> Election:
    """The election after the turns of a batch. A holder that restarts has handed over, and need not get it back."""
    for name, what in work.items():
        for instance in now.candidates if what == "restart" else ():
            if now.held(instance, name) and (taker := taker_from(now, instance, name)):
                now = now.given(instance, taker)
    return now.after(*(changed(state, name, what) for name, what in work.items() if what != "replace"))


def taker_from(now: Election, instance: str, name: str) -> str | None:
    """Who takes `instance` over when `name` is drained; None: nobody can."""
    return now.would_win(instance, [other for other in now.can_take_over(instance) if other != name])


def changed(state: ClusterState, name: str, what: Work) -> Change:
    """What the work of this run makes of node `name`."""
    node = state.nodes[name]
    flag = node.draining_flag if node else None  # a deploy carries one at an old path over to the new one
    drained = flag is not None and flag.run != "deploy"
    change = (drain_change if drained else restore_change)(state.cluster, name)
    own = state.cluster.instances_of(name)
    states: dict[str, VrrpState] = {
        instance: "BACKUP"
        for instance in own
        if what == "start" or state.said(name, instance) is None  # the instance is new on this node
    }
    states |= {instance: "INIT" for instance in state.cluster.instances if instance not in own}  # left out of it
    if what == "restore":
        return replace(change, states=states)
    fails = failing(state.cluster, name, node) if node else {}
    checks = {instance: state.cluster.checks_contribution(instance, fails) for instance in own}
    preempts = {instance: not state.cluster.instances[instance].nopreempt for instance in own}
    return replace(change, states=states, checks=checks, preempts=preempts)
