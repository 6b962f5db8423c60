"""The keys of all nodes put together: what is the same once, what differs in its place. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from keepalived.conf.drain_check import NAME
from keepalived.conf.importing.handmade import Handmade
from keepalived.conf.importing.keys import KNOWN, InstanceKeys, NodeKeys, Tracked
from keepalived.spec.cluster import ADVERT_INT_DEFAULTS, Cluster
from keepalived.spec.drain import Drain
from keepalived.spec.fields import HOST_NAME

ReadNode = tuple[Handmade, NodeKeys]
LIKE_A_FLAG = re.compile(r"(?:(?:/usr)?/bin/)?(?:test|\[) ! -[ef] (/\S+)(?: \])?")
"""A command that passes while a file is not there: with a weight, that is how people drain a node."""


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
    drain, flagged = _drain(nodes, whole)
    checks, counted = _checks(nodes, whole, flagged, lost)
    data: dict[str, Any] = {"nodes": _addresses(nodes, lost), "instances": {}}
    lines: dict[tuple[str, str], str] = {}
    passwords: dict[str, str] = {}
    for name, by_node in whole.items():
        for missing in sorted({made.node for made, _ in nodes} - by_node.keys()):
            if "instances.NAME.nodes" not in KNOWN:
                lost.append(f"{missing} has no instance {name}: the file gives it one")
        instance = _of_instance(name, by_node, lines, passwords, lost)
        instance |= _interface(name, by_node, {made.node: made for made, _ in nodes}, data["nodes"], lost)
        _sources(name, by_node, data["nodes"], lost)
        if checks and counted[name] != set(checks):
            instance["checks"] = [check for check in checks if check in counted[name]]
        if "instances.NAME.nodes" in KNOWN and len(by_node) < len(nodes):
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


def _addresses(nodes: list[ReadNode], lost: list[str]) -> dict[str, Any]:
    """Each node with its own address: the source of its adverts where that is set, else what pyinfra connects to."""
    floating = {
        ip
        for _, keys in nodes
        for one in keys.instances.values()
        for key in ("virtual_ipaddress", "virtual_ipaddress_excluded")
        for ip in (re.split("[ /]", address)[0] for address in one.keys.get(key, []))
    }
    found = {}
    for made, keys in nodes:
        ones = keys.instances.values()
        sources = [source for one in ones for source in (one.source, one.multicast_source) if source]
        interfaces = [one.interface for one in keys.instances.values()]
        carried = {ip for addresses in made.interfaces.values() for ip in addresses}
        own = [ip for name in interfaces for ip in made.interfaces.get(name, []) if _is_own(ip) and ip not in floating]
        choices = [*sources, *[made.connected for _ in (1,) if made.connected in carried], *own, made.connected]
        found[made.node] = next((choice for choice in choices if choice), "")
        if not HOST_NAME.fullmatch(made.node):
            lost.append(f"{made.node!r} is no host name: give the node another one under nodes")
        if not found[made.node]:
            lost.append(f"{made.node}: no address of its own was found: write it under nodes")
        if sources and made.connected and sources[0] != made.connected:
            lost.append(f"{made.node}: adverts come from {sources[0]}, and pyinfra connects to {made.connected} today")
    return found


def _is_own(ip: str) -> bool:
    return not ip.startswith("fe80:")


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


def _interface(
    name: str,
    by_node: Mapping[str, InstanceKeys],
    made: Mapping[str, Handmade],
    addresses: dict[str, Any],
    lost: list[str],
) -> dict[str, str]:
    """Nothing where the interface is the one that the node's own address is on."""
    used = {node: one.interface for node, one in by_node.items()}
    if all(_is_found(made[node], interface, address_of(addresses[node])) for node, interface in used.items()):
        return {}
    if len(set(used.values())) > 1:
        for node, interface in used.items():
            _on_node(name, node, "interface", interface, addresses, lost)
        return {}
    chosen = next(iter(used.values()))
    return {"interface": chosen} if chosen else {}


def _is_found(made: Handmade, interface: str, address: str) -> bool:
    """Whether a deploy finds this interface by itself: it carries the node's own address, and no other has one."""
    others = [ip for name, ips in made.interfaces.items() if name not in ("lo", interface) for ip in ips if _is_own(ip)]
    return address in made.interfaces.get(interface, []) and not others


def _sources(name: str, by_node: Mapping[str, InstanceKeys], addresses: dict[str, Any], lost: list[str]) -> None:
    """The nodes whose adverts do not come from their own address."""
    for node, one in by_node.items():
        if one.source and one.source != address_of(addresses[node]):
            _on_node(name, node, "unicast_src_ip", one.source, addresses, lost)


def _on_node(name: str, node: str, key: str, value: str, addresses: dict[str, Any], lost: list[str]) -> None:
    """Gives an instance a key of its own on one node, where the model has a place for it."""
    if f"nodes.NAME.instances.NAME.{key}" not in KNOWN:
        lost.append(f"{node}: `{key} {value}` of {name}: it differs from node to node")
        return
    entry = addresses[node] if isinstance(addresses[node], dict) else {"address": addresses[node]}
    entry.setdefault("instances", {}).setdefault(name, {})[key] = value
    addresses[node] = entry


def address_of(entry: Any) -> str:
    """The address in what stands under nodes: `10.10.0.3`, or keys."""
    return str(entry["address"] if isinstance(entry, dict) else entry)


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


# Checks.


def _drain(
    nodes: list[ReadNode], whole: Mapping[str, Mapping[str, InstanceKeys]]
) -> tuple[dict[str, Any], set[Tracked]]:
    """The check by which the nodes are drained already, if every instance of every node has it."""
    tracked = [set(one.tracked) for by_node in whole.values() for one in by_node.values()]
    everywhere = set.intersection(*tracked) if tracked else set()
    for one in sorted(everywhere, key=lambda one: (one.name != NAME, one.name)):
        keys = nodes[0][1].checks.get((one.kind, one.name), {})
        if any(other.checks.get((one.kind, one.name)) != keys for _, other in nodes) or not one.weight:
            continue
        if one.kind == "command" and (path := LIKE_A_FLAG.fullmatch(keys["command"])):
            drain = {"flag": path[1], "interval": keys.get("interval", 2), "weight": abs(one.weight)}
        elif one.kind == "file" and one.name == NAME and one.weight < 0:  # any other file may hold any number
            drain = {"check": "file", "flag": keys["file"], "weight": -one.weight}
        else:
            continue
        defaults = {name: field.default for name, field in Drain.model_fields.items()}
        return {key: value for key, value in drain.items() if value != defaults[key]}, {one}
    return {}, set()


def _checks(
    nodes: list[ReadNode],
    whole: Mapping[str, Mapping[str, InstanceKeys]],
    flagged: set[Tracked],
    lost: list[str],
) -> tuple[dict[str, dict[str, Any]], dict[str, set[str]]]:
    """The checks that count, and for each instance which."""
    found: dict[str, dict[str, Any]] = {}
    names: dict[Tracked, str] = {}
    counted: dict[str, set[str]] = {name: set() for name in whole}
    for name, by_node in whole.items():
        for node, one in by_node.items():
            for tracked in one.tracked:
                if tracked in flagged:
                    continue
                check = _check(nodes, node, tracked, lost)
                if check is None:
                    continue
                if tracked not in names:
                    names[tracked] = _free_name(tracked, found)
                    found[names[tracked]] = check
                elif found[names[tracked]] != check:
                    lost.append(f"{node}: {tracked.name} differs from that of the nodes before it: theirs is taken")
                counted[name].add(names[tracked])
            if missing := {names[other] for other in _of(by_node) if other in names} - {
                names[own] for own in one.tracked if own in names
            }:
                lost.append(f"{node} does not track {', '.join(sorted(missing))} in {name}: the file has it do so")
    for made, keys in nodes:
        unused = sorted(
            {name for _, name in keys.checks} - {t.name for i in keys.instances.values() for t in i.tracked}
        )
        lost += [f"{made.node}: {name} is tracked by no instance" for name in unused]
    return found, counted


def _of(by_node: Mapping[str, InstanceKeys]) -> set[Tracked]:
    return {tracked for one in by_node.values() for tracked in one.tracked}


def _check(nodes: list[ReadNode], node: str, tracked: Tracked, lost: list[str]) -> dict[str, Any] | None:
    weight = {"weight": tracked.weight} if tracked.weight else {}
    if tracked.kind == "interface":
        return {"interface": tracked.name, **weight}
    own = next(keys for made, keys in nodes if made.node == node)
    keys = own.checks.get((tracked.kind, tracked.name))
    if keys is None:
        lost.append(f"{node}: {tracked.name} is tracked, and is nowhere in the file: keepalived ignores it")
    elif tracked.kind == "file":
        lost.append(
            f"{node}: the number in the file {keys['file']} ({tracked.name}) counts no more: write a check of a command"
        )
    else:
        port = re.fullmatch(r"</dev/tcp/([^/\s]+)/(\d+)", keys.get("command", ""))
        rest = {key: value for key, value in keys.items() if key not in ("weight", "command" if port else "")}
        return ({"port": f"{port[1]}:{port[2]}"} if port else {}) | rest | weight
    return None


def _free_name(tracked: Tracked, taken: Mapping[str, Any]) -> str:
    """A name that the cluster file takes for a check, and that no other check has."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", tracked.name)[:24] or "check"
    weight = tracked.weight or 0
    by_weight = f"{name}_{'minus_' if weight < 0 else ''}{abs(weight)}"
    numbered = (f"{name}_{number}" for number in range(2, 1000))
    return next(one for one in (name if name[0] != "-" else f"_{name}", by_weight, *numbered) if one not in taken)


# Priorities.


def _priorities(nodes: list[ReadNode], by_node: Mapping[str, InstanceKeys], *, in_service: bool) -> dict[str, int]:
    """What each node has, best first: while all its checks pass, or as its line has it. Of equal ones the higher
    address wins."""
    found = {}
    for made, _ in nodes:
        if one := by_node.get(made.node):
            awards = sum(max(tracked.weight or 0, 0) for tracked in set(one.tracked))
            found[made.node] = one.priority + (awards if in_service else 0)
    return found
