"""How the report of `facts.Node` is read: what a node's shell said, in; the state of the node, out. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from keepalived.conf.adverts import advert_settings
from keepalived.conf.contents import contents
from keepalived.conf.drain_check import DrainCheck, drain_check
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.fingerprint import (
    fingerprint,
    fingerprint_but_election,
    fingerprint_but_nopreempt,
    origin,
    sha256_of,
)
from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.observed.connections import read_kept, read_tools
from keepalived.observed.daemon import read_instances, read_journal, read_version, time_of
from keepalived.observed.host import read_host
from keepalived.observed.links import read_interfaces, read_links_down, read_macs, read_networks
from keepalived.observed.node import CheckResult, Configuration, NodeState, Unit
from keepalived.observed.parts import UNREADABLE, ReportError, part_of, parts_of
from keepalived.spec import paths
from keepalived.spec.flag import Flag, is_drained
from keepalived.spec.plain_text import plain

MOST = 262144
"""Bytes that are read of a file (scripts/node.sh)."""


def is_large(text: str) -> bool:
    """Whether a node tells no more than the beginning of a file."""
    return len(text.encode()) >= MOST


def read_report(lines: Iterable[str]) -> NodeState:
    """The state in a report of `facts.Node`, see `parts_of`. Raises ReportError."""
    try:
        return _read(lines)
    except ReportError:
        raise
    except UNREADABLE as error:
        raise ReportError("the node's report cannot be read: it is not what it should be") from error


def _read(lines: Iterable[str]) -> NodeState:
    report = parts_of(lines)
    if is_large(report.get("running", "")):  # what is not known as a whole is not known
        report["large_running"] = report.pop("running")
    path, check, asked = part_of(report, "asked", _asked)
    interfaces = part_of(report, "addresses", read_interfaces)
    carried = {address for addresses in interfaces.values() for address in addresses}
    # What is shown is plain; only what is compared or parsed stays as it is.
    report |= {key: plain(text) for key, text in report.items() if key not in ("configuration", "running", "drop_in")}
    flag = part_of(report, "flag", lambda found: _flag(path, found))
    check_running = _drain_check(report.get("running", ""))
    running_flag = part_of(report, "running_flag", _running_flag) if "running_flag" in report else None
    if running_flag and running_flag.path == path:
        running_flag = flag
    if running_flag and (check_running is None or running_flag.path != check_running.flag):
        running_flag = None
    macs = part_of(report, "addresses", read_macs)
    files = part_of(report, "files", _files) if "files" in report else {}
    folder = files.get(f"{path.rpartition('/')[0]}/")
    return NodeState(
        version=read_version(report.get("version", "")),
        unit=part_of(report, "unit", lambda shown: _unit(shown, report, files)),
        instances=part_of(report, "dump", read_instances) if "dump" in report else None,
        holds=[address for address in asked if address in carried],
        interfaces=interfaces,
        networks=part_of(report, "addresses", partial(read_networks, floating=asked)),
        macs=macs,
        drained=is_drained(check, flag),
        flag=flag,
        flag_seconds=_age(flag, files.get("/proc/self")),
        running_flag=running_flag,
        running_drained=is_drained(check_running.check, running_flag) if check_running and running_flag else None,
        running_check=check_running.check if check_running else None,
        flag_seen=report["flag_seen"].strip() == "yes" if report.get("flag_seen") else None,
        flag_open=folder.is_open if folder else None,
        configuration=_configuration(report, files),
        journal=part_of(report, "journal", read_journal) if "journal" in report else None,
        checks=part_of(report, "checks", _checks) if "checks" in report else {},
        scripts={
            path.rpartition("/")[2]: file.size
            for path, file in files.items()
            if path.startswith(f"{paths.SCRIPTS}/") and file[:3] == CHECK_FILE[:3]
        },
        host=read_host(report),
        connections=part_of(report, "connections", read_kept) if "connections" in report else {},
        tools=read_tools(report.get("tools", "")),
        links_down=part_of(report, "addresses", read_links_down),
        boot=report["boot"].strip() or None if "boot" in report else None,
        checkpoint=_checkpoint(report["checkpoint"]) if "checkpoint" in report else None,
    )


def _asked(text: str) -> tuple[str, str, list[str]]:
    """What the report was to be about: the path of the flag, how it is looked at, the floating addresses."""
    asked = json.loads(text)
    return asked["flag"], asked["check"], asked["addresses"]


def _checks(text: str) -> dict[str, CheckResult]:
    """Lines `web 7 1795346218 curl: (7) Failed to connect`."""
    found = {}
    for line in text.splitlines():
        name, status, since, *words = line.split(" ", 3)
        found[name] = CheckResult(status=int(status), since=time_of(float(since)), words="".join(words))
    return found


class File(NamedTuple):
    """Who may do what with a file or folder."""

    mode: int
    user: int
    group: int
    changed: float = 0.0
    """When its content, owner or mode was changed last, in seconds."""
    size: int = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody else than root may change it."""
        return self.user != 0 or bool(self.mode & 0o002) or (self.group != 0 and bool(self.mode & 0o020))


CONFIGURATION_FILE = File(0o640, 0, 0)
DROP_IN_FILE = File(0o644, 0, 0)
CHECK_FILE = File(0o755, 0, 0)
"""As deploy.py puts them in place."""


def _files(text: str) -> dict[str, File]:
    """Lines of `stat -c '%n|%i|%s|%.Z|%a|%u|%g'`, by path."""
    rows = [line.rsplit("|", 6) for line in text.splitlines() if line]
    return {
        path: File(int(mode, 8), int(user), int(group), float(changed), int(size))
        for path, _, size, changed, mode, user, group in rows
    }


def _checkpoint(text: str) -> Checkpoint | None:
    """A file that is not ours, or damaged, is no reason not to read the rest."""
    with suppress(*UNREADABLE):
        return read_checkpoint(text)
    return None


def _is_placed(files: Mapping[str, File], path: str, due: File) -> bool | None:
    """Whether a file has the owner and the mode that are due; None: unknown."""
    return files[path][:3] == due[:3] if path in files else None


def _unit(text: str, report: Mapping[str, str], files: Mapping[str, File]) -> Unit:
    """What `systemctl show` says, and what the daemon and the disk have of our drop-in."""
    shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    runs = shown.get("MainPID", "0") != "0"
    started = _started(shown.get("ExecMainStartTimestamp", "")) if runs else None
    needs_reload = shown.get("NeedDaemonReload") == "yes"
    disk, running = report.get("drop_in"), drop_in_digest(report.get("environment", ""))
    current = None
    if runs and needs_reload:
        current = False
    elif runs and "environment" in report:
        current = running == drop_in_digest(disk or "")
    return Unit(
        load_state=shown["LoadState"],
        active_state=shown["ActiveState"],
        sub_state=shown["SubState"],
        enabled=shown.get("UnitFileState") == "enabled",
        since=started.replace(microsecond=0) if started else None,
        needs_reload=needs_reload,
        current=current,
        running_drop_in=running,
        drop_in=sha256_of(disk)
        if disk is not None and _is_placed(files, paths.DROP_IN, DROP_IN_FILE) is not False
        else None,
    )


def _started(text: str) -> datetime | None:
    """`Sun 2026-11-22 11:41:28.210222 UTC`; None in any other form, such as an older systemd's without microseconds."""
    found = re.fullmatch(r"\w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) UTC", text)
    return datetime.fromisoformat(f"{found[1]}+00:00") if found else None


def _age(flag: Flag, now: File | None) -> float | None:
    """`now`: a file that is made when it is looked at."""
    return now.changed - flag.since.timestamp() if now and flag.since else None


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
    return Flag(path=path, present=True, content=content, since=time_of(float(changed)))


def _origin(disk: str, *, large: bool) -> Literal["deployed", "edited", "foreign"]:
    """Who wrote the file. Nobody knows what stands behind the beginning of a large one: it is not ours as it is."""
    found = origin(disk)
    return "edited" if large and found == "deployed" else found


def _configuration(report: Mapping[str, str], files: Mapping[str, File]) -> Configuration:
    disk, running = report.get("configuration"), report.get("running")
    large = disk is not None and is_large(disk)
    prints = [fingerprint(text) if text else None for text in (None if large else disk, running)]
    agreed, obstacles, has = None, {}, None
    with suppress(ValueError, RecursionError):  # a configuration that is not ours
        if running:
            agreed, obstacles = advert_settings(plain(running)), drain_obstacles(plain(running))
    with suppress(ValueError, RecursionError):
        if disk is not None and not large:
            has = contents(plain(disk))
    return Configuration(
        sha256=sha256_of(disk) if disk is not None else None,
        as_placed=_is_placed(files, paths.CONFIGURATION, CONFIGURATION_FILE),
        applied=None if None in prints else prints[0] == prints[1],
        running=prints[1],
        running_but_election=fingerprint_but_election(running) if running else None,
        applied_but_nopreempt=fingerprint_but_nopreempt(disk) == fingerprint_but_nopreempt(running)
        if disk and running and None not in prints
        else None,
        origin=_origin(disk, large=large) if disk is not None else None,
        advert_settings=agreed,
        runs_scripts=f'"{paths.SCRIPTS}/' in (running or ""),
        drain_obstacles=obstacles,
        contents=has,
        large=large or "large_running" in report,
    )
