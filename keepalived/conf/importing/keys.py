"""The keys of one node: what the converter gathers, and how keepalived's words become values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from keepalived.conf.importing.handmade import Handmade
from keepalived.spec.address import AddressEntry, FloatingAddress
from keepalived.spec.blocks import Block

PRIORITY = 100  # keepalived's own default
YES = {"true", "on", "yes"}
NO = {"false", "off", "no"}
ADDRESS: TypeAdapter[FloatingAddress] = TypeAdapter(AddressEntry)
ADDRESSES = ("virtual_ipaddress", "virtual_ipaddress_excluded")
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


def value_from(words: list[str], inner: Block) -> Any:
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


def whole_number(found: NodeKeys, words: list[str], default: int) -> int:
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


def take_weight(found: NodeKeys, keys: dict[str, Any], line: list[str], words: list[str]) -> None:
    if "reverse" in line:
        found.loses(
            f"`{' '.join(line)}` of {' '.join(words)}: reverse is left out, write a check that says the opposite"
        )
    elif line and (weight := whole_number(found, line, 0)):
        keys["weight"] = weight


ReadNode = tuple[Handmade, NodeKeys]
