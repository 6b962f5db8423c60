"""Whether what this project renders means the same as what somebody wrote by hand, statement by statement. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from keepalived.conf.drain_check import NAME
from keepalived.conf.importing.keys import ADDRESS, ADDRESSES, KIND, OF_ALL
from keepalived.conf.scripts import check_scripts, notify_scripts
from keepalived.spec.blocks import Block, parse_blocks, value_of
from keepalived.spec.check import command_of
from keepalived.spec.cluster import Cluster
from keepalived.spec.notify import STATES

TRACKING = (*KIND, "track_file")
DECIDED_HERE = {
    "global_defs": {
        *("vrrp_version", "enable_script_security", "script_user"),
        *("vrrp_garp_master_delay", "vrrp_lower_prio_no_advert"),  # this project has its own defaults: DECISIONS.md
    },
    "vrrp_instance": {"state", "priority", "preempt", "native_ipv6", "interface", "version", "advert_int"},
}
"""What is compared otherwise, or not at all: the order of nodes counts, and not the number in one file."""


OF_GROUP = {"group", "global_tracking", "sync_group_tracking_weight", *TRACKING, *STATES, "smtp_alert"}


class Meaning(NamedTuple):
    """What a configuration says, each statement a text; their order says nothing."""

    statements: frozenset[str]

    def without(self, other: Meaning) -> list[str]:
        """What is here and not in the `other` one."""
        return sorted(self.statements - other.statements)


class Looks(NamedTuple):
    """What the checks of a configuration look `at`, and their weight, by name; and the `commands` of scripts."""

    at: Mapping[str, tuple[str, str]]
    commands: Mapping[str, str]


def meaning(text: str, cluster: Cluster | None = None) -> Meaning:
    """What a configuration says. `cluster`: it was rendered from this one, whose scripts stand for their commands."""
    top = parse_blocks(text)
    commands = _commands(cluster) if cluster else {}
    return Meaning(frozenset(_all(top, commands)))


def _commands(cluster: Cluster) -> dict[str, str]:
    found = {}
    for name, script in check_scripts(cluster).items():
        check = cluster.checks[name]
        found[script.path] = f"process {check.process}" if check.process else check.command or command_of(check).command
    owners = cluster.notifying
    for name, scripts in notify_scripts(cluster).items():
        for keyword, script in scripts.items():
            found[script.path] = owners[name].notify_commands[keyword].command or ""
    return found


def _all(top: Block, commands: Mapping[str, str]) -> Iterator[str]:
    defaults: Block = next((inner for words, inner in top if words[0] == "global_defs"), [])
    scripts = {words[1]: _script(inner, commands) for words, inner in top if words[0] == "vrrp_script" and words[1:]}
    processes = {
        words[1]: (f"process {value_of(inner, 'process', '')}", value_of(inner, "weight", "1"))
        for words, inner in top
        if words[0] in ("vrrp_track_process", "track_process") and words[1:]
    }
    tracked = Looks(scripts | processes, commands)
    groups = {words[1]: inner for words, inner in top if words[0] == "vrrp_sync_group" and words[1:]}
    members = {name: group for group, inner in groups.items() for name in _members(inner)}
    for_all = [f"{OF_ALL[words[0]]} {' '.join(words[1:])}".strip() for words, _ in defaults if words[0] in OF_ALL]
    for words, inner in top:
        name = " ".join(words[1:2])
        match words[0]:
            case "vrrp_instance":
                version = value_of(defaults, "vrrp_version", "2")
                yield from _instance(" ".join(words), inner, version, tracked, alone=name not in members)
                yield from (f"{' '.join(words)}: {line}" for line in for_all)
                if name in members:  # its group tracks for it, and what has a weight counts in the group alone
                    whole = _tracking(f"vrrp_sync_group {members[name]}", inner, tracked)
                    yield from (line for line in whole if line.endswith(", weight 0"))
            case "vrrp_sync_group":
                yield f"{' '.join(words)}: group {' '.join(sorted(_members(inner)))}"
                yield from _lines(" ".join(words), inner, OF_GROUP)
                yield from _tracking(" ".join(words), inner, tracked)
                yield from _notifying(" ".join(words), inner, tracked)
            case "vrrp_script" | "vrrp_track_process" | "track_process" | "track_file" | "vrrp_track_file":
                pass  # counts where it is tracked
            case "global_defs":
                left_out = DECIDED_HERE["global_defs"] | OF_ALL.keys()
                yield from _lines("global_defs", inner, left_out)
            case _:
                yield from _flat("", [(words, inner)])


def _members(group: Block) -> list[str]:
    return [word for words, inner in group if words[0] == "group" for line, _ in inner for word in line]


def _lines(where: str, block: Block, left_out: set[str]) -> Iterator[str]:
    for words, inner in block:
        if words[0] not in left_out:
            yield from _flat(f"{where}: ", [(words, inner)])


def _flat(where: str, block: Block) -> Iterator[str]:
    for words, inner in block:
        line = f"{where}{' '.join(words) if words[0] != 'auth_pass' else 'auth_pass ***'}"
        if inner:
            yield from _flat(f"{line} / ", inner)
        else:
            yield line


def _script(block: Block, commands: Mapping[str, str]) -> tuple[str, str]:
    """What a vrrp_script looks at and how often, and its weight."""
    script = next((" ".join(words[1:]) for words, _ in block if words[0] == "script"), "")
    interval = value_of(block, "interval", "1")
    timeout = value_of(block, "timeout", interval)
    if script in commands:
        timeout = str(int(timeout) - 3)  # the script itself ends what takes longer (spec/check.py)
    if (process := commands.get(script, "")).startswith("process "):
        return process, value_of(block, "weight", "0")
    said = [
        f"script {commands.get(script, script).removeprefix('exec 3<>').removeprefix('<')}",
        f"interval {interval}",
        f"timeout {timeout}",
        *(f"{keyword} {value_of(block, keyword, '1')}" for keyword in ("fall", "rise")),
        *(["init_fail"] if any(words[0] == "init_fail" for words, _ in block) else []),
    ]
    return ", ".join(said), value_of(block, "weight", "0")


def _instance(where: str, block: Block, version: str, looks: Looks, *, alone: bool) -> Iterator[str]:
    interface = value_of(block, "interface", "")
    addresses = [line for words, inner in block if words[0] in ADDRESSES for line, _ in inner]
    version = "3" if addresses and ":" in addresses[0][0] else value_of(block, "version", version)
    yield f"{where}: interface {interface}"
    yield f"{where}: version {version}"
    yield f"{where}: advert_int {float(value_of(block, 'advert_int', '1')):g}"
    if alone:
        yield from _tracking(where, block, looks)
    yield from _notifying(where, block, looks)
    for words, inner in block:
        if words[0] in ADDRESSES:
            for line, _ in inner:
                yield f"{where}: address {_address(line, interface)}"
        elif (
            words[0] == "virtual_routes"
        ):  # one without interface is never tracked: that is said, or goes without saying
            yield from (f"{where}: route {' '.join(line).removesuffix(' no_track')}" for line, _ in inner)
        elif words[0] == "authentication":
            yield f"{where}: auth_type {value_of(inner, 'auth_type', 'PASS')}"  # and nobody is shown the rest
        elif words[0] not in DECIDED_HERE["vrrp_instance"] | {*TRACKING, *STATES, "smtp_alert"}:
            yield from _flat(f"{where}: ", [(words, inner)])


def _tracking(where: str, block: Block, looks: Looks) -> Iterator[str]:
    interface = value_of(block, "interface", "")
    for words, inner in block:
        for line, _ in inner if words[0] in TRACKING else ():
            if line[0] not in (NAME, interface):
                what, weight = looks.at.get(line[0], (line[0], "0"))
                weight = line[line.index("weight") + 1] if "weight" in line[:-1] else weight
                keyword = "track_process" if what.startswith("process ") else words[0]
                yield f"{where}: {keyword} {what}, weight {weight}"


def _notifying(where: str, block: Block, looks: Looks) -> Iterator[str]:
    for words, _ in block:
        if words[0] in STATES:
            yield f"{where}: {words[0]} {_command(words, looks.commands)}"
        elif words[0] == "smtp_alert":
            yield f"{where}: smtp_alert"


def _command(words: list[str], commands: Mapping[str, str]) -> str:
    """The command, without the arguments that this project gives to all of them."""
    program = words[1].split()[0] if words[1:] and words[1].split() else ""
    command = commands.get(program, words[1] if words[1:] else "")
    return " ".join(command.removesuffix('"$@"').split())


def _address(words: list[str], interface: str) -> str:
    try:
        read = ADDRESS.validate_python(" ".join(words))
    except ValidationError:
        return " ".join(words)
    return str(read).replace(f" dev {interface}", "") if interface else str(read)
