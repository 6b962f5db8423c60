"""Cluster files at random, from the model's own keys: a new key is in them by itself, text needs an example here."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from keepalived.conf.importing.yaml_text import yaml_text
from keepalived.spec.check import KINDS, Check
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse
from keepalived.spec.drain import Drain
from keepalived.spec.global_defs import GlobalDefs
from keepalived.spec.instance import Instance
from keepalived.spec.notify import Smtp
from keepalived.spec.sync_group import SyncGroup

ROUNDS = 30
LVS = """\
virtual_server 10.10.0.2 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 10.10.0.21 80 {
        weight 1
    }
}
"""
COMMANDS = ("/bin/true", "/bin/echo a b", "test -e /etc/hosts | cat", 'logger "it\'s $3"', "true # { }", "true\nfalse")
EXAMPLES: dict[str, tuple[Any, ...]] = {
    "command": COMMANDS,
    "process": ("haproxy", "sshd"),
    "port": (443, "10.10.0.3:80", "[::1]:53"),
    "http": ("http://127.0.0.1:8080/health?a=b%20c",),
    "unit": ("haproxy.service", "docker.socket"),
    "ping": ("10.10.0.1", "fd00:10::1"),
    "interface": ("enp0s3", "lo"),
    "file": ("/run/app/maintenance", "/srv/x"),
    "user": ("root", "nobody"),
    "flag": ("/var/lib/keepalived/releasevip", "/srv/app/releasevip", "/run/keepalived.drained"),
    "start_after": ("haproxy.service",),
    "notification_email": ("ops@example.org",),
    "notification_email_from": ("keepalived@example.org",),
    "smtp_server": ("10.10.0.25", "[fd00:10::25]:587"),
    "vrrp_notify_fifo": ("/run/vrrp.fifo",),
    "router_id": ("lab", "server.example.org"),
    "vrrp_mcast_group4": ("224.0.0.18", "224.0.0.99"),
    "vrrp_mcast_group6": ("ff02::12",),
    "notify": COMMANDS,
    "notify_master": COMMANDS,
    "notify_backup": COMMANDS,
    "notify_fault": COMMANDS,
    "notify_stop": COMMANDS,
    "notify_master_rx_lower_pri": COMMANDS,
    "raw": ("garp_extra_if 30\n", "debug 1"),
    "mcast_dst_ip": ("224.0.0.77",),
    "use_vmac": (True, "vrrp51"),
    "virtual_routes": ("10.30.0.0/16 via 10.10.0.1 dev enp0s3",),
    "virtual_rules": ("from 10.30.0.0/16 table 100 priority 100",),
    "vrrp_garp_interval": (0.5, 0.000001),
    "vrrp_gna_interval": (0.25, 1),
}
"""Values of the keys that are text, or whose bounds no schema tells."""

BY_HAND = {
    Cluster: {
        "name",
        "nodes",
        "instances",
        "drain",
        "checks",
        "smtp",
        "maintenance",
        "global_defs",
        "raw",
        "advert_int",
        "priority_step",
        "vrrp_version",
        "sync_groups",
        "host",
        "probe",
    },
    Instance: {
        "no_virtual_ipaddress",
        "nodes",
        "virtual_ipaddress",
        "virtual_ipaddress_excluded",
        "prefer",
        "checks",
        "authentication",
        "advert_int",
    },
    Check: {*KINDS, "weight"},
    Drain: {"weight"},
    SyncGroup: {"group", "checks"},
    GlobalDefs: set(),
    Smtp: set(),
}
"""The keys of each model that must fit others, so that what is generated is mostly sound."""

WORDS = (" label vip", " scope link", " brd 10.10.255.255", " preferred_lft 300", " noprefixroute", " no_track")


def seeded(seed: int) -> random.Random:
    """The same chance each time."""
    return random.Random(seed)  # noqa: S311 - no secret comes of it


def generate(chance: random.Random) -> dict[str, Any]:
    """The data of a cluster file."""
    count = chance.randint(1, 4)
    nodes: dict[str, Any] = {f"server{place:02}": f"10.10.0.{place + 2}" for place in range(1, count + 1)}
    checks = {f"check-{place}": _check(chance) for place in range(chance.choice((0, 0, 1, 2)))}
    version = chance.choice((None, 2, 3))
    data: dict[str, Any] = {"nodes": nodes, "instances": {}}
    for place in range(chance.randint(1, 3)):
        data["instances"][f"VI_{place}"] = _instance(chance, place, list(nodes), list(checks), version or 3)
    if chance.random() < 0.2 and not any(_has_order(one) for one in data["instances"].values()):
        pins = chance.sample(range(1, 40), count)
        for (name, address), pin in zip(list(nodes.items()), pins, strict=True):
            nodes[name] = {"address": address, "priority": pin}
    data |= part(chance, Cluster)
    data |= {"vrrp_version": version} if version else {}
    data |= {"priority_step": chance.choice((1, 2, 10))} if chance.random() < 0.3 else {}
    if version == 2:
        data |= {"advert_int": chance.randint(1, 3)} if chance.random() < 0.5 else {}
    elif chance.random() < 0.3:
        data["advert_int"] = chance.choice((0.05, 0.25, 1, 1.25))
    data |= {"checks": checks} if checks else {}
    if chance.random() < 0.5:
        data["drain"] = part(chance, Drain)
    if chance.random() < 0.5:
        data["global_defs"] = part(chance, GlobalDefs)
    if any(one.get("smtp_alert") for one in data["instances"].values()):
        data["smtp"] = part(chance, Smtp) | {"notification_email": ["ops@example.org"], "smtp_server": "10.10.0.25"}
    if len(data["instances"]) > 1 and chance.random() < 0.3:
        data["sync_groups"] = {"G": part(chance, SyncGroup) | {"group": chance.sample(list(data["instances"]), 2)}}
    if chance.random() < 0.2:
        data["raw"] = {"blocks": LVS}
    return data


def mended(data: dict[str, Any]) -> tuple[Cluster | None, list[str]]:
    """The cluster of `data` without the keys that the model finds wrong, and all faults on the way to it.

    So what must fit together needs no rules here. None: what is wrong cannot be left out.
    """
    told: list[str] = []
    for _ in range(ROUNDS):
        try:
            return parse(yaml_text(data, []), "any"), told
        except ClusterError as error:
            told += error.faults
            if not any([_left_out(data, fault.split(": ")[1]) for fault in error.faults]):  # noqa: C419 - all of them
                break
    return None, told


def _left_out(data: dict[str, Any], path: str) -> bool:
    """Takes what lies at a path out of the data."""
    *way, last = re.findall(r"[^.\[\]]+", path)
    part: Any = data
    for step in way:
        part = part[int(step)] if isinstance(part, list) else part.get(step, {}) if isinstance(part, dict) else {}
    if not isinstance(part, dict) or last not in part or path in ("nodes", "instances"):
        return False
    del part[last]
    return True


def _has_order(instance: dict[str, Any]) -> bool:
    return "prefer" in instance or instance.get("active_active", False)


def _instance(chance: random.Random, place: int, nodes: list[str], checks: list[str], version: int) -> dict[str, Any]:
    found = part(chance, Instance)
    version = found.get("version") or version
    six = version == 3 and chance.random() < 0.2
    size = chance.randint(1, 3)
    found["virtual_router_id"] = 51 + 10 * place
    found["virtual_ipaddress"] = [_address(chance, place * 10 + number, six=six) for number in range(size)]
    if chance.random() < 0.3:
        found["virtual_ipaddress_excluded"] = [_address(chance, place * 10 + 9, six=not six)]
    if chance.random() < 0.3:
        found["prefer"] = chance.sample(nodes, chance.randint(1, len(nodes)))
    if chance.random() < 0.2:
        found["nodes"] = chance.sample(nodes, chance.randint(1, len(nodes)))
    if checks and chance.random() < 0.5:
        found["checks"] = chance.sample(checks, chance.randint(0, len(checks)))
    if version == 2 and chance.random() < 0.3:
        found["authentication"] = {"auth_type": chance.choice(("PASS", "AH")), "auth_pass": "geheim42"}
    if chance.random() < 0.7:
        for rare in ("active_active", "disable", "unicast"):
            found.pop(rare, None)
    if found.get("version") == 2 and chance.random() < 0.5:
        found["advert_int"] = 2
    return found


def _address(chance: random.Random, ending: int, *, six: bool) -> str:
    if six:
        return f"fd00:10::1{ending:02}{chance.choice(('', '/64', '/128'))}"
    words = "".join(word for word in WORDS if chance.random() < 0.15)
    return f"10.10.1.{ending + 1}{chance.choice(('', '/16', '/24', '/32'))}{words}"


def _check(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    timed = part(chance, Check) if kind != "interface" else {}
    example = "lo" if kind == "interface" else chance.choice(EXAMPLES[kind])
    weight = {"weight": chance.choice((-20, -1, 2, 20))} if chance.random() < 0.5 else {}
    return {kind: example} | timed | weight


def part(chance: random.Random, model: type[BaseModel], share: float = 0.3) -> dict[str, Any]:
    """Some keys of a part of the cluster file, each with a value that its type takes."""
    return {
        key: _value(chance, key, told)
        for key, told in _properties(model).items()
        if key not in BY_HAND[model] and chance.random() < share  # type: ignore[index]
    }


@lru_cache
def _properties(model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema()
    return found["properties"]  # type: ignore[no-any-return]


def _value(chance: random.Random, key: str, told: dict[str, Any]) -> Any:
    choices = [choice for choice in told.get("anyOf", [told]) if choice.get("type") != "null"]
    if key in EXAMPLES:
        example = chance.choice(EXAMPLES[key])
        return [example] if choices[0].get("type") == "array" else example
    kinds: dict[str, Callable[[dict[str, Any]], Any]] = {
        "boolean": lambda _: chance.random() < 0.5,
        "integer": lambda one: chance.choice(
            (one["minimum"], one["maximum"], chance.randint(one["minimum"], one["maximum"]))
        ),
    }
    one = chance.choice(choices)
    if "enum" in one:
        return chance.choice(one["enum"])
    if "const" in one:
        return one["const"]
    if one.get("type") not in kinds:
        raise LookupError(f"{key}: write an example of it into tests/unit/generated.py")
    return kinds[one["type"]](one)
