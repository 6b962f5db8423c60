"""A vrrp_instance of one node: the table of keywords that have another form in a cluster file. Pure."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any

from pydantic import TypeAdapter, ValidationError

from keepalived.conf.importing.handmade import written
from keepalived.conf.importing.keys import (
    ADDRESS,
    ADDRESSES,
    KIND,
    PRIORITY,
    YES,
    InstanceKeys,
    NodeKeys,
    Tracked,
    take_weight,
    value_from,
    whole_number,
)
from keepalived.spec.blocks import Block, value_of
from keepalived.spec.instance import Instance
from keepalived.spec.notify import STATES, program_of
from keepalived.spec.route import RouteLine, RuleLine

ROUTING: dict[str, TypeAdapter[str]] = {
    "virtual_routes": TypeAdapter(RouteLine),
    "virtual_rules": TypeAdapter(RuleLine),
}


def read_instance(found: NodeKeys, words: list[str], block: Block) -> None:
    if len(words) < 2:
        found.loses("a vrrp_instance without a name is left out")
        return
    one = found.instances[words[1]] = InstanceKeys(words[1], interface=value_of(block, "interface", ""))
    for line, inner in block:
        if read := OF_INSTANCE.get(line[0]):
            read(found, one, line, inner)
        elif line[0] in Instance.model_fields:
            one.keys[line[0]], one.lines[line[0]] = value_from(line, inner), written([(line, inner)])
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


def _state(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.state = " ".join(words[1:])


def _priority(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.priority = whole_number(found, words, PRIORITY)


def _source(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.source = " ".join(words[1:2])


def _peers(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.peers = [line[0] for line, _ in inner]
    for line, _ in inner:
        for keyword, value in zip(line[1::2], line[2::2], strict=False):
            if keyword in Instance.model_fields and value.isdecimal():
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
            take_weight(found, weight, line[1:], line[:1])
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


def _routes(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    """Each line as the model takes it. A route without interface is not tracked anyway: there it says so."""
    for line, _ in inner:
        text, why = " ".join(line), ""
        for way in (text, f"{text} no_track"):
            try:
                ROUTING[words[0]].validate_python(way)
            except ValidationError as error:
                why = why or error.errors()[0]["msg"]
            else:
                one.keys.setdefault(words[0], []).append(way)
                break
        else:
            found.loses(f"a line of {words[0]} of {one.name}: {why}")


def _accept(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    one.keys["accept"] = words[0] == "accept"


def _multicast_source(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    """The model has it as yes or no: adverts come from the node's own address."""
    one.multicast_source = " ".join(words[1:2])
    one.keys["mcast_src_ip"] = True


def _leave(found: NodeKeys, one: InstanceKeys, words: list[str], inner: Block) -> None:
    """keepalived's own default."""


OF_INSTANCE: dict[str, Callable[[NodeKeys, InstanceKeys, list[str], Block], None]] = {
    "interface": _leave,
    "preempt": _leave,
    "native_ipv6": _leave,
    **dict.fromkeys(ROUTING, _routes),
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
