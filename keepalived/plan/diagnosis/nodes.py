"""Whether each node does its part: it can be read, its keepalived runs, and its instances can take over. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.conf.scripts import check_scripts
from keepalived.observed.checks import failing
from keepalived.observed.node import InstanceState
from keepalived.plan.diagnosis.findings import DEPLOY, JOURNAL, Evidence, Finding


def unreadable(evidence: Evidence) -> Iterator[Finding]:
    """Nothing is known of a node."""
    for name in evidence.state.unread():
        yield Finding(name, f"{name} cannot be read", "Check that it is up", f"ssh {name} true")


def not_installed(evidence: Evidence) -> Iterator[Finding]:
    """A node of the cluster file has no keepalived."""
    for name, node in evidence.state.nodes.items():
        if node and node.version is None:
            cure = f"Take {name} out of {evidence.file}, or deploy"
            yield Finding(name, f"keepalived is not installed on {name}", cure, DEPLOY)


def address_left_behind(evidence: Evidence) -> Iterator[Finding]:
    """A kernel has a floating address, and no keepalived that would take it off."""
    for name, node in evidence.state.nodes.items():
        if node is None or not node.holds:
            continue
        words = f"{name} holds {', '.join(node.holds)}, and keepalived is"
        if node.version is None:
            commands = [f"ip address del {one} dev {node.interface_of(one) or 'INTERFACE'}" for one in node.holds]
            yield Finding(name, f"{words} not installed there", f"Take the address off, on {name}", "; ".join(commands))
        elif not node.unit.runs:
            cure = f"keepalived removes or announces the address once it runs. On {name}"
            yield Finding(name, f"{words} {node.unit.active_state} there", cure, "systemctl start keepalived")


def stopped(evidence: Evidence) -> Iterator[Finding]:
    """keepalived does not run, and the node has no address."""
    for name, node in evidence.installed.items():
        if not node.unit.runs and not node.holds:
            cure = f"Read why, then start it (systemctl start keepalived) or deploy. On {name}"
            yield Finding(name, f"keepalived is {node.unit.active_state} on {name}", cure, JOURNAL)


def silent(evidence: Evidence) -> Iterator[Finding]:
    """The daemon runs and does not say in which state its instances are."""
    for name, node in evidence.installed.items():
        if node.unit.runs and node.instances is None:
            words = f"keepalived on {name} does not tell its state"
            yield Finding(name, words, f"See what it does, on {name}", "systemctl status keepalived")


def not_enabled(evidence: Evidence) -> Iterator[Finding]:
    """The daemon will not start at the next boot."""
    for name, node in evidence.installed.items():
        if not node.unit.enabled:
            words = f"keepalived is not enabled on {name}: it does not start at the next boot"
            yield Finding(name, words, "Deploy", DEPLOY)


def instance_missing(evidence: Evidence) -> Iterator[Finding]:
    """The daemon runs without an instance of the cluster file."""
    for name, instance, said in _instances(evidence):
        if said is None:
            yield Finding(name, f"keepalived on {name} does not know {instance}", "Deploy", DEPLOY)


def instance_not_ready(evidence: Evidence) -> Iterator[Finding]:
    """An instance is neither BACKUP nor MASTER."""
    for name, instance, said in _instances(evidence):
        node = evidence.installed[name]
        in_fault = [
            check for check in failing(evidence.state.cluster, name, node) if _faults(evidence, instance, check)
        ]
        if said is not None and said.state not in ("BACKUP", "MASTER") and not in_fault:  # else the check is told
            in_state = f"in state {said.state}" if said.state else "in an unknown state"
            words = f"{instance} is {in_state} on {name}, which cannot take over"
            yield Finding(name, words, f"Look at its network interface and its checks. On {name}", JOURNAL)


def check_fails(evidence: Evidence) -> Iterator[Finding]:
    """A check of the cluster file fails on a node."""
    cluster = evidence.state.cluster
    for name, node in evidence.installed.items():
        for check, why in failing(cluster, name, node).items():
            result = node.checks.get(check)
            since = f" since {result.since:%Y-%m-%d %H:%M:%S} UTC" if result else ""
            settings = cluster.checks[check]
            words = f"The check {check} ({settings.kind} {settings.what}) fails on {name}{since}: {why}"
            counts = f"It counts {settings.weight:+d}" if settings.weight else f"{name} cannot serve meanwhile"
            cure = f"{counts}. Repair what it looks at on {name}. To run it there by hand"
            script = check_scripts(cluster).get(check)
            command = f"{script.path} try" if script else f"ip -brief link show {settings.interface}"
            yield Finding(name, words, cure, command)


def _faults(evidence: Evidence, instance: str, check: str) -> bool:
    """Whether a failure of `check` takes a node out of `instance`."""
    found = evidence.state.cluster.checks_of(instance).get(check)
    return found is not None and found.weight is None


def _instances(evidence: Evidence) -> Iterator[tuple[str, str, InstanceState | None]]:
    """Every instance of the cluster file on each of its nodes whose daemon tells its state."""
    for name, node in evidence.installed.items():
        for instance in evidence.state.cluster.instances_of(name) if node.instances is not None else ():
            yield name, instance, (node.instances or {}).get(instance)
