"""How the report of `facts.Node` is read: what a node's shell said, in; the state of the node, out. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from keepalived.conf.adverts import advert_settings
from keepalived.conf.contents import contents
from keepalived.conf.drain_check import DrainCheck, drain_check
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_priorities, origin
from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.observed.node import (
    VRRP_STATES,
    Change,
    Configuration,
    InstanceState,
    Journal,
    NodeState,
    Unit,
)
from keepalived.spec.flag import Flag, is_drained

T = TypeVar("T")
# What reading something else than expected raises: a pydantic ValidationError is a ValueError, a time that no clock
# shows an OSError, a text of brackets a RecursionError.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError, RecursionError)


class ReportError(ValueError):
    """A node's report cannot be understood."""


def read_report(lines: Iterable[str]) -> NodeState:
    """The state in a report of `facts.Node`, see `parts_of`. Raises ReportError."""
    try:
        return _read(lines)
    except ReportError:
        raise
    except UNREADABLE as error:
        raise ReportError("the node's report cannot be read: it is not what it should be") from error


def parts_of(lines: Iterable[str]) -> dict[str, str]:
    """The parts of a report: lines `KEY=WORDS` or `KEY BASE64`, the last one `end`. Raises ReportError."""
    report = {}
    for line in lines:
        if plain := re.match(r"(\w+)=", line):
            report[plain[1]] = line[plain.end() :]
        else:
            key, _, value = line.partition(" ")
            report[key] = _part({key: value}, key, _decoded)
    _part(report, "end", str)
    return report


def _read(lines: Iterable[str]) -> NodeState:
    report = parts_of(lines)
    path, check, asked = _part(report, "asked", _asked)
    interfaces = _part(report, "addresses", _interfaces)
    carried = {address for addresses in interfaces.values() for address in addresses}
    flag = _part(report, "flag", lambda found: _flag(path, found))
    check_running = _drain_check(report.get("running", ""))
    running_flag = _part(report, "running_flag", _running_flag) if "running_flag" in report and check_running else None
    if running_flag and check_running and running_flag.path != check_running.flag:
        running_flag = None
    macs = _part(report, "addresses", _macs)
    changed = _part(report, "drop_ins", lambda times: [float(time) for time in times.split()])
    return NodeState(
        version=_version(report.get("version", "")),
        unit=_part(report, "unit", lambda shown: _unit(shown, changed)),
        instances=_part(report, "dump", _instances) if "dump" in report else None,
        holds=[address for address in asked if address in carried],
        interfaces=interfaces,
        macs=macs,
        drained=is_drained(check, flag),
        flag=flag,
        running_flag=running_flag,
        running_drained=is_drained(check_running.check, running_flag) if check_running and running_flag else None,
        running_check=check_running.check if check_running else None,
        flag_seen=report["flag_seen"].strip() == "yes" if report.get("flag_seen") else None,
        flag_open=_part(report, "flag_folder", _everybodys) if report.get("flag_folder") else None,
        configuration=_configuration(report.get("configuration"), report.get("running")),
        journal=_part(report, "journal", _journal) if "journal" in report else None,
        boot=report["boot"].strip() or None if "boot" in report else None,
        checkpoint=_checkpoint(report["checkpoint"]) if "checkpoint" in report else None,
    )


def _part(report: dict[str, str], key: str, read: Callable[[str], T]) -> T:
    """What `read` makes of a part of the report. Its text is not told: it may have a password in it."""
    if key not in report:
        raise ReportError(f"the node's report lacks `{key}`")
    try:
        return read(report[key])
    except UNREADABLE as error:
        raise ReportError(f"the node's report cannot be read: `{key}` is not what it should be") from error


def _decoded(value: str) -> str:
    return base64.b64decode(value, validate=True).decode(errors="replace")


def _asked(text: str) -> tuple[str, str, list[str]]:
    """What the report was to be about: the path of the flag, how it is looked at, the floating addresses."""
    asked = json.loads(text)
    return asked["flag"], asked["check"], asked["addresses"]


def _interfaces(text: str) -> dict[str, list[str]]:
    """What `ip -j address show` says."""
    return {
        link["ifname"]: [address["local"] for address in link.get("addr_info", []) if "local" in address]
        for link in json.loads(text)
    }


def _macs(text: str) -> dict[str, str]:
    """The other half of what `ip -j address show` says."""
    return {link["ifname"]: link["address"] for link in json.loads(text) if link.get("address")}


def _everybodys(mode: str) -> bool:
    """Whether a folder of this mode, in octal, is writable for everybody."""
    return bool(int(mode, 8) & 0o002)


def _journal(text: str) -> Journal:
    """Lines of `journalctl -o short-unix`: `1795346218.123456 server01 Keepalived_vrrp[1]: (VI_1) Entering ...`."""
    changes = [
        Change(time=_time(float(line.split(" ", 1)[0])), instance=found[1], state=found[2])
        for line in text.splitlines()
        if (found := re.search(r"\((\S+)\) Entering (\w+) STATE", line))
    ]
    speakers = re.findall(r"advert from ([0-9a-fA-F.:]+)", text)
    return Journal(last_change=changes[-1] if changes else None, adverts_from=sorted(set(speakers)))


def _checkpoint(text: str) -> Checkpoint | None:
    """A file that is not ours, or damaged, is no reason not to read the rest."""
    with suppress(*UNREADABLE):
        return read_checkpoint(text)
    return None


def _version(text: str) -> str | None:
    """`Keepalived v2.2.7 (01/16,2022)` -> `2.2.7`"""
    match = re.search(r"v(\d+(?:\.\d+)+)", text)
    return match.group(1) if match else None


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def _unit(text: str, changed: list[float]) -> Unit:
    """What `systemctl show` says; `changed`: when the drop-ins were, in seconds."""
    shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    runs = shown.get("MainPID", "0") != "0"
    started = _started(shown.get("ExecMainStartTimestamp", "")) if runs else None
    needs_reload = shown.get("NeedDaemonReload") == "yes"
    current = None
    if runs and needs_reload:
        current = False
    elif started:
        current = all(time <= started.timestamp() for time in changed)
    return Unit(
        load_state=shown["LoadState"],
        active_state=shown["ActiveState"],
        sub_state=shown["SubState"],
        enabled=shown.get("UnitFileState") == "enabled",
        since=started.replace(microsecond=0) if started else None,
        needs_reload=needs_reload,
        current=current,
    )


def _started(text: str) -> datetime | None:
    """`Sun 2026-11-22 11:41:28.210222 UTC`; None in any other form, such as an older systemd's without microseconds."""
    found = re.fullmatch(r"\w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC", text)
    return datetime.fromisoformat(f"{found[1]}+00:00") if found else None


def _instances(dump: str) -> dict[str, InstanceState] | None:
    """The daemon's JSON dump (vrrp/vrrp_json.c): a list with `data` and `stats` of each instance."""
    try:
        entries = json.loads(dump)
    except ValueError:
        return None  # half written: the daemon did not finish in time
    if isinstance(entries, dict):
        entries = entries["vrrp"]  # json_version 2
    if not isinstance(entries, list):
        raise TypeError
    return {
        data["iname"]: InstanceState(
            state=VRRP_STATES[data["state"]] if data["state"] in range(len(VRRP_STATES)) else None,
            base_priority=data["base_priority"],
            effective_priority=data["effective_priority"],
            virtual_router_id=data["vrid"],
            version=data["version"],
            master_priority=data.get("master_priority"),
            addresses=[
                re.split("[ /]", address)[0] for address in data.get("vips", [])
            ],  # 10.10.0.2/24 dev eth0 scope global
            last_transition=_time(data["last_transition"]) if data["last_transition"] else None,
        )
        for data in (entry["data"] for entry in entries)
    }


def _running_flag(found: str) -> Flag:
    """`found`: the path, a line break, and the rest as in `_flag`."""
    path, _, rest = found.partition("\n")
    return _flag(path, rest)


def _drain_check(running: str) -> DrainCheck | None:
    """The drain's check of the running daemon; a text that is no configuration has none."""
    with suppress(ValueError, RecursionError):
        return drain_check(running)
    return None


def _flag(path: str, found: str) -> Flag:
    """`found`: nothing when the flag is absent, else its time of change in seconds, a line break and its content."""
    if not found:
        return Flag(path=path, present=False)
    changed, _, content = found.partition("\n")
    return Flag(path=path, present=True, content=content, since=_time(float(changed)))


def _configuration(disk: str | None, running: str | None) -> Configuration:
    prints = [fingerprint(text) if text else None for text in (disk, running)]
    agreed, obstacles, has = None, {}, None
    with suppress(ValueError, RecursionError):  # a configuration that is not ours
        if running:
            agreed, obstacles = advert_settings(running), drain_obstacles(running)
    with suppress(ValueError, RecursionError):
        if disk is not None:
            has = contents(disk)
    return Configuration(
        sha256=hashlib.sha256(disk.encode()).hexdigest() if disk is not None else None,
        applied=None if None in prints else prints[0] == prints[1],
        running=prints[1],
        running_but_priorities=fingerprint_but_priorities(running) if running else None,
        origin=origin(disk) if disk is not None else None,
        advert_settings=agreed,
        drain_obstacles=obstacles,
        contents=has,
    )
