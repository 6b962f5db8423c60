"""From keepalived's keywords to the keys of a cluster file, for one node. Pure.

A keyword that the model knows under its own name needs no line here: it is taken over as it is. OF_INSTANCE and
OF_GLOBAL_DEFS have the others, one line each. What neither knows becomes a raw line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import Any

from pydantic import TypeAdapter, ValidationError

from keepalived.conf.importing.handmade import written
from keepalived.spec.address import AddressEntry, FloatingAddress
from keepalived.spec.blocks import Block, parse_blocks, value_of
from keepalived.spec.check import Check
from keepalived.spec.global_defs import GlobalDefs
from keepalived.spec.instance import Instance
from keepalived.spec.notify import STATES, program_of
from keepalived.spec.table import key_paths

PRIORITY = 100  # keepalived's own default
YES = {"true", "on", "yes"}
NO = {"false", "off", "no"}
ADDRESS: TypeAdapter[FloatingAddress] = TypeAdapter(AddressEntry)
NAME_OTHERS = ("vrrp_instance", "vrrp_sync_group")  # and are read when the others are known
ADDRESSES = ("virtual_ipaddress", "virtual_ipaddress_excluded")
KNOWN = frozenset(key_paths())
OF_ALL = {
    "vrrp_strict": "strict_mode",
    "vrrp_check_unicast_src": "check_unicast_src",
    "vrrp_down_timer_adverts": "down_timer_adverts",
}
"""Keywords for all instances that the model has for each of them."""

KIND = {"track_script": "command", "track_interface": "interface", "track_process": "process"}
"""What a node may track, with the key of the check that looks at the same."""


@dataclass(frozen=True)
class Tracked:
    """A check that an instance counts with, `weight` None: a failure takes the node out."""

    kind: str
    name: str
    weight: int | None


@dataclass
class InstanceKeys:
    """A vrrp_instance of one node."""

    name: str
    keys: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    """The text of each of `keys`, for `raw`, where the model does not take the key."""
    raw: list[str] = field(default_factory=list)
    priority: int = PRIORITY
    state: str = "BACKUP"
    interface: str = ""
    source: str | None = None
    multicast_source: str | None = None
    peers: list[str] | None = None
    password: str | None = None
    tracked: list[Tracked] = field(default_factory=list)


@dataclass
class NodeKeys:
    """A keepalived.conf of one node. `lost` has what no key and no raw line can say."""

    node: str
    version: int = 2
    global_defs: dict[str, Any] = field(default_factory=dict)
    smtp: dict[str, Any] = field(default_factory=dict)
    smtp_lines: list[str] = field(default_factory=list)
    """The text of `smtp`, for `raw`, where the model does not take it."""
    raw: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    instances: dict[str, InstanceKeys] = field(default_factory=dict)
    checks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By kind and name the keys of a check, its own weight among them."""
    lost: list[str] = field(default_factory=list)
    user: str | None = None
    of_all: dict[str, Any] = field(default_factory=dict)
    """The keys that every instance has which has none of its own."""
    groups: dict[str, InstanceKeys] = field(default_factory=dict)
    """The sync groups, each with the keys that an instance may have too."""

    def loses(self, what: str) -> None:
        """Tells of what nothing in the cluster file says."""
        self.lost.append(f"{self.node}: {what}")


def keys_of(node: str, text: str) -> NodeKeys:
    """The keys of a configuration. Raises ValueError on braces that do not match."""
    found = NodeKeys(node)
    top = parse_blocks(text)
    for words, inner in top:  # first of all: its version and user count in all other blocks
        if words[0] == "global_defs":
            _global_defs(found, inner)
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


def _global_defs(found: NodeKeys, block: Block) -> None:
    for words, inner in block:
        if read := OF_GLOBAL_DEFS.get(words[0]):
            read(found, words, inner)
        elif f"instances.NAME.{OF_ALL.get(words[0])}" in KNOWN:
            found.of_all[OF_ALL[words[0]]] = _value(words, inner)
        elif words[0] in GlobalDefs.model_fields:
            found.global_defs[words[0]] = _value(words, inner)
        else:
            found.raw.append(written([(words, inner)]))


def _value(words: list[str], inner: Block) -> Any:
    """What a line says, as YAML has it."""
    if inner:
        return [" ".join(line) for line, _ in inner]
    rest = words[1:]
    if len(rest) != 1:
        return " ".join(rest) or True
    word = rest[0]
    if word.lower() in YES | NO:
        return word.lower() in YES
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,9})", word):
        return int(word)
    return float(word) if re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{1,9}", word) else word


def _whole(found: NodeKeys, words: list[str], default: int) -> int:
    """The number behind a keyword, whole seconds for a time."""
    try:
        number = float(words[1])
    except (IndexError, ValueError):
        found.loses(f"`{' '.join(words)}` is no number: {default} is taken")
        return default
    if number != int(number):
        found.loses(f"`{' '.join(words)}`: the cluster file has whole numbers, {int(number) + 1} is taken")
        return int(number) + 1
    return int(number)


# Top level.


def _script(found: NodeKeys, words: list[str], block: Block) -> None:
    keys: dict[str, Any] = {}
    given = {line[0]: line for line, _ in block}
    script = given.get("script", ["script"])[1:]
    keys["command"] = script[0] if len(script) == 1 else shlex.join(script)
    interval = _whole(found, given.get("interval", ["interval", "1"]), 1)
    values = {
        "interval": interval,
        "timeout": _whole(found, given["timeout"], interval) if "timeout" in given else interval,
        "fall": _whole(found, given.get("fall", ["fall", "1"]), 1),
        "rise": _whole(found, given.get("rise", ["rise", "1"]), 1),
        "user": given["user"][1] if len(given.get("user", [])) > 1 else found.user or "root",
        "init_fail": "init_fail" in given,
    }
    keys |= {key: value for key, value in values.items() if value != Check.model_fields[key].default}
    _weight(found, keys, given.get("weight", []), words)
    found.checks["command", words[1]] = keys


def _process(found: NodeKeys, words: list[str], block: Block) -> None:
    given = {line[0]: line for line, _ in block}
    keys: dict[str, Any] = {"process": value_of(block, "process", "").rsplit("/", 1)[-1]}
    for keyword in sorted(given.keys() - {"process", "weight"}):
        found.loses(f"`{' '.join(given[keyword])}` of {' '.join(words)}: the check is that such a process runs")
    _weight(found, keys, given.get("weight", ["weight", "1"]), words)
    found.checks["process", words[1]] = keys


def _weight(found: NodeKeys, keys: dict[str, Any], line: list[str], words: list[str]) -> None:
    if "reverse" in line:
        found.loses(
            f"`{' '.join(line)}` of {' '.join(words)}: reverse is left out, write a check that says the opposite"
        )
    elif line and (weight := _whole(found, line, 0)):
        keys["weight"] = weight


def _track_file(found: NodeKeys, words: list[str], block: Block) -> None:
    if len(words) > 1:
        weight = _whole(found, ["weight", value_of(block, "weight", "1").split()[0]], 1)
        found.checks["file", words[1]] = {"file": value_of(block, "file", ""), "weight": weight}


def _instance(found: NodeKeys, words: list[str], block: Block) -> None:
    if len(words) < 2:
        found.loses("a vrrp_instance without a name is left out")
        return
    one = found.instances[words[1]] = InstanceKeys(words[1], interface=value_of(block, "interface", ""))
    for line, inner in block:
        if read := OF_INSTANCE.get(line[0]):
            read(found, one, line, inner)
        elif line[0] in Instance.model_fields:
            one.keys[line[0]], one.lines[line[0]] = _value(line, inner), written([(line, inner)])
        else:
            one.raw.append(written([(line, inner)]))
    if any(ADDRESS.validate_python(address).version == 6 for address in one.keys.get("virtual_ipaddress", [])[:1]):
        one.keys["version"] = 3  # whatever is set: VRRPv2 has no IPv6
    for key, value in found.of_all.items():
        one.keys.setdefault(key, value)
    version = one.keys.setdefault("version", found.version)
    one.keys.setdefault("advert_int", 1)
    if version == 3 and one.keys.pop("authentication", None):
        one.password = None
        found.loses(f"authentication of {one.name}: VRRPv3 has none, and keepalived ignores it")


def _group(found: NodeKeys, words: list[str], block: Block) -> None:
    """A sync group. What it tracks counts in all its instances."""
    if "sync_groups.NAME.group" not in KNOWN:
        found.blocks.append(written([(words, block)]))
        return
    one = found.groups[words[1]] = InstanceKeys(words[1])
    for line, inner in block:
        if line[0] == "group":
            one.keys["group"] = [word for words, _ in inner for word in words]
        elif line[0] in ("notify", "smtp_alert", *KIND, "track_file", *STATES):
            OF_INSTANCE[line[0]](found, one, line, inner)
        elif f"sync_groups.NAME.{line[0]}" in KNOWN:
            one.keys[line[0]] = _value(line, inner)
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
    "vrrp_instance": _instance,
    "vrrp_script": _need_two(_script),
    "vrrp_track_process": _need_two(_process),
    "track_process": _need_two(_process),
    "track_file": _track_file,
    "vrrp_track_file": _track_file,
    "vrrp_sync_group": _need_two(_group),
}


# global_defs.


def _version(found: NodeKeys, words: list[str], inner: Block) -> None:
    found.version = 3 if words[1:2] == ["3"] else 2


def _user(found: NodeKeys, words: list[str], inner: Block) -> None:
    found.user = words[1] if len(words) > 1 else None


def _smtp(found: NodeKeys, words: list[str], inner: Block) -> None:
    value = _value(words, inner)
    if words[0] == "smtp_server":
        value = ":".join([f"[{words[1]}]" if ":" in words[1] else words[1], words[2]]) if words[2:] else value
    found.smtp[words[0]] = value
    found.smtp_lines.append(written([(words, inner)]))


def _nothing(found: NodeKeys, words: list[str], inner: Block) -> None:
    """What every file of this project says already."""


OF_GLOBAL_DEFS: dict[str, Callable[[NodeKeys, list[str], Block], None]] = {
    "vrrp_version": _version,
    "script_user": _user,
    "enable_script_security": _nothing,
    "notification_email": _smtp,
    "notification_email_from": _smtp,
    "smtp_server": _smtp,
    "smtp_connect_timeout": _smtp,
}


# vrrp_instance.


def _state(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.state = " ".join(words[1:])


def _priority(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.priority = _whole(found, words, PRIORITY)


def _source(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.source = " ".join(words[1:2])


def _peers(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.peers = [line[0] for line, _ in inner]
    for line, _ in inner:
        for keyword, value in zip(line[1::2], line[2::2], strict=False):
            if f"instances.NAME.{keyword}" in KNOWN and value.isdecimal():
                one.keys[keyword] = int(value)
            else:
                found.loses(f"`{keyword} {value}` of the unicast_peer {line[0]} of {one.name}")


def _authentication(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.password = value_of(inner, "auth_pass", "")
    one.keys["authentication"] = {"auth_type": value_of(inner, "auth_type", "PASS"), "auth_pass": {}}


def _addresses(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    for line, _ in inner:
        entry = _address(found, one, list(line))
        if entry is None:
            continue
        if _ip(entry) in {_ip(other) for key in ADDRESSES for other in one.keys.get(key, [])}:
            found.loses(f"`{' '.join(line)}` of {one.name}: the address is in it already")
            continue
        kept = one.keys.get("virtual_ipaddress") or [entry]
        mixed = ADDRESS.validate_python(kept[0]).version != ADDRESS.validate_python(entry).version
        key = "virtual_ipaddress_excluded" if mixed else words[0]
        one.keys.setdefault(key, []).append(entry)


def _ip(entry: str) -> str:
    return entry.split()[0].partition("/")[0]


def _address(found: NodeKeys, one: InstanceKeys, words: list[str]) -> str | None:
    """The address with as many of its words as the model takes."""
    whole = " ".join(words)
    left: list[str] = []
    while words:
        try:
            entry = ADDRESS.validate_python(" ".join(words))
        except ValidationError:
            left.insert(0, words.pop())
            continue
        if left:
            found.loses(f"`{' '.join(left)}` of the address `{whole}` of {one.name}")
        return _short(str(entry), one.interface)
    found.loses(f"the address `{whole}` of {one.name}: the cluster file takes no such address")
    return None


def _short(entry: str, interface: str) -> str:
    """Without what is so anyway: /32 and /128, and the interface of the instance."""
    address, *rest = entry.split()
    if ip_interface(address).network.num_addresses == 1:
        address = address.partition("/")[0]
    return " ".join([address, *rest]).replace(f" dev {interface}", "") if interface else " ".join([address, *rest])


def _tracked(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    kind = KIND.get(words[0], "file")
    for line, _ in inner:
        if kind == "interface" and line[0] == one.interface:
            continue  # keepalived looks at that one anyway
        weight: dict[str, Any] = dict(found.checks.get((kind, line[0]), {}))
        if line[1:2] == ["weight"]:
            weight.pop("weight", None)
            _weight(found, weight, line[1:], line[:1])
        one.tracked.append(Tracked(kind, line[0], weight.get("weight")))


def _notify(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    if len(words) < 2:
        return
    command = words[1].strip()
    if words[0] == "notify" and command != program_of(command or "/"):
        command += ' "$@"'  # keepalived appends what a program named alone gets anyway
    user = words[2] if len(words) > 2 else found.user or "root"
    one.keys[words[0]] = {"command": command, "user": user} if user != "root" else command


def _mail(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    if words[1:2] == [] or words[1].lower() in YES:
        one.keys["smtp_alert"], one.lines["smtp_alert"] = True, "smtp_alert"


def _accept(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    if "instances.NAME.accept" in KNOWN:
        one.keys["accept"] = words[0] == "accept"
    else:
        one.raw.append(words[0])


def _multicast_source(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    """The model has it as yes or no: adverts come from the node's own address."""
    one.multicast_source = " ".join(words[1:2])
    if "instances.NAME.mcast_src_ip" in KNOWN:
        one.keys["mcast_src_ip"] = True
    else:
        one.raw.append(written([(words, inner)]))


def _leave(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    """keepalived's own default."""


OF_INSTANCE: dict[str, Callable[[NodeKeys, InstanceKeys, list[str], Block], None]] = {
    "interface": _leave,
    "preempt": _leave,
    "native_ipv6": _leave,
    "accept": _accept,
    "no_accept": _accept,
    "mcast_src_ip": _multicast_source,
    "state": _state,
    "priority": _priority,
    "unicast_src_ip": _source,
    "unicast_peer": _peers,
    "authentication": _authentication,
    **dict.fromkeys(ADDRESSES, _addresses),
    "smtp_alert": _mail,
    **dict.fromkeys(KIND, _tracked),
    "track_file": _tracked,
    **dict.fromkeys(STATES, _notify),
}
