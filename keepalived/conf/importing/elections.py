"""Priorities and weights with which the same node wins as in hand-made configurations. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from keepalived.conf.importing.merge import Merged
from keepalived.conf.importing.places import address_of
from keepalived.conf.importing.yaml_text import yaml_text
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from keepalived.spec.expand import expanded
from keepalived.spec.priorities import HIGHEST_PRIORITY, LOWEST_PRIORITY
from keepalived.spec.rules import faults_of

NAME = "imported"  # of the file while it is tried
STAND_IN = "password"


def tried(data: dict[str, Any]) -> Cluster:
    """The cluster of `data`, as the file would give it. Passwords, which are kept elsewhere, are stood in for."""
    return parse(yaml_text(_stood_in(data), []), NAME)


def _stood_in(data: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(data)
    for instance in data["instances"].values():
        if authentication := instance.get("authentication"):
            authentication["auth_pass"] = STAND_IN
    return data


def order(priorities: Mapping[str, int], addresses: Mapping[str, Any]) -> list[str]:
    """The nodes by preference. Of equal priorities the higher address wins an election."""

    def strength(node: str) -> tuple[int, list[int]]:
        text = address_of(addresses[node])
        return priorities[node], [int(part, 16) for part in re.findall(r"[0-9a-fA-F]+", text)] if ":" in text else [
            int(part) for part in re.findall(r"\d+", text)
        ]

    return sorted(priorities, key=strength, reverse=True)


def with_priorities(found: Merged, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The data with each way to have the same elections, the plainest first; last of all the mere order of nodes."""
    if not found.priorities:
        yield data
        return
    orders = {name: order(by_node, data["nodes"]) for name, by_node in found.priorities.items()}
    nodes = next(iter(orders.values()))
    nodes = [*nodes, *(node for node in data["nodes"] if node not in nodes)]
    plain = copy.deepcopy(data)
    plain["nodes"] = {node: plain["nodes"][node] for node in nodes}
    for name, one in orders.items():
        if name in plain["instances"] and (prefer := _prefer(one, nodes)):
            plain["instances"][name]["prefer"] = prefer
    pins = [_pinned(plain, one) for one in _pins(found.bases, nodes, exact="drain" in data)]
    gap = _gap(found.bases)
    even = [plain | ({"priority_step": gap} if gap > 1 else {})] if gap else []
    weighted = any(check.get("weight") for check in data.get("checks", {}).values())
    if "drain" in data and not _is_so(found.bases, nodes, gap):
        ways = [*pins, *even]  # its numbers are drained priorities already
    else:
        several = () if pins or not weighted else _pinned_by_instance(plain, found.bases)
        ways = [*even, *pins, *several, *_untied(found, plain)] if weighted else even
    for way in [*ways, plain]:
        yield from _with_weights(way)


def _prefer(order: list[str], nodes: list[str]) -> list[str]:
    """The shortest beginning of `order` after which the rest is in the order of all nodes."""
    for length in range(len(order)):
        rest = [node for node in nodes if node not in order[:length]]
        if [*order[:length], *rest][: len(order)] == order:
            return order[:length]
    return order


def _gap(bases: Mapping[str, Mapping[str, int]]) -> int:
    """The space between priorities where it is the same between all; 0 where it is not."""
    gaps = {
        one - other for by_node in bases.values() for one, other in pairwise(sorted(by_node.values(), reverse=True))
    }
    return gaps.pop() if len(gaps) == 1 else 0


def _is_so(bases: Mapping[str, Mapping[str, int]], nodes: list[str], step: int) -> bool:
    """Whether the order alone gives these very priorities."""
    own = {node: (len(nodes) - place) * step for place, node in enumerate(nodes)}
    return all(dict(by_node) == own for by_node in bases.values())


def _pins(bases: Mapping[str, Mapping[str, int]], nodes: list[str], *, exact: bool) -> Iterator[dict[str, int]]:
    """The priorities as they are, and moved down as far as they go."""
    first = next(iter(bases.values()))
    if any(dict(other) != dict(first) for other in bases.values()) or set(first) != set(nodes):
        return
    down = min(first.values()) - LOWEST_PRIORITY
    if exact:
        yield dict(first)
    yield {node: priority - down for node, priority in first.items()}


def _untied(found: Merged, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All numbers as many times as there are nodes: then there is room to let the higher address win, as it does."""
    for pins in _pins(found.bases, list(data["nodes"]), exact=False):
        by_address = order(dict.fromkeys(pins, 0), data["nodes"])[::-1]
        times = len(by_address)
        wide = {node: (pin - 1) * times + by_address.index(node) + 1 for node, pin in pins.items()}
        checks = {
            name: check | ({"weight": check["weight"] * times} if "weight" in check else {})
            for name, check in data["checks"].items()
        }
        down = min(wide.values()) - LOWEST_PRIORITY
        yield _pinned(data, {node: pin - down for node, pin in wide.items()}) | {"checks": checks}


def _pinned(data: dict[str, Any], pins: dict[str, int]) -> dict[str, Any]:
    return data | {"nodes": {node: _entry(entry) | {"priority": pins[node]} for node, entry in data["nodes"].items()}}


def _entry(entry: Any) -> dict[str, Any]:
    return copy.deepcopy(entry) if isinstance(entry, dict) else {"address": entry}


def _pinned_by_instance(data: dict[str, Any], bases: Mapping[str, Mapping[str, int]]) -> Iterator[dict[str, Any]]:
    """Each instance with its own priorities, moved down as far as they go."""
    one = copy.deepcopy(data)
    one["nodes"] = {node: _entry(entry) for node, entry in one["nodes"].items()}
    for name, by_node in bases.items():
        if name in one["instances"]:
            one["instances"][name].pop("prefer", None)
            down = min(by_node.values()) - LOWEST_PRIORITY
            for node, priority in by_node.items():
                own = one["nodes"][node].setdefault("instances", {}).setdefault(name, {})
                own["priority"] = priority - down
    yield one


def _with_weights(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The data as it is; and, where its drain.weight is at fault, with the one nearest to it that is not."""
    yield data
    try:
        cluster = Cluster.model_validate(_stood_in(data) | {"name": NAME})
    except ValidationError:
        return  # a field is at fault
    own = cluster.drain.weight
    for weight in sorted(range(1, HIGHEST_PRIORITY), key=lambda weight: abs(weight - own)):
        one = expanded(cluster.model_copy(update={"drain": cluster.drain.model_copy(update={"weight": weight})}))
        if not one.instances or all(fault.path != "drain.weight" for fault in faults_of(one)):
            if weight != own:
                yield data | {"drain": data.get("drain", {}) | {"weight": weight}}
            return
