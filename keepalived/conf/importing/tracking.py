"""What the nodes track: the check that drains them, and the others. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from keepalived.conf.drain_check import NAME
from keepalived.conf.importing.keys import InstanceKeys, ReadNode, Tracked
from keepalived.spec.drain import Drain

LIKE_A_FLAG = re.compile(r"(?:(?:/usr)?/bin/)?(?:test|\[) ! -[ef] (/\S+)(?: \])?")
"""A command that passes while a file is not there: with a weight, that is how people drain a node."""


def drain_of(
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


def checks_of(
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
