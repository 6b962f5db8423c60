"""A keepalived.conf of one node: the table of its blocks. Pure.

A keyword that the model knows under its own name needs no line in any table: it is taken over as it is. What neither
the model nor a table knows becomes a raw line.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from keepalived.conf.importing.handmade import written
from keepalived.conf.importing.keys import KIND, InstanceKeys, NodeKeys, take_weight, value_from, whole_number
from keepalived.conf.importing.of_global_defs import read_global_defs
from keepalived.conf.importing.of_instance import OF_INSTANCE, read_instance
from keepalived.spec.blocks import Block, parse_blocks, value_of
from keepalived.spec.check import Check
from keepalived.spec.notify import STATES
from keepalived.spec.sync_group import SyncGroup

NAME_OTHERS = ("vrrp_instance", "vrrp_sync_group")  # and are read when the others are known


def keys_of(node: str, text: str) -> NodeKeys:
    """The keys of a configuration. Raises ValueError on braces that do not match."""
    found = NodeKeys(node)
    top = parse_blocks(text)
    for words, inner in top:  # first of all: its version and user count in all other blocks
        if words[0] == "global_defs":
            read_global_defs(found, inner)
    for words, inner in sorted(top, key=lambda line: line[0][0] in NAME_OTHERS):
        if read := OF_TOP.get(words[0]):
            read(found, words, inner)
        elif words[0] != "global_defs":
            found.blocks.append(written([(words, inner)]))
    for group in found.groups.values():
        _share(found, group)
    return found


def _share(found: NodeKeys, group: InstanceKeys) -> None:
    """Has the instances of a group count with what the group tracks, as keepalived does."""
    for name in group.keys.get("group", []):
        if one := found.instances.get(name):
            for tracked in one.tracked:
                if tracked.weight:
                    found.loses(f"{tracked.name} of {name}: it has a weight, and keepalived ignores it in a sync group")
            one.tracked = list(dict.fromkeys([*group.tracked, *(own for own in one.tracked if not own.weight)]))


def _script(found: NodeKeys, words: list[str], block: Block) -> None:
    keys: dict[str, Any] = {}
    given = {line[0]: line for line, _ in block}
    script = given.get("script", ["script"])[1:]
    keys["command"] = script[0] if len(script) == 1 else shlex.join(script)
    interval = whole_number(found, given.get("interval", ["interval", "1"]), 1)
    values = {
        "interval": interval,
        "timeout": whole_number(found, given["timeout"], interval) if "timeout" in given else interval,
        "fall": whole_number(found, given.get("fall", ["fall", "1"]), 1),
        "rise": whole_number(found, given.get("rise", ["rise", "1"]), 1),
        "user": given["user"][1] if len(given.get("user", [])) > 1 else found.user or "root",
        "init_fail": "init_fail" in given,
    }
    keys |= {key: value for key, value in values.items() if value != Check.model_fields[key].default}
    take_weight(found, keys, given.get("weight", []), words)
    found.checks["command", words[1]] = keys


def _process(found: NodeKeys, words: list[str], block: Block) -> None:
    given = {line[0]: line for line, _ in block}
    keys: dict[str, Any] = {"process": value_of(block, "process", "").rsplit("/", 1)[-1]}
    for keyword in sorted(given.keys() - {"process", "weight"}):
        found.loses(f"`{' '.join(given[keyword])}` of {' '.join(words)}: the check is that such a process runs")
    take_weight(found, keys, given.get("weight", ["weight", "1"]), words)
    found.checks["process", words[1]] = keys


def _track_file(found: NodeKeys, words: list[str], block: Block) -> None:
    if len(words) > 1:
        weight = whole_number(found, ["weight", value_of(block, "weight", "1").split()[0]], 1)
        found.checks["file", words[1]] = {"file": value_of(block, "file", ""), "weight": weight}


def _group(found: NodeKeys, words: list[str], block: Block) -> None:
    """A sync group. What it tracks counts in all its instances."""
    one = found.groups[words[1]] = InstanceKeys(words[1])
    for line, inner in block:
        if line[0] == "group":
            one.keys["group"] = [word for words, _ in inner for word in words]
        elif line[0] in ("notify", "smtp_alert", *KIND, "track_file", *STATES):
            OF_INSTANCE[line[0]](found, one, line, inner)
        elif line[0] in SyncGroup.model_fields:
            one.keys[line[0]] = value_from(line, inner)
        elif line[0] not in ("sync_group_tracking_weight", "global_tracking"):  # a group tracks for all, with weights
            found.loses(f"`{' '.join(line)}` of the sync group {one.name}")


def _need_two(read: Callable[[NodeKeys, list[str], Block], None]) -> Callable[[NodeKeys, list[str], Block], None]:
    def named(found: NodeKeys, words: list[str], block: Block) -> None:
        if len(words) > 1:
            read(found, words, block)
        else:
            found.loses(f"a {words[0]} without a name is left out")

    return named


OF_TOP: dict[str, Callable[[NodeKeys, list[str], Block], None]] = {
    "vrrp_instance": read_instance,
    "vrrp_script": _need_two(_script),
    "vrrp_track_process": _need_two(_process),
    "track_process": _need_two(_process),
    "track_file": _track_file,
    "vrrp_track_file": _track_file,
    "vrrp_sync_group": _need_two(_group),
}
