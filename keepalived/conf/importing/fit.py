"""A cluster file that the model takes: what no key takes becomes raw, or is told. Pure."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from keepalived.conf.importing.elections import NAME, tried, with_priorities
from keepalived.conf.importing.merge import Merged
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError

ROUNDS = 200
FAULT = re.compile(rf"{NAME}\.yml: (\S+?): (.*)")


def fitted(found: Merged, lost: list[str]) -> tuple[dict[str, Any], Cluster | None]:
    """The data of a cluster file and its cluster; None: the model refuses it all the same, and `lost` says why."""
    data, faults = found.data, [""]
    for _ in range(ROUNDS):
        fits = list(with_priorities(found, data))
        for one in fits:
            try:
                return one, tried(one)
            except ClusterError as error:
                faults = error.faults
        data = copy.deepcopy(fits[0])
        gives_way = [_give_way(data, found, fault, lost) for fault in faults]
        if True not in gives_way:
            break
    lost += [f"the file is refused: {fault.removeprefix(f'{NAME}.yml: ')}" for fault in faults]
    return data, None


def _give_way(data: dict[str, Any], found: Merged, fault: str, lost: list[str]) -> bool:
    """Takes what is at fault out of the data, into `raw` where it may stand there. False: there is no such thing."""
    if not (read := FAULT.fullmatch(fault)):
        return False
    path, why = read.groups()
    parts = re.split(r"\.|\[", path)
    if parts[0] == "instances" and len(parts) >= 3:
        return _of_instance(data, found.lines, path, why, lost)
    if parts[0] == "raw" and len(parts) == 2:
        return _line_out(data, data["raw"], parts[1], why, "", lost)
    if parts[0] == "global_defs" and len(parts) == 2 and parts[1] in data.get("global_defs", {}):
        lost.append(f"{path} {data['global_defs'].pop(parts[1])}: {why}")
        return True
    if parts[0] == "checks" and len(parts) >= 2:
        return _check_out(data, path, why, lost)
    if parts[0] == "sync_groups" and len(parts) >= 2:
        name = max((one for one in data["sync_groups"] if path.startswith(f"sync_groups.{one}")), key=len)
        del data["sync_groups"][name]
        lost.append(f"the sync group {name} is left out: {path.removeprefix(f'sync_groups.{name}').lstrip('.')} {why}")
        if not data["sync_groups"]:
            del data["sync_groups"]
        return True
    if parts[0] == "smtp" and "smtp" in data:
        del data["smtp"]
        raw = data.setdefault("raw", {})
        raw["global_defs"] = raw.get("global_defs", "") + found.smtp_lines
        return True
    return False


def _instance_of(data: dict[str, Any], path: str) -> tuple[str, str]:
    """The instance that a path is about, and the rest of the path: a name may have dots in it."""
    inside = path.removeprefix("instances.")
    found = [name for name in data["instances"] if inside == name or inside.startswith((f"{name}.", f"{name}["))]
    name = max(found, key=len, default="")
    return name, inside.removeprefix(name).lstrip(".")


def _of_instance(
    data: dict[str, Any], lines: Mapping[tuple[str, str], str], path: str, why: str, lost: list[str]
) -> bool:
    name, rest = _instance_of(data, path)
    key = re.split(r"\.|\[", rest)[0]
    instance = data["instances"].get(name, {})
    if key == "raw" and "raw" in instance:
        return _line_out(data, instance, "raw", why, f" of {name}", lost)
    if key in ("virtual_router_id", "virtual_ipaddress", "prefer") or key not in instance:
        if key in ("virtual_router_id", "virtual_ipaddress") and len(data["instances"]) > 1:
            del data["instances"][name]
            lost.append(f"the instance {name} is left out: {key}: {why}")
            return True
        return False
    value = instance.pop(key)
    if line := lines.get((name, key)):
        instance["raw"] = f"{instance.get('raw', '')}{line}\n"
    else:
        lost.append(f"{key} of {name} is left out ({value if isinstance(value, str | int | float) else '…'}): {why}")
    return True


def _line_out(data: dict[str, Any], holder: dict[str, Any], key: str, why: str, of: str, lost: list[str]) -> bool:
    """Takes the first raw line or block out that begins with the word at fault, or, where none does, all."""
    word = why.partition(":")[0]
    parts = re.split(r"(?m)^(?![ }])", holder[key])
    kept, out = (
        [part for part in parts if part.split()[:1] != [word]],
        [part for part in parts if part.split()[:1] == [word]],
    )
    if not out:
        kept, out = [], parts
    for part in out:
        if part.strip():
            lost.append(f"`{' '.join(part.split())[:120]}`{of}: {why.partition(': ')[2] or why}")
    if any(part.strip() for part in kept):
        holder[key] = "".join(kept)
    else:
        del holder[key]
        if not data.get("raw", True):
            del data["raw"]
    return True


def _check_out(data: dict[str, Any], path: str, why: str, lost: list[str]) -> bool:
    inside = path.removeprefix("checks.")
    name = max((one for one in data.get("checks", {}) if inside == one or inside.startswith(f"{one}.")), default="")
    if not name:
        return False
    del data["checks"][name]
    lost.append(f"the check {name} is left out: {inside.removeprefix(name).lstrip('.')} {why}")
    for instance in data["instances"].values():
        if name in instance.get("checks", []):
            instance["checks"].remove(name)
    if not data["checks"]:
        del data["checks"]
        for instance in data["instances"].values():
            instance.pop("checks", None)
    return True
