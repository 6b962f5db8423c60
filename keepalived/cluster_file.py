"""Reading the cluster files: YAML in, checked clusters or every fault at once out."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from copy import deepcopy
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keepalived.cluster import Cluster, Drain, Instance, Node
from keepalived.rules import Fault, faults_between, faults_of


class ClusterError(Exception):
    """The cluster files cannot be used. The text has one line a fault: `managers.yml: PATH: PROBLEM`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error: PyYAML would keep the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key '{key}' stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


Location = tuple[int | str, ...]  # pydantic's: keys and indexes; "[key]" last where the key itself is at fault


def _path(location: Location) -> str:
    """`instances.VI_1.virtual_ipaddress[0]`"""
    *rest, last = location
    if last == "[key]":
        return f"{_path(tuple(rest[:-1]))}.{rest[-1]}"
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


WORDS = {
    "missing": "is missing",
    "int_type": "{input!r} is not a whole number",
    "float_type": "{input!r} is not a number",
    "string_type": "{input!r} is not text (put it in quotes)",
    "list_type": "{input!r} is not a list: write [{input}]",
    "dict_type": "{input!r} is not a mapping (key: value)",
    "model_type": "{input!r} is not a mapping (key: value)",
    "model_attributes_type": "{input!r} is not a mapping (key: value)",
    "too_short": "is empty: at least one is needed",
    "finite_number": "{input!r} is not a number",
}


def _problem(error: ErrorDetails) -> str:
    """pydantic's finding in the words of somebody who edits the file."""
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        known = [key for model in (Cluster, Node, Instance, Drain) for key in model.model_fields if key != "name"]
        close = get_close_matches(str(error["loc"][-1]), known, n=1)
        return "is not a known key" + (f" (did you mean {close[0]}?)" if close else "")
    if kind == "literal_error":
        return f"{value!r} is not {error['ctx']['expected']}"
    if kind in WORDS:
        return WORDS[kind].format(input=value)
    return error["msg"]


def parse(text: str, name: str) -> Cluster:
    """The cluster in the YAML `text` of the file `NAME.yml`. Raises ClusterError with every fault found in it."""
    file = f"{name}.yml"
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ClusterError(
            [f"{file}: line {mark.line + 1 if mark else '?'}: {error.problem or error.context}"]
        ) from None
    except yaml.YAMLError as error:
        raise ClusterError([f"{file}: {' '.join(str(error).split())}"]) from None
    except (ValueError, TypeError, RecursionError) as error:  # a date like 2026-13-01, a key that is a list
        raise ClusterError([f"{file}: cannot be read: {error}"]) from None
    if not isinstance(data, dict):
        raise ClusterError(
            [f"{file}: is {'empty' if data is None else 'not a mapping'}: it needs nodes: and instances:"]
        )
    faults: list[Fault] = []
    if "name" in data:
        faults.append(Fault("name", f"is not a known key (the cluster is called {name} after its file)"))
    if wrong := [key for key in data if not isinstance(key, str)]:
        faults += [Fault(str(key), "is not a known key") for key in wrong]
        data = {key: value for key, value in data.items() if key not in wrong}
    data = deepcopy(data) | {"name": name}
    cluster, errors = _validate(data)
    faults += [Fault(_path(error["loc"]), _problem(error)) for error in errors]
    while errors and cluster is None:  # what is sound beside the faults is checked on: the rules between fields too
        if not sum(_take_out(data, error) for error in reversed(errors)):
            break
        cluster, errors = _validate(data)
    if cluster is not None:
        faults += faults_of(cluster)
    if faults or cluster is None:
        raise ClusterError([f"{file}: {fault.path}: {fault.problem}" for fault in faults])
    return cluster


def _validate(data: dict[str, Any]) -> tuple[Cluster | None, list[ErrorDetails]]:
    try:
        return Cluster.model_validate(data), []
    except ValidationError as error:
        return None, error.errors()


def _take_out(data: Any, error: ErrorDetails) -> bool:
    """Removes the faulty entry from `data`, or the mapping that lacks a key. False: it is not there (any more)."""
    location = error["loc"]
    if error["type"] == "missing" or location[-1] == "[key]":
        location = location[:-1]
    for place, part in enumerate(location):
        keys: Any = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
        if part not in keys:
            return False
        if place == len(location) - 1:
            del data[part]
            return True
        data = data[part]
    return False


def read_clusters(folder: Path) -> dict[str, Cluster]:
    """The clusters in `folder`/*.yml by name. Raises ClusterError with every fault of every file."""
    clusters: dict[str, Cluster] = {}
    faults: list[str] = []
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    if not files:
        raise ClusterError([f"{folder}: holds no cluster: write one into {folder / 'managers.yml'} (see README.md)"])
    for file in files:
        if file.suffix == ".yaml":
            faults.append(f"{file.name}: call it {file.stem}.yml")
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", file.stem) or file.stem == "all":
            faults.append(
                f"{file.name}: '{file.stem}' cannot name a pyinfra group: use letters, digits, _ and -, not 'all'"
            )
        else:
            try:
                clusters[file.stem] = parse(file.read_text(encoding="utf-8"), file.stem)
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
    schema = Cluster.model_json_schema()
    schema["title"] = "A cluster file (group_data/NAME.yml)"
    return json.dumps(schema, indent=2) + "\n"
