"""The keys of all nodes put together: what is the same once, what differs in its place. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from keepalived.conf.importing.keys import InstanceKeys, ReadNode
from keepalived.conf.importing.places import interface_keys, own_addresses, sources_of
from keepalived.conf.importing.tracking import checks_of, drain_of
from keepalived.spec.cluster import ADVERT_INT_DEFAULTS, Cluster


class Merged(NamedTuple):
    """`data`: the cluster file. `lines`: for each instance and key the text that `raw` would have instead.
    `priorities`: by instance, what each node has while all its checks pass. `lost`: what the file does not say."""

    data: dict[str, Any]
    lines: dict[tuple[str, str], str]
    priorities: dict[str, dict[str, int]]
    bases: dict[str, dict[str, int]]
    passwords: dict[str, str]
    smtp_lines: str
    lost: list[str]


def merged(nodes: list[ReadNode]) -> Merged:
    """One cluster file for the configurations of `nodes`. Its priorities are not in it yet."""
    lost: list[str] = []
    whole: dict[str, dict[str, InstanceKeys]] = {}
    for made, keys in nodes:
        lost += keys.lost
        for one in keys.instances.values():
            whole.setdefault(_name_of(whole, one), {})[made.node] = one
    drain, flagged = drain_of(nodes, whole)
    checks, counted = checks_of(nodes, whole, flagged, lost)
    data: dict[str, Any] = {"nodes": own_addresses(nodes, lost), "instances": {}}
    lines: dict[tuple[str, str], str] = {}
    passwords: dict[str, str] = {}
    for name, by_node in whole.items():
        instance = _of_instance(name, by_node, lines, passwords, lost)
        instance |= interface_keys(name, by_node, {made.node: made for made, _ in nodes}, data["nodes"])
        sources_of(name, by_node, data["nodes"])
        if checks and counted[name] != set(checks):
            instance["checks"] = [check for check in checks if check in counted[name]]
        if len(by_node) < len(nodes):
            instance["nodes"] = list(by_node)
        data["instances"][name] = instance
    data |= _of_cluster(nodes, data["instances"], lost)
    if groups := _groups(nodes, whole, data["instances"], checks, counted, lost):
        data["sync_groups"] = groups
    data |= {"drain": drain} if drain else {}
    data |= {"checks": checks} if checks else {}
    data["on_change"] = "reload"  # the first deploy of the file moves no address
    return Merged(
        data,
        lines,
        {name: _priorities(nodes, by_node, in_service=True) for name, by_node in whole.items()},
        {name: _priorities(nodes, by_node, in_service=False) for name, by_node in whole.items()},
        passwords,
        "".join(f"{line}\n" for line in nodes[0][1].smtp_lines),
        list(dict.fromkeys(lost)),
    )


def _name_of(whole: Mapping[str, Mapping[str, InstanceKeys]], one: InstanceKeys) -> str:
    """The name under which other nodes have the same instance: that of its addresses, whatever it is called."""
    own = _ips(one)
    for name, by_node in whole.items():
        if own and any(own == _ips(other) for other in by_node.values()):
            return name
    return one.name


def _ips(one: InstanceKeys) -> set[str]:
    return {re.split("[ /]", address)[0] for address in one.keys.get("virtual_ipaddress", [])}


def _of_instance(
    name: str,
    by_node: Mapping[str, InstanceKeys],
    lines: dict[tuple[str, str], str],
    passwords: dict[str, str],
    lost: list[str],
) -> dict[str, Any]:
    first_node, first = next(iter(by_node.items()))
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for one in by_node.values() for key in one.keys):
        values = {node: one.keys.get(key) for node, one in by_node.items()}
        if len({repr(value) for value in values.values()}) > 1:
            said = ", ".join(f"{node} {_short(value)}" for node, value in values.items())
            lost.append(f"{key} of {name} differs ({said}): the file has that of {first_node}")
        if values[first_node] is not None:
            found[key] = values[first_node]
            lines[name, key] = first.lines.get(key, "")
    kept = [line for line in first.raw if all(line in one.raw for one in by_node.values())]
    for node, one in by_node.items():
        for line in one.raw:
            if line not in kept:
                lost.append(f"{node}: `{_first_line(line)}` of {name} differs from node to node")
    if kept:
        found["raw"] = "\n".join(kept) + "\n"
    if first.peers is not None:
        found["unicast"] = True
    if first.password is not None:
        passwords[name] = first.password
    return found


def _short(value: Any) -> str:
    if value is None:
        return "without"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _first_line(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return f"{first} … }}" if rest else first


def _groups(
    nodes: list[ReadNode],
    whole: Mapping[str, Mapping[str, InstanceKeys]],
    instances: dict[str, Any],
    checks: Mapping[str, Any],
    counted: Mapping[str, set[str]],
    lost: list[str],
) -> dict[str, Any]:
    """The sync groups of the first node. The checks of their instances stand in them."""
    (first, keys), *others = nodes
    found = {}
    for name, group in keys.groups.items():
        for made, other in others:
            if name not in other.groups or other.groups[name].keys != group.keys:
                lost.append(f"{made.node}: the sync group {name} differs from that of {first.node}, which is taken")
        members = [_name_of(whole, keys.instances[one]) for one in group.keys.get("group", []) if one in keys.instances]
        count = set[str]().union(*(counted[member] for member in members))
        found[name] = group.keys | {"group": members}
        if count != set(checks):
            found[name]["checks"] = [check for check in checks if check in count]
        for member in members:
            instances[member].pop("checks", None)
    return found


def _of_cluster(nodes: list[ReadNode], instances: dict[str, Any], lost: list[str]) -> dict[str, Any]:
    """What all instances have in common, and `global_defs`."""
    found: dict[str, Any] = {}
    versions = Counter(keys["version"] for keys in instances.values())
    version = versions.most_common(1)[0][0] if versions else 2
    if version != Cluster.model_fields["vrrp_version"].default:
        found["vrrp_version"] = version
    speeds = Counter(str(keys["advert_int"]) for keys in instances.values() if keys["version"] == version)
    common = speeds.most_common(1)[0][0] if speeds else ""
    for keys in instances.values():
        own = keys.pop("version")
        if str(keys["advert_int"]) == common and own == version:
            speed = keys.pop("advert_int")
            if speed != ADVERT_INT_DEFAULTS[version]:
                found["advert_int"] = speed
        elif keys["advert_int"] == ADVERT_INT_DEFAULTS[own] and own != version:
            del keys["advert_int"]
        if own != version:
            keys["version"] = own
    smtp = _same("", {made.node: keys.smtp for made, keys in nodes}, lost)
    globals_ = _same("global_defs.", {made.node: keys.global_defs for made, keys in nodes}, lost)
    raw: dict[str, str] = {}
    for key, lines in (("global_defs", [k.raw for _, k in nodes]), ("blocks", [k.blocks for _, k in nodes])):
        kept = [line for line in lines[0] if all(line in other for other in lines)]
        for (made, _), own in zip(nodes, lines, strict=True):
            lost += [f"{made.node}: `{_first_line(line)}` is not on every node" for line in own if line not in kept]
        if kept:
            raw[key] = "\n".join(kept) + "\n"
    return found | {key: value for key, value in (("smtp", smtp), ("global_defs", globals_), ("raw", raw)) if value}


def _same(prefix: str, by_node: Mapping[str, dict[str, Any]], lost: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in dict.fromkeys(key for keys in by_node.values() for key in keys):
        values = {node: keys.get(key) for node, keys in by_node.items()}
        if len({repr(value) for value in values.values()}) == 1:
            found[key] = next(iter(values.values()))
        else:
            said = ", ".join(f"{node} {_short(value)}" for node, value in values.items())
            lost.append(f"{prefix}{key} differs ({said}): it is left to its default")
    return found


def _priorities(nodes: list[ReadNode], by_node: Mapping[str, InstanceKeys], *, in_service: bool) -> dict[str, int]:
    """What each node has, best first: while all its checks pass, or as its line has it. Of equal ones the higher
    address wins."""
    found = {}
    for made, _ in nodes:
        if one := by_node.get(made.node):
            awards = sum(max(tracked.weight or 0, 0) for tracked in set(one.tracked))
            found[made.node] = one.priority + (awards if in_service else 0)
    return found
