"""The election during a rollout, and what is left of it at the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keepalived.observed.checks import failing
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import VrrpState
from keepalived.plan.election import Change, Election, drain_change, observed, restore_change
from keepalived.plan.rollout.due import Work


def outcome(state: ClusterState, work: Mapping[str, Work]) -> Election:
    """The election once all `work` is done: new priorities where nodes change, flags as they are but for a deploy's."""
    return observed(state).after(*(changed(state, name, what) for name, what in work.items() if what != "replace"))


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
    fails = failing(state.cluster, name, node) if node else {}
    checks = {instance: state.cluster.checks_contribution(instance, fails) for instance in own}
    return replace(change, states=states, checks=checks if what != "restore" else {})
