"""The rules of checks: what each may say, and that none breaks the order of drained and undrained nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from keepalived.spec.check import KINDS, TIMED, Check
from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.priorities import HIGHEST_PRIORITY


def check_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the checks of a cluster."""
    sound = True
    for name, check in cluster.checks.items():
        for fault in _one(f"checks.{name}", check):
            sound = False
            yield fault
    for name, instance in cluster.instances.items():
        for check_name in instance.checks or []:
            if check_name not in cluster.checks:
                known = ", ".join(cluster.checks) or "none"
                yield Fault(
                    f"instances.{name}.checks", f"{check_name} is not a check of this file: {known}", ("checks",)
                )
    if sound:
        yield from _order_faults(cluster)


def _one(path: str, check: Check) -> Iterator[Fault]:
    found = [kind for kind in KINDS if getattr(check, kind) is not None]
    if len(found) != 1:
        has = f"has {' and '.join(found)}" if found else "says nothing to look at"
        yield Fault(path, f"{has}: it needs one of {', '.join(KINDS)}", ("checks",))
        return
    if check.weight == 0:
        yield Fault(f"{path}.weight", "0 counts nothing: leave it out for a check whose failure takes the node out")
    if not check.is_script and (unused := [key for key in TIMED if key in check.model_fields_set]):
        yield Fault(f"{path}.{unused[0]}", "an interface check has none: the kernel tells keepalived at once")


def _order_faults(cluster: Cluster) -> Iterator[Fault]:
    """Every undrained node above every drained one and no two nodes with one priority, whatever checks fail."""
    told: set[str] = set()
    for instance in (name for name in cluster.instances if cluster.members(name)):
        for fault in (*_too_much(cluster, instance), *_ties(cluster, instance)):
            if fault.problem not in told:
                told.add(fault.problem)
                yield fault


def _too_much(cluster: Cluster, instance: str) -> Iterator[Fault]:
    weights = {name: check.weight for name, check in cluster.checks_of(instance).items() if check.weight}
    total = sum(abs(weight) for weight in weights.values())
    if not total:
        return
    priorities = {node: cluster.drained_priority(instance, node) for node in cluster.members(instance)}
    first, last = max(priorities, key=priorities.__getitem__), min(priorities, key=priorities.__getitem__)
    highest, lowest = priorities[first], priorities[last]
    room = (HIGHEST_PRIORITY - 1 - 2 * highest + lowest) // 2  # for all weights, with the best drain.weight
    least, most = highest - lowest + total + 1, HIGHEST_PRIORITY - highest - total
    where = f"checks.{max(weights, key=lambda name: abs(weights[name]))}.weight"
    basis = ("nodes", "priority_step", "drain.weight", "checks")
    if least > most:
        yield Fault(
            where,
            f"the weights of the checks add up to {total}: there is room for {room}, so that every node in service is "
            f"above every drained one within {HIGHEST_PRIORITY}",
            basis,
        )
    elif not least <= cluster.drain.weight <= most:
        low = cluster.drain.weight < least
        why = (
            f"{last} in service with {_failing(tuple(weights))} is not above {first} drained with all checks passing"
            if low
            else f"{first} in service with all checks passing is above {HIGHEST_PRIORITY}"
        )
        yield Fault("drain.weight", f"{cluster.drain.weight}: {why}: use {least} to {most}", basis)


class Tie(NamedTuple):
    """Two nodes that announce the same while these checks fail: then neither takes over from the other."""

    one: str
    one_failing: tuple[str, ...]
    other: str
    other_failing: tuple[str, ...]


def _tie(cluster: Cluster, instance: str) -> Tie | None:
    contributions = cluster.checks_contributions(instance)
    for one, other in combinations(cluster.members(instance), 2):
        apart = cluster.drained_priority(instance, one) - cluster.drained_priority(instance, other)
        for total, failing in contributions.items():
            if apart and (same := contributions.get(total + apart)) is not None:
                return Tie(one, failing, other, same)
    return None


def _ties(cluster: Cluster, instance: str) -> Iterator[Fault]:
    if tie := _tie(cluster, instance):
        differing = [name for name in cluster.checks if (name in tie.one_failing) != (name in tie.other_failing)]
        name, fit = next(
            ((name, fit) for name in differing if (fit := _nearest(cluster, instance, name))),
            (differing[0], "larger weights for all checks"),
        )
        yield Fault(
            f"checks.{name}.weight",
            f"{tie.one} with {_failing(tie.one_failing)} has the same priority as {tie.other} with "
            f"{_failing(tie.other_failing)}: use {fit}",
            ("nodes", "priority_step", "checks"),
        )


def _nearest(cluster: Cluster, instance: str, name: str) -> str:
    """The nearest weights of a check with which no two nodes tie; empty: there is none."""
    weight = cluster.checks[name].weight or 0
    for distance in range(1, HIGHEST_PRIORITY):
        fit = [
            str(candidate)
            for candidate in (weight - distance, weight + distance)
            if candidate * weight > 0 and _tie(_with(cluster, name, candidate), instance) is None
        ]
        if fit:
            return " or ".join(fit)
    return ""


def _with(cluster: Cluster, name: str, weight: int) -> Cluster:
    check = cluster.checks[name].model_copy(update={"weight": weight})
    return cluster.model_copy(update={"checks": {**cluster.checks, name: check}})


def _failing(names: tuple[str, ...]) -> str:
    return f"{' and '.join(names)} failing" if names else "all checks passing"
