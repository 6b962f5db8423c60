"""keepalived's election: who can serve an instance, who holds it, and who will hold it after changes. Pure.

Whoever asks such a question asks here. Of the nodes that take part in an instance (BACKUP or MASTER) the one with the
highest priority holds its addresses; equal priorities do not preempt: the holder keeps them, and without a holder the
higher IP address wins. A drained node takes part with a lower priority; FAULT and INIT take part in nothing. A node
with `nopreempt` accepts the adverts of any holder, so it takes over only where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address

from keepalived.observed.checks import failing
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import InstanceState, VrrpState
from keepalived.spec.cluster import Cluster
from keepalived.spec.priorities import HIGHEST_PRIORITY, LOWEST_PRIORITY

DRAIN_CHECK = "drain"
OTHER_CHECKS = "checks"
"""What contributes to a priority: the drain's check, and all others together."""


@dataclass(frozen=True)
class Priority:
    """What a node announces: its base and what its checks contribute to it, by name."""

    base: int
    contributions: Mapping[str, int] = field(default_factory=dict)

    @property
    def effective(self) -> int:
        """keepalived adds the contributions up and keeps the total, not its parts, within 1..254."""
        return max(LOWEST_PRIORITY, min(HIGHEST_PRIORITY, self.base + sum(self.contributions.values())))


@dataclass(frozen=True)
class Candidate:
    """A node in one instance. `address`: its own. `state`: None when the daemon does not tell one, and `why` it does
    not, in words. `holds`: the floating addresses that its kernel has. `failing`: its failing checks, and why.
    `preempts`: it takes over from a holder of lower priority; not with `nopreempt`."""

    address: IPv4Address | IPv6Address
    priority: Priority
    state: VrrpState | None
    drained: bool = False
    holds: frozenset[str] = frozenset()
    why: str = ""
    failing: Mapping[str, str] = field(default_factory=dict)
    preempts: bool = True

    @property
    def takes_part(self) -> bool:
        """Whether it sends and receives adverts, drained or not."""
        return self.state in ("BACKUP", "MASTER")


@dataclass(frozen=True)
class Change:
    """What becomes of one node; what is not named stays.

    `states`, by instance: BACKUP when it starts, INIT while it boots or is stopped, FAULT when a check without weight
    fails. `base`: its base priority, by instance. `contributions`: those that change in all instances, by name.
    `checks`: what all checks but the drain's contribute, by instance. `preempts`: by instance.
    """

    node: str
    drained: bool | None = None
    states: Mapping[str, VrrpState] = field(default_factory=dict)
    base: Mapping[str, int] = field(default_factory=dict)
    contributions: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, int] = field(default_factory=dict)
    preempts: Mapping[str, bool] = field(default_factory=dict)

    def of(self, candidate: Candidate, instance: str) -> Candidate:
        """The `candidate` after this change. One that leaves drops its addresses."""
        checks = {OTHER_CHECKS: self.checks[instance]} if instance in self.checks else {}
        new = replace(
            candidate,
            drained=candidate.drained if self.drained is None else self.drained,
            state=self.states.get(instance, candidate.state),
            preempts=self.preempts.get(instance, candidate.preempts),
            priority=Priority(
                self.base.get(instance, candidate.priority.base),
                {**candidate.priority.contributions, **self.contributions, **checks},
            ),
        )
        return replace(new, holds=frozenset()) if candidate.takes_part and not new.takes_part else new


@dataclass(frozen=True)
class Election:
    """The candidates of each instance by node, its floating `addresses` (without any: its name), and the nodes that
    could not be read.

    A node that takes no part in an instance is no candidate, unless its daemon still runs it.
    """

    candidates: Mapping[str, Mapping[str, Candidate]]
    addresses: Mapping[str, tuple[str, ...]]
    unread: frozenset[str] = frozenset()

    @property
    def nodes(self) -> list[str]:
        """All nodes that are a candidate in any instance."""
        return list(dict.fromkeys(node for candidates in self.candidates.values() for node in candidates))

    def why_not(self, instance: str, node: str) -> str | None:
        """Why `node` cannot serve `instance`, in words; None when it can. A failing check is such a reason."""
        if node not in self.candidates[instance]:
            return f"{node} does not take part in {instance}"
        failing = self.candidates[instance][node].failing
        fails = ", ".join(f"the check {name} fails on {node} ({why})" for name, why in failing.items())
        reason = self.why_no_taker(instance, node)
        in_fault = self.candidates[instance][node].state == "FAULT"
        return f"{reason}: {fails}" if reason and fails and in_fault else reason or fails or None

    def why_no_taker(self, instance: str, node: str) -> str | None:
        """Why `node` does not take `instance` over, in words; None when it does. Being drained is such a reason."""
        candidate = self.candidates[instance].get(node)
        if candidate is None:
            return f"{node} does not take part in {instance}"
        if candidate.state is None:
            return candidate.why
        if not candidate.takes_part:
            return f"{instance} is in state {candidate.state} on {node}"
        return f"{node} is drained" if candidate.drained else None

    def can_serve(self, instance: str) -> list[str]:
        """The nodes that can serve `instance`: they can take it over, and no check fails there."""
        return [node for node in self.candidates[instance] if self.why_not(instance, node) is None]

    def can_take_over(self, instance: str) -> list[str]:
        """The nodes that can take `instance` over: they take part and are not drained."""
        return [node for node in self.candidates[instance] if self.why_no_taker(instance, node) is None]

    def take_part(self, instance: str) -> list[str]:
        """The nodes that take part in `instance`, drained or not."""
        return [node for node, candidate in self.candidates[instance].items() if candidate.takes_part]

    def priority(self, instance: str, node: str) -> int:
        """What `node` announces in `instance`."""
        return self.candidates[instance][node].priority.effective

    def holders(self, address: str) -> list[str]:
        """The nodes that hold `address` now, whether they ought to or not."""
        found: dict[str, None] = {}
        for candidates in self.candidates.values():
            found |= {node: None for node, candidate in candidates.items() if address in candidate.holds}
        return list(found)

    def holds(self, node: str) -> list[str]:
        """The floating addresses that `node` holds now."""
        return [
            address
            for instance, addresses in self.addresses.items()
            for address in addresses
            if address in self.held(instance, node)
        ]

    def held(self, instance: str, node: str) -> frozenset[str]:
        """The floating addresses of `instance` that `node` holds now."""
        candidate = self.candidates[instance].get(node)
        return candidate.holds if candidate else frozenset()

    def is_drained(self, node: str) -> bool:
        """Whether `node` is drained."""
        return any(candidates[node].drained for candidates in self.candidates.values() if node in candidates)

    def winner(self, instance: str, among: Collection[str] | None = None) -> str | None:
        """The node that the election gives `instance` to, with priorities as they are; None: nobody takes part.

        `among`: these nodes alone, as if the others took no part.
        """
        nodes = [name for name in self.take_part(instance) if among is None or name in among]
        keeper = self.keeper(instance)
        if keeper in nodes:
            nodes = [name for name in nodes if name == keeper or self.candidates[instance][name].preempts]
        return self._strongest(instance, nodes)

    def would_win(self, instance: str, among: Collection[str] | None = None) -> str | None:
        """The same if every node preempted."""
        nodes = [name for name in self.take_part(instance) if among is None or name in among]
        return self._strongest(instance, nodes)

    def keeper(self, instance: str) -> str | None:
        """The node that takes part in `instance` and holds it; of several the one that stays."""
        holders = [name for name in self.take_part(instance) if self.candidates[instance][name].holds]
        return self._strongest(instance, holders)

    def keeps(self, instance: str) -> bool:
        """Whether a holder keeps `instance` only because a better node runs with `nopreempt`."""
        return self.winner(instance) != self.would_win(instance)

    def _strongest(self, instance: str, nodes: Collection[str]) -> str | None:
        return max(nodes, key=lambda name: _strength(self.candidates[instance][name]), default=None)

    def after(self, *changes: Change) -> Election:
        """The same after `changes` made at once, when each instance has gone to its winner.

        Where one of them is a drain or the end of one, no drained node keeps its addresses by the others' `nopreempt`:
        the commands see to that (operations/preempt.py).
        """
        candidates = {instance: dict(of) for instance, of in self.candidates.items()}
        for change in changes:
            for instance, of in candidates.items():
                if change.node in of:
                    of[change.node] = change.of(of[change.node], instance)
        known = {change.node for change in changes if change.states}
        changed = replace(self, candidates=candidates, unread=self.unread - known)
        moving = any(change.drained or (change.drained is False and self.is_drained(change.node)) for change in changes)
        return replace(changed, candidates={instance: changed._settled(instance, moving) for instance in candidates})

    def steps(self, changes: Iterable[Collection[Change]]) -> Iterator[Election]:
        """The election after each step: the changes of a step are made at once, and then it settles."""
        now = self
        for step in changes:
            now = now.after(*step)
            yield now

    def given(self, instance: str, node: str) -> Election:
        """The same with `instance` held by `node`."""
        return replace(self, candidates={**self.candidates, instance: self._held_by(instance, node)})

    def _settled(self, instance: str, moving: bool) -> dict[str, Candidate]:
        candidates = dict(self.candidates[instance])
        keeper = self.keeper(instance)
        gives_up = moving and keeper is not None and candidates[keeper].drained
        winner = self.would_win(instance) if gives_up else self.winner(instance)
        held = any(candidate.holds for candidate in candidates.values())
        if winner is None or (self.unread and not held):  # then a node that was not read may hold it
            return candidates
        return self._held_by(instance, winner)

    def _held_by(self, instance: str, winner: str) -> dict[str, Candidate]:
        has: dict[bool, frozenset[str]] = {True: frozenset(self.addresses[instance]), False: frozenset()}
        return {
            name: replace(candidate, holds=has[name == winner]) for name, candidate in self.candidates[instance].items()
        }


def _strength(candidate: Candidate) -> tuple[int, bool, int]:
    return candidate.priority.effective, bool(candidate.holds), int(candidate.address)


def observed(state: ClusterState) -> Election:
    """The election as the nodes report it."""
    cluster = state.cluster
    return Election(
        candidates={
            instance: {
                name: _candidate(state, instance, name)
                for name in state.nodes
                if name in cluster.members(instance) or state.said(name, instance)
            }
            for instance in cluster.instances
        },
        addresses={instance: tuple(cluster.held(instance)) for instance in cluster.instances},
        unread=frozenset(state.unread()),
    )


def _candidate(state: ClusterState, instance: str, name: str) -> Candidate:
    cluster, node = state.cluster, state.nodes[name]
    drained = node is not None and node.drained
    said = state.said(name, instance)
    fails = failing(cluster, name, node) if node else {}
    due = {
        DRAIN_CHECK: cluster.drain.contribution(drained=drained),
        OTHER_CHECKS: cluster.checks_contribution(instance, fails),
    }
    why = ""
    if node is None:
        why = f"{name} cannot be read"
    elif not node.unit.runs:
        why = f"keepalived is {node.unit.active_state} on {name}"
    elif said is None or said.state is None:
        why = f"keepalived on {name} does not tell the state of {instance}"
    return Candidate(
        address=cluster.nodes[name].address,
        priority=Priority(said.base_priority, contributions(cluster, instance, said, drained=drained))
        if said
        else Priority(cluster.base_priority(instance, name), due),
        state=said.state if said and not why else None,
        drained=drained,
        holds=frozenset(node.holds) & frozenset(cluster.held(instance)) if node else frozenset(),
        why=why,
        failing={check: words for check, words in fails.items() if check in cluster.checks_of(instance)},
        preempts=not (
            cluster.instances[instance].nopreempt if said is None or said.nopreempt is None else said.nopreempt
        ),
    )


def contributions(cluster: Cluster, instance: str, said: InstanceState, *, drained: bool) -> dict[str, int]:
    """What the drain's check contributes to the total that a daemon tells, and what the others do.

    Nothing that the others contribute makes up for the drain's (spec/check_rules.py), so a total has one answer. Only
    where it has none, with other weights than the cluster file's, all of it is the drain's.
    """
    award = said.effective_priority - said.base_priority
    for flag in (drained, not drained):
        rest = award - cluster.drain.contribution(drained=flag)
        if rest in cluster.checks_contributions(instance):
            return {DRAIN_CHECK: award - rest, OTHER_CHECKS: rest}
    return {DRAIN_CHECK: award}


def is_lowered(state: ClusterState, instance: str, name: str) -> bool | None:
    """Whether the drain is in force on `name`, by what its daemon announces; None: it tells nothing.

    The daemon may run with other numbers than the cluster file has by now.
    """
    said, node = state.said(name, instance), state.nodes[name]
    if said is None or node is None:
        return None
    award = contributions(state.cluster, instance, said, drained=node.drained)[DRAIN_CHECK]
    return award <= 0 if (node.running_check or state.cluster.drain.check) == "script" else award < 0


def drain_change(cluster: Cluster, node: str) -> Change:
    """`node` is drained: it announces what the cluster file gives a drained one."""
    return _flag(cluster, node, drained=True)


def restore_change(cluster: Cluster, node: str) -> Change:
    """`node` is restored: it announces what the cluster file gives one in service."""
    return _flag(cluster, node, drained=False)


def _flag(cluster: Cluster, node: str, *, drained: bool) -> Change:
    return Change(
        node,
        drained=drained,
        base={instance: cluster.base_priority(instance, node) for instance in cluster.instances_of(node)},
        contributions={DRAIN_CHECK: cluster.drain.contribution(drained=drained)},
    )
