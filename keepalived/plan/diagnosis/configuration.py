"""Whether each node runs what this repository has for it, and all run the same keepalived. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.observed.node import NodeState
from keepalived.plan.configuration_status import ConfigurationStatus, configuration_status
from keepalived.plan.diagnosis.findings import DEPLOY, UPGRADE, Evidence, Finding
from keepalived.spec import paths

ADOPT = f"{DEPLOY} --data adopt=true"


def missing(evidence: Evidence) -> Iterator[Finding]:
    """A daemon that is started anew would have nothing to run by."""
    for name, node in evidence.installed.items():
        if node.configuration.origin is None:
            words = f"{paths.CONFIGURATION} is missing on {name}: keepalived does not serve after its next start"
            yield Finding(name, words, "Deploy", DEPLOY)


def large(evidence: Evidence) -> Iterator[Finding]:
    """The configuration is larger than what is read of one."""
    for name, node in evidence.installed.items():
        if node.configuration.large:
            words = f"keepalived.conf on {name} has 256 KiB or more, and that much is not read"
            cure = f"It is not known whether a drain or a deploy suits it. Make it shorter, then reload it. On {name}"
            yield Finding(name, words, cure, "systemctl reload keepalived")


def foreign(evidence: Evidence) -> Iterator[Finding]:
    """deploy.py has never written the configuration."""
    for name, _ in _nodes_with(evidence, "foreign"):
        words = f"{paths.CONFIGURATION} on {name} is not from this repository"
        yield Finding(name, words, "Deploy, which says what is lost when it is replaced, and keeps a copy", ADOPT)


def edited(evidence: Evidence) -> Iterator[Finding]:
    """Somebody has changed the configuration since deploy.py wrote it."""
    for name, _ in _nodes_with(evidence, "changed by hand"):
        words = f"{paths.CONFIGURATION} on {name} was changed by hand"
        yield Finding(
            name, words, f"Bring the change into {evidence.file}, then deploy, which replaces the file", DEPLOY
        )


def restart_pending(evidence: Evidence) -> Iterator[Finding]:
    """The daemon runs something else than the node's disk has."""
    for name, node in _nodes_with(evidence, "waiting for a restart"):
        what = "configuration" if node.configuration.applied is False else "unit"
        words = f"keepalived on {name} does not run the {what} on its disk"
        if node.unit.current is not False and node.configuration.applied_but_nopreempt:
            # A drain that did not end has left it so, or a deploy that is to add or remove it.
            yield Finding(name, f"{words}: they differ in nopreempt", "Deploy, which reloads the node", DEPLOY)
            continue
        yield Finding(name, words, "Deploy, which restarts the nodes in the right order", DEPLOY)


def differs(evidence: Evidence) -> Iterator[Finding]:
    """This repository has another configuration for the node."""
    for name, _ in _nodes_with(evidence, "differs"):
        words = f"The configuration of {name} differs from this repository"
        yield Finding(name, words, "Deploy", DEPLOY)


def interface_undecided(evidence: Evidence) -> Iterator[Finding]:
    """A deploy is refused: there is no sound network interface for an instance on the node."""
    for name, words in evidence.undecided.items():
        if name in evidence.installed:
            yield Finding(name, words, "Until then a deploy is refused. Afterwards deploy", DEPLOY)


def different_versions(evidence: Evidence) -> Iterator[Finding]:
    """The nodes run different versions of keepalived."""
    versions: dict[str, list[str]] = {}
    for name, node in evidence.installed.items():
        versions.setdefault(node.version or "", []).append(name)
    if len(versions) > 1:
        listed = ", ".join(f"{version} on {' and '.join(names)}" for version, names in sorted(versions.items()))
        yield Finding(None, f"The nodes have different versions of keepalived: {listed}", "Upgrade the older", UPGRADE)


def _nodes_with(evidence: Evidence, status: ConfigurationStatus) -> Iterator[tuple[str, NodeState]]:
    on_change = evidence.state.cluster.on_change
    for name, node in evidence.installed.items():
        if configuration_status(node, evidence.texts.get(name), on_change) == status:
            yield name, node
