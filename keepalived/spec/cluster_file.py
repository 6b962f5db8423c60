"""Reading the cluster files: YAML in, checked clusters or every fault at once out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keepalived.spec import plain_yaml
from keepalived.spec.cluster import Cluster
from keepalived.spec.defaults import FILE as ALL
from keepalived.spec.defaults import default_faults, with_defaults
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
    """The known key that an unknown one begins, or resembles."""
    parts = [part for kind in Strict.__subclasses__() for part in (kind, *kind.__subclasses__())]
    known = [field for part in parts for field in part.model_fields if field not in ("name", key)]
    begun = [field for field in known if len(str(key)) > 2 and field.startswith(str(key))]
    return min(begun, key=len, default=None) or next(iter(get_close_matches(str(key), known, n=1)), None)


def parse(text: str, name: str, folder: Path | None = None) -> Cluster:
    """The cluster in the YAML `text` of the file `NAME.yml`. Raises ClusterError with every fault found in it.

    `folder` is where the files lie that it names; None: the file lies nowhere, and names none.
    """
    return _checked(_load(text, f"{name}.yml"), name, f"{name}.yml", folder, {})


def _checked(said: dict[str, Any], name: str, source: str, folder: Path | None, defaults: dict[str, Any]) -> Cluster:
    """The cluster that a file says, with `defaults`. Raises ClusterError with every fault found in either.

    `source` is what the file is called in a fault.
    """
    faults: list[Fault] = []
    if "name" in said:
        faults.append(Fault("name", f"is not a known key (the cluster is called {name} after its file)"))
    data, taken = with_defaults(said, defaults)
    data = deepcopy(data)
    data["name"] = name
    faults += fill_in(data, folder)
    cluster, errors = _validate(data, folder)
    faults += [Fault(_path(_written(data, error["loc"])), _problem(error)) for error in errors]
    told = [f"{_source(fault.path, taken, source)}: {fault.path}: {fault.problem}" for fault in faults]
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
        once = {(as_written(cluster, fault.path), fault.problem): fault for fault in reversed(between)}
        for (path, problem), fault in reversed(once.items()):
            if not _within(fault.rests_on, taken_out):
                where = _source(path, taken, source)
                told.append(f"{where}: {path}: {problem}{f' (in {source})' if where != source else ''}")
        cluster = whole
    if told or cluster is None:
        raise ClusterError(told)
    return cluster


def _source(path: str, taken: Collection[str], source: str) -> str:
    """The file in which this path stands: all.yml, or that of the cluster."""
    return ALL if any(f"{path}.".startswith((f"{one}.", f"{one}[")) for one in taken) else source


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
    needs = "it needs key: value" if file == ALL else "it needs nodes: and instances:"
    if file == ALL and data is None:
        return {}
    if not isinstance(data, dict):
        raise ClusterError([f"{file}: is {'empty' if data is None else 'not a mapping'}: {needs}"])
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


def read_clusters(folder: Path, built: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Cluster]:
    """The clusters in `folder`/*.yml by name. Raises ClusterError with every fault of every file.

    `built`: more clusters by name, each what its file would say. `folder`/all.yml holds for all of them.
    """
    faults: list[str] = []
    said = _read_folder(folder, faults)
    defaults = said.pop("all", {})
    sources = {name: f"{name}.yml" for name in said}
    for name, data in (built or {}).items():
        if name in said or not _is_group(name):
            why = "there is a file of this name" if name in said else NO_GROUP
            faults.append(f"{name}: {why}")
        else:
            said[name], sources[name] = dict(data), name
    if not said and not faults:
        faults.append(
            f"{folder}: holds no cluster: write one into {folder / 'managers.yml'} (see docs/cluster-file.md)"
        )
    faults += [f"{ALL}: {fault.path}: {fault.problem}" for fault in default_faults(defaults, said)]
    clusters: dict[str, Cluster] = {}
    for name, data in said.items():
        try:
            clusters[name] = _checked(data, name, sources[name], folder, defaults)
        except ClusterError as error:
            faults += error.faults
    faults += [f"{sources[name]}: {fault.path}: {fault.problem}" for name, fault in faults_between(clusters.values())]
    if faults:
        once = dict.fromkeys(faults)  # what is wrong in all.yml is found in each cluster
        raise ClusterError(sorted(once, key=lambda fault: fault.partition(":")[0]))
    return clusters


def _read_folder(folder: Path, faults: list[str]) -> dict[str, dict[str, Any]]:
    """What the files of `folder` say, by the names of the clusters; that of all.yml under `all`."""
    said: dict[str, dict[str, Any]] = {}
    for file in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        if file.suffix == ".yaml":
            faults.append(f"{file.name}: call it {file.stem}.yml")
        elif not _is_group(file.stem) and file.name != ALL:
            faults.append(f"{file.name}: {file.stem!r} {NO_GROUP}")
        else:
            try:
                said[file.stem] = _load(file.read_text(encoding="utf-8"), file.name)
            except ClusterError as error:
                faults += error.faults
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{file.name}: cannot be read: {error}")
    return said


NO_GROUP = f"cannot name a pyinfra group: use letters, digits, _ and -, not 'all' or '{EVERYBODY}'"


def _is_group(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) is not None and name not in ("all", EVERYBODY)


def json_schema() -> str:
    """The JSON Schema of a cluster file, as text: what keepalived/cluster.schema.json holds."""
    from keepalived.spec.meanings import Explained  # here: no command needs it

    schema = Cluster.model_json_schema(schema_generator=Explained)
    schema["title"] = "A cluster file (group_data/NAME.yml)"
    return json.dumps(schema, indent=2) + "\n"
