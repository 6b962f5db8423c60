"""Whether the flag on a node and the priority that it announces agree, and whether a drain would work. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from keepalived.observed.node import NodeState
from keepalived.plan.diagnosis.findings import DEPLOY, DRAIN, JOURNAL, Evidence, Finding
from keepalived.plan.election import is_lowered


def flag_ignored(evidence: Evidence) -> Iterator[Finding]:
    """The flag drains a node, and its priority is not lowered."""
    for name, node, instance, priority, lowered in _announced(evidence):
        if node.drained and not lowered:
            words = f"{name} is drained by {node.flag.path} but announces priority {priority} in {instance}"
            yield Finding(name, words, *_why_ignored(name, node, instance))


def priority_lowered_without_flag(evidence: Evidence) -> Iterator[Finding]:
    """A priority is lowered, and no flag drains the node."""
    for name, node, instance, priority, lowered in _announced(evidence):
        if lowered and not node.drained:
            words = f"{name} announces the lowered priority {priority} in {instance} without a flag"
            yield Finding(name, words, *_why_lowered(name, node, instance))


def would_not_work(evidence: Evidence) -> Iterator[Finding]:
    """Flag and priority agree, but the running configuration keeps addresses from moving as they must."""
    for name, node, instance, _, lowered in _announced(evidence):
        obstacle = node.configuration.drain_obstacles.get(instance) or _slow(evidence, node, instance)
        if obstacle and lowered == node.drained:
            yield Finding(name, f"keepalived on {name} runs {instance} with {obstacle}", "Deploy", DEPLOY)


def _slow(evidence: Evidence, node: NodeState, instance: str) -> str | None:
    """What keeps the node from taking over as soon as the cluster file says."""
    said, wanted = (node.instances or {}).get(instance), evidence.state.cluster.instances[instance]
    if said and said.nopreempt and not wanted.nopreempt:
        return "nopreempt: a node that is not MASTER does not take over from one of lower priority"
    if said and (said.preempt_delay or 0) > (wanted.preempt_delay or 0):
        return "preempt_delay: a node waits before it takes over from one of lower priority"
    return None


def by_unfinished_run(evidence: Evidence) -> Iterator[Finding]:
    """A run has drained a node and has not restored it."""
    for name, node in evidence.installed.items():
        if node.drained and node.flag.run:
            script = f"tasks/{node.flag.run}.py" if node.flag.run != "deploy" else "deploy.py --data resume=true"
            cure = f"Restore {name}, or, if that run is over, type it again"
            yield Finding(name, f"{name} is drained {node.flag.words}", cure, f"pyinfra inventory.py {script}")


def flag_without_number(evidence: Evidence) -> Iterator[Finding]:
    """`check: file` reads a number in the flag, and there is none."""
    for name, node in evidence.installed.items():
        if node.flag.present and not node.drained:
            words = f"{name} has the flag {node.flag.path} and is not drained: `check: file` needs a number in it"
            cure = "Restore the node, which removes the flag, or drain it"
            yield Finding(name, words, cure, f"{DRAIN} --limit {name}")


def flag_world_writable(evidence: Evidence) -> Iterator[Finding]:
    """Somebody else than root can drain or restore a node."""
    for name, node in evidence.installed.items():
        if node.flag_open:
            words = f"Others than root on {name} can make or remove {node.flag.path}: its folder is writable for them"
            cure = f"Set drain.flag in {evidence.file} to a path in a folder that only root can write, then deploy"
            yield Finding(name, words, cure, DEPLOY)


class _Announced(NamedTuple):
    name: str
    node: NodeState
    instance: str
    priority: int
    lowered: bool


def _announced(evidence: Evidence) -> Iterator[_Announced]:
    """What each node that takes part in an instance announces, and whether it is lowered, whatever the numbers are."""
    cluster = evidence.state.cluster
    for name, node in evidence.installed.items():
        for instance in cluster.instances:
            said = (node.instances or {}).get(instance)
            if said is None or said.state not in ("BACKUP", "MASTER"):
                continue
            lowered = bool(is_lowered(evidence.state, instance, name))
            yield _Announced(name, node, instance, said.effective_priority, lowered)


def _why_ignored(name: str, node: NodeState, instance: str) -> tuple[str, str | None]:
    """What to do, and the next command."""
    if node.running_flag and node.running_flag.path != node.flag.path:
        return f"Its keepalived looks at {node.running_flag.path}. Deploy", DEPLOY
    if node.flag_seen is False:
        cure = (
            "Its keepalived does not see that file: the unit has a file system of its own (PrivateTmp= or the like). "
            f"Take that setting out of the unit. On {name}"
        )
        return cure, "systemctl cat keepalived"
    if obstacle := node.configuration.drain_obstacles.get(instance):
        return f"Its running configuration has {obstacle}. Deploy", DEPLOY
    return f"Look again in a moment. If it stays, on {name}", JOURNAL


def _why_lowered(name: str, node: NodeState, instance: str) -> tuple[str, str]:
    if node.running_flag and node.running_flag.present and node.running_flag.path != node.flag.path:
        return f"Its keepalived looks at {node.running_flag.path}, which is there. Deploy", DEPLOY
    if obstacle := node.configuration.drain_obstacles.get(instance):
        return f"Its running configuration has {obstacle}. Deploy", DEPLOY
    return f"Look again in a moment. If it stays, its check fails. On {name}", JOURNAL
