"""group_data/all.yml: what holds for every cluster whose file does not say otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keepalived.spec.fault import Fault

FILE = "all.yml"
OF_ONE_CLUSTER = {
    "nodes": "a node belongs to one cluster: write it into the file of that cluster",
    "name": "is not a known key (a cluster is called after its file)",
}
OF_ONE_INSTANCE = {
    "virtual_router_id": "no two instances of a network share it: write it into the file of the cluster",
    "virtual_ipaddress": "an address belongs to one instance: write it into the file of the cluster",
    "virtual_ipaddress_excluded": "an address belongs to one instance: write it into the file of the cluster",
    "nodes": "it names nodes of one cluster: write it into the file of that cluster",
    "prefer": "it names nodes of one cluster: write it into the file of that cluster",
}
WHOLE = ("auth_pass",)  # a mapping of which only one key may be there


def default_faults(defaults: Mapping[str, Any], clusters: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """What must not stand in all.yml, or means nothing there. `clusters`: what each cluster file says."""
    for key, reason in OF_ONE_CLUSTER.items():
        if key in defaults:
            yield Fault(key, reason)
    instances = defaults.get("instances")
    if not isinstance(instances, dict):
        if "instances" in defaults:
            yield Fault("instances", "is not a mapping (key: value)")
        return
    known = {name for data in clusters.values() for name in _instances(data)}
    for name, instance in instances.items():
        if name not in known:
            yield Fault(f"instances.{name}", "no cluster file has an instance of this name: take it out")
        elif not isinstance(instance, dict):
            yield Fault(f"instances.{name}", "is not a mapping (key: value)")
        else:
            for key, reason in OF_ONE_INSTANCE.items():
                if key in instance:
                    yield Fault(f"instances.{name}.{key}", reason)


def with_defaults(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """What a cluster file says, with `defaults` where it says nothing; and the paths that are from there.

    An instance of `defaults` counts in the files that have one of its name.
    """
    sound = {key: value for key, value in defaults.items() if key not in (*OF_ONE_CLUSTER, "instances")}
    known, given = _instances(data), _instances(defaults)
    sound["instances"] = {
        name: {key: value for key, value in given[name].items() if key not in OF_ONE_INSTANCE}
        for name in known
        if isinstance(given.get(name), dict)
    }
    if not sound["instances"]:
        del sound["instances"]
    taken: set[str] = set()
    return _merged(data, sound, "", taken), taken


def _instances(data: Mapping[str, Any]) -> dict[str, Any]:
    instances = data.get("instances")
    return instances if isinstance(instances, dict) else {}


def _merged(own: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str, taken: set[str]) -> dict[str, Any]:
    found = dict(own)
    for key, value in defaults.items():
        path = f"{prefix}{key}"
        if key not in own:
            found[key] = value
            taken.add(path)
        elif isinstance(value, dict) and isinstance(own[key], dict) and key not in WHOLE:
            found[key] = _merged(own[key], value, f"{path}.", taken)
    return found
