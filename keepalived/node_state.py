"""What one node reports of itself, and how its report is read. Pure: no pyinfra, no I/O.

Everywhere here None means unknown, never "no".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from keepalived.configuration import fingerprint

VrrpState = Literal["INIT", "BACKUP", "MASTER", "FAULT"]
VRRP_STATES: tuple[VrrpState, ...] = ("INIT", "BACKUP", "MASTER", "FAULT")  # in the order of the dump's numbers


class ReportError(ValueError):
    """A node's report cannot be understood."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json")


class Unit(_Frozen):
    """keepalived.service according to systemd. `current`: the daemon was started by the unit and drop-in on disk."""

    load_state: str
    active_state: str
    sub_state: str
    enabled: bool
    since: datetime | None
    needs_reload: bool
    current: bool | None

    @property
    def runs(self) -> bool:
        return self.active_state in ("active", "reloading")


class InstanceState(_Frozen):
    """A VRRP instance according to the running daemon."""

    state: VrrpState | None
    base_priority: int
    effective_priority: int
    virtual_router_id: int
    version: int
    addresses: list[str]
    last_transition: datetime | None


class Flag(_Frozen):
    """The file that drains the node."""

    path: str
    present: bool
    content: str | None = None
    since: datetime | None = None


class Configuration(_Frozen):
    """keepalived.conf on disk. `sha256` of its text; `applied`: the daemon runs what lies there."""

    sha256: str | None
    applied: bool | None
    running: str | None
    """The fingerprint of what the daemon runs."""


class NodeState(_Frozen):
    """All that a node tells in one round trip."""

    version: str | None
    """keepalived's version; None when it is not installed."""
    unit: Unit
    instances: dict[str, InstanceState] | None
    """By name; None when the daemon does not run or did not answer."""
    holds: list[str]
    """Those of the cluster's floating addresses that the kernel has."""
    interfaces: dict[str, list[str]]
    """The kernel's addresses by network interface."""
    drained: bool
    flag: Flag
    configuration: Configuration

    @property
    def applied(self) -> bool | None:
        """Whether the daemon runs the configuration and the unit that lie on disk."""
        parts = (self.configuration.applied, self.unit.current)
        return False if False in parts else None if None in parts else True

    def interface_of(self, address: str) -> str | None:
        """The network interface that carries `address`."""
        return next((name for name, addresses in self.interfaces.items() if address in addresses), None)


def is_drained(check: str, flag: Flag) -> bool:
    """What the flag means: its presence (`check: script`), or the number in it (`file`, keepalived's track_file)."""
    if check == "script" or not flag.present:
        return flag.present
    number = re.match(r"\s*[+-]?\d+", flag.content or "")
    return number is not None and int(number.group()) > 0


def read_report(lines: Iterable[str]) -> NodeState:
    """The state in a report of `facts.Node`: lines `KEY BASE64`. Raises ReportError."""
    try:
        pairs = (line.split(" ", 1) for line in lines if " " in line)
        report = {key: base64.b64decode(value, validate=True).decode(errors="replace") for key, value in pairs}
        return _state(report)
    except (binascii.Error, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise ReportError(f"the node's report cannot be read: {type(error).__name__}: {error}") from error


def _state(report: dict[str, str]) -> NodeState:
    asked = json.loads(report["asked"])
    interfaces = {
        link["ifname"]: [address["local"] for address in link.get("addr_info", []) if "local" in address]
        for link in json.loads(report["addresses"])
    }
    carried = {address for addresses in interfaces.values() for address in addresses}
    flag = _flag(asked["flag"], report.get("flag"))
    return NodeState(
        version=_version(report.get("version", "")),
        unit=_unit(report),
        instances=_instances(report.get("dump")),
        holds=[address for address in asked["addresses"] if address in carried],
        interfaces=interfaces,
        drained=is_drained(asked["check"], flag),
        flag=flag,
        configuration=_configuration(report.get("configuration"), report.get("running")),
    )


def _version(text: str) -> str | None:
    """`Keepalived v2.2.7 (01/16,2022)` -> `2.2.7`"""
    match = re.search(r"v(\d+(?:\.\d+)+)", text)
    return match.group(1) if match else None


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def _unit(report: dict[str, str]) -> Unit:
    shown = dict(line.split("=", 1) for line in report["unit"].splitlines() if "=" in line)
    boot = float(report["now"]) - float(report["uptime"])
    started = boot + int(shown.get("ExecMainStartTimestampMonotonic") or 0) / 1e6
    runs = shown.get("MainPID", "0") != "0"
    needs_reload = shown.get("NeedDaemonReload") == "yes"
    changed = [float(line) for line in report.get("drop_ins", "").splitlines()]
    return Unit(
        load_state=shown["LoadState"],
        active_state=shown["ActiveState"],
        sub_state=shown["SubState"],
        enabled=shown.get("UnitFileState") == "enabled",
        since=_time(started) if runs else None,
        needs_reload=needs_reload,
        current=not needs_reload and all(time <= started for time in changed) if runs else None,
    )


def _instances(dump: str | None) -> dict[str, InstanceState] | None:
    """The daemon's JSON dump (vrrp/vrrp_json.c): a list with `data` and `stats` of each instance."""
    if not dump:
        return None
    try:
        entries = [entry["data"] for entry in json.loads(dump)]
    except ValueError:
        return None  # half written: the daemon did not finish in time
    return {
        data["iname"]: InstanceState(
            state=VRRP_STATES[data["state"]] if data["state"] in range(len(VRRP_STATES)) else None,
            base_priority=data["base_priority"],
            effective_priority=data["effective_priority"],
            virtual_router_id=data["vrid"],
            version=data["version"],
            addresses=[address.split()[0] for address in data["vips"]],
            last_transition=_time(data["last_transition"]) if data["last_transition"] else None,
        )
        for data in entries
    }


def _flag(path: str, found: str | None) -> Flag:
    """`found`: nothing when the flag is absent, else its time of change in seconds, a line break and its content."""
    if not found:
        return Flag(path=path, present=False)
    changed, _, content = found.partition("\n")
    return Flag(path=path, present=True, content=content, since=_time(float(changed)))


def _configuration(disk: str | None, running: str | None) -> Configuration:
    prints = [fingerprint(text) if text else None for text in (disk, running)]
    return Configuration(
        sha256=hashlib.sha256(disk.encode()).hexdigest() if disk is not None else None,
        applied=None if None in prints else prints[0] == prints[1],
        running=prints[1],
    )
