"""What must be done for one node to run its new configuration. Pure."""

from __future__ import annotations

from typing import Literal

from keepalived.conf.adverts import advert_settings
from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_election, sha256_of
from keepalived.conf.render import drop_in
from keepalived.conf.scripts import Script, is_name_of_script, scripts_of
from keepalived.observed.node import NodeState
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

Work = Literal["start", "restart", "reload", "restore", "replace"]
"""start: the daemon does not run. restart, reload: it runs something else. restore: an earlier run left the node
drained. replace: a file must be put in place that the daemon need not take up."""


def due(cluster: Cluster, node: NodeState, text: str) -> Work | None:
    """What must be done for `node` to run the configuration `text`; None when it does."""
    if not node.unit.runs:
        return "start"
    unit = drop_in(cluster)
    other_unit = node.unit.running_drop_in != drop_in_digest(unit) or node.unit.current is False
    differs = node.configuration.running != fingerprint(text)
    if cluster.on_change == "reload":
        # The first scripts need what the unit grants to those that have scripts.
        must_restart = not reload_carries(node, text) or (bool(scripts_of(cluster)) > node.configuration.runs_scripts)
        if differs:
            return "restart" if must_restart else "reload"
    elif differs and not other_unit and node.configuration.running_but_election == fingerprint_but_election(text):
        return (
            "reload"  # another order of nodes, or nopreempt: what decides the election is no reason to move an address
        )
    elif differs or other_unit:
        return "restart"
    if node.flag.run == "deploy":
        return "restore"
    return "replace" if must_be_placed(cluster, node, text) else None


def must_be_placed(cluster: Cluster, node: NodeState, text: str) -> bool:
    """Whether a file on the node is not as it must be: keepalived.conf, the drop-in, the scripts."""
    return (
        node.configuration.sha256 != sha256_of(text)
        or node.configuration.as_placed is False
        or unit_must_be_placed(node, drop_in(cluster))
        or bool(missing_scripts(cluster, node, text))
    )


def missing_scripts(cluster: Cluster, node: NodeState | None, text: str) -> list[Script]:
    """The scripts that a node lacks for the configuration `text`."""
    found = node.scripts if node else {}
    return [script for script in _needed(cluster, text) if found.get(script.name) != len(script.text.encode())]


def needless_scripts(cluster: Cluster, node: NodeState, text: str) -> list[str]:
    """The paths of the scripts on a node that its configuration `text` has no more."""
    needed = {script.name for script in _needed(cluster, text)}
    ours = [name for name in node.scripts if is_name_of_script(name)]
    return [f"{paths.SCRIPTS}/{name}" for name in ours if name not in needed]


def _needed(cluster: Cluster, text: str) -> list[Script]:
    """The scripts that a configuration names, and those that these name: not those of instances without this node."""
    scripts = scripts_of(cluster)
    named = [script for script in scripts if script.path in text]
    return [script for script in scripts if script in named or any(script.path in other.text for other in named)]


def unit_must_be_placed(node: NodeState, unit: str) -> bool:
    """Whether the drop-in is not `unit`, has another owner or mode, or has not been read by systemd."""
    return node.unit.drop_in != sha256_of(unit) or node.unit.needs_reload


def reload_carries(node: NodeState, text: str) -> bool:
    """Whether a reload brings `node` to `text` with the addresses it holds. One that has left an instance would drop
    what other nodes are to hold."""
    old, new = node.configuration.advert_settings, advert_settings(text)
    if old is None or any({name, *old[name].floating} & set(node.holds) for name in old.keys() - new.keys()):
        return False
    return all(old[name].reload_carries(new[name]) for name in old.keys() & new.keys())


def incompatible(node: NodeState, text: str, other: NodeState | None = None) -> set[str]:
    """The instances in which `node`, once it runs the configuration `text`, and the `other` node as it is now do not
    receive or do not accept each other's adverts. Without `other`: and a node that is as `node` is now."""
    other, new = other or node, advert_settings(text)
    own, old = node.configuration.advert_settings or {}, other.configuration.advert_settings or {}

    def meet(name: str) -> bool:
        known = other.meets(old[name].interface, node, new[name].interface)
        if known is None and name in own:  # then another interface may be on another network
            return own[name].interface == new[name].interface
        return known is not False

    return {name for name in old.keys() & new.keys() if old[name].parts(new[name]) or not meet(name)}
