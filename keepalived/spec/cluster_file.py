"""Reading the cluster files: YAML in, checked clusters or every fault at once out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keepalived.spec import plain_yaml
from keepalived.spec.cluster import Cluster
from keepalived.spec.expand import as_written, expanded, short_faults
from keepalived.spec.fault import Fault
from keepalived.spec.fields import shown
from keepalived.spec.outside import fill_in
from keepalived.spec.rules import faults_between, faults_of
from keepalived.spec.strict import Strict

EVERYBODY = "inventory"  # the group pyinfra makes of the whole of inventory.py


class ClusterError(Exception):
    """The cluster files cannot be used. The text has one line a fault: `managers.yml: PATH: PROBLEM`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


Location = tuple[int | str, ...]  # pydantic's: keys and indexes; "[key]" last where the key itself is at fault


def _written(data: Any, location: Location) -> Location:
    """The part of `location` that the file has: beneath `server01: 10.10.0.300` there is no `address`."""
    for depth, part in enumerate(location):
        if not isinstance(data, dict | list) or part == "[key]":
            return location[:depth]
        data = data.get(part) if isinstance(data, dict) else data[int(part)]
    return location


def _path(location: Location) -> str:
    """`instances.VI_1.virtual_ipaddress[0]`"""
    words = (f"[{part}]" if isinstance(part, int) else f".{repr(part)[1:-1]}" for part in location)
    return "".join(words).removeprefix(".")


FAULT_WORDS = {
    "missing": "is missing",
    "int_type": "{value} is not a whole number",
    "float_type": "{value} is not a number",
    "bool_type": "{value} is not true or false",
    "string_type": "{value} is not text (put it in quotes)",
    "list_type": "{value} is not a list: put it in [ ]",
    "dict_type": "{value} is not a mapping (key: value)",
    "model_type": "{value} is not a mapping (key: value)",
    "model_attributes_type": "{value} is not a mapping (key: value)",
    "too_short": "is empty: at least one is needed",
    "finite_number": "{value} is not a number",
    "literal_error": "{value} is not {expected}",
}


def _problem(error: ErrorDetails) -> str:
    """pydantic's finding in the words of somebody who edits the file."""
    if error["type"] == "extra_forbidden":
        meant = _meant(error["loc"][-1])
        return "is not a known key" + (f" (did you mean {meant}?)" if meant else "")
    if error["input"] is None:
        return "is empty"
    if error["type"] not in FAULT_WORDS:
        return error["msg"]
    value = "the value" if "authentication" in error["loc"] else shown(error["input"])  # no password is told
    return FAULT_WORDS[error["type"]].format(value=value, **error.get("ctx", {}))


def _meant(key: object) -> str | None:
    """The known key that an unknown one resembles."""
    parts = [part for kind in Strict.__subclasses__() for part in (kind, *kind.__subclasses__())]
    known = [field for part in parts for field in part.model_fields if field not in ("name", key)]
    return next(iter(get_close_matches(str(key), known, n=1)), None)


def parse(text: str, name: str, folder: Path | None = None) -> Cluster:
    """The cluster in the YAML `text` of the file `NAME.yml`. Raises ClusterError with every fault found in it.

    `folder` is where the files lie that it names; None: the file lies nowhere, and names none.
    """
    file = f"{name}.yml"
    data = _load(text, file)
    faults: list[Fault] = []
    if "name" in data:
        faults.append(Fault("name", f"is not a known key (the cluster is called {name} after its file)"))
    data["name"] = name
    faults += fill_in(data, folder)
    cluster, errors = _validate(data, folder)
    faults += [Fault(_path(_written(data, error["loc"])), _problem(error)) for error in errors]
    taken_out: set[str] = set()
    while errors:  # what is sound beside the faults is checked on: the rules between fields too
        places = [_faulty(data, error) for error in errors]
        if () in places:  # the file itself lacks a key
            break
        taken_out |= {_path(place) for place in places} | {
            _path((*error["loc"][:-1], _meant(error["loc"][-1]) or ""))
            for error in errors
            if error["type"] == "extra_forbidden"
        }
        for place in reversed(places):
            _take_out(data, place)
        cluster, errors = _validate(data, folder)
    if cluster is not None:
        whole = expanded(cluster)
        between = [*short_faults(cluster), *(faults_of(whole) if whole.instances else ())]
        told = {(as_written(cluster, fault.path), fault.problem): fault for fault in reversed(between)}
        faults += [
            Fault(path, problem)
            for (path, problem), fault in reversed(told.items())
            if not _within(fault.rests_on, taken_out)
        ]
        cluster = whole
    if faults or cluster is None:
        raise ClusterError([f"{file}: {fault.path}: {fault.problem}" for fault in faults])
    return cluster


def _load(text: str, file: str) -> dict[str, Any]:
    try:
        data = plain_yaml.load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ClusterError(
            [f"{file}: line {mark.line + 1 if mark else '?'}: {error.problem or error.context}"]
        ) from None
    except yaml.YAMLError as error:
        raise ClusterError([f"{file}: {' '.join(str(error).split())}"]) from None
    except (ValueError, RecursionError) as error:  # a number of 5000 digits
        raise ClusterError([f"{file}: cannot be read: {error}"]) from None
    if not isinstance(data, dict):
        raise ClusterError(
            [f"{file}: is {'empty' if data is None else 'not a mapping'}: it needs nodes: and instances:"]
        )
    return data


def _validate(data: dict[str, Any], folder: Path | None) -> tuple[Cluster | None, list[ErrorDetails]]:
    try:
        read = partial(_read_beside, folder or Path())
        return Cluster.model_validate(data, context={"read": read}), []
    except ValidationError as error:
        return None, error.errors()


def _read_beside(folder: Path, path: str) -> str:
    return (folder / path).read_text(encoding="utf-8")


def _faulty(data: dict[str, Any], error: ErrorDetails) -> Location:
    """What must go for `error` to go: what is at fault, or the mapping that lacks a key."""
    place = _written(data, error["loc"])
    return place[:-1] if error["type"] == "missing" else place


def _take_out(data: Any, place: Location) -> None:
    *way, last = place
    with suppress(LookupError):  # gone already, with what it was in
        for part in way:
            data = data[part]
        del data[last]


def _within(paths: Iterable[str], places: Collection[str]) -> bool:
    """Whether one of `paths` lies in one of `places`, or the other way round."""
    return any(f"{one}.".startswith(f"{other}.") for a in paths for b in places for one, other in ((a, b), (b, a)))


def read_clusters(folder: Path) -> dict[str, Cluster]:
    """The clusters in `folder`/*.yml by name. Raises ClusterError with every fault of every file."""
    clusters: dict[str, Cluster] = {}
    faults: list[str] = []
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    if not files:
        raise ClusterError(
            [f"{folder}: holds no cluster: write one into {folder / 'managers.yml'} (see docs/cluster-file.md)"]
        )
    for file in files:
        if file.suffix == ".yaml":
            faults.append(f"{file.name}: call it {file.stem}.yml")
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", file.stem) or file.stem in ("all", EVERYBODY):
            faults.append(
                f"{file.name}: {file.stem!r} cannot name a pyinfra group: use letters, digits, _ and -, "
                f"not 'all' or '{EVERYBODY}'"
            )
        else:
            try:
                clusters[file.stem] = parse(file.read_text(encoding="utf-8"), file.stem, folder)
            except ClusterError as error:
                faults += error.faults
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{file.name}: cannot be read: {error}")
    for one, other in combinations(clusters.values(), 2):
        faults += [f"{other.name}.yml: {fault.path}: {fault.problem}" for fault in faults_between(one, other)]
    if faults:
        raise ClusterError(faults)
    return clusters


def json_schema() -> str:
    """The JSON Schema of a cluster file, as text: what keepalived/cluster.schema.json holds."""
    from keepalived.spec.meanings import Explained  # here: no command needs it

    schema = Cluster.model_json_schema(schema_generator=Explained)
    schema["title"] = "A cluster file (group_data/NAME.yml)"
    return json.dumps(schema, indent=2) + "\n"
