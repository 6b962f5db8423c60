"""Which nodes run notify commands, or send mail, because of what a run does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keepalived.plan.election import Election
from keepalived.spec.cluster import Cluster


def movers(before: Election, after: Election) -> dict[str, list[str]]:
    """The nodes that give up or take over each instance between two elections."""
    found = {}
    for instance, candidates in before.candidates.items():
        old = [name for name, candidate in candidates.items() if candidate.holds]
        new = after.winner(instance)
        if new and old != [new]:
            found[instance] = list(dict.fromkeys([*old, new]))
    return found


def notified_in_words(cluster: Cluster, nodes: Mapping[str, Collection[str]]) -> list[str]:
    """A line for the commands and one for the mail. `nodes`: by instance, those on which its state changes."""
    commands = [name for name, instance in cluster.instances.items() if instance.notify_commands and nodes.get(name)]
    mails = [name for name, instance in cluster.instances.items() if instance.smtp_alert and nodes.get(name)]

    def where(instances: list[str]) -> str:
        return ", ".join(dict.fromkeys(node for instance in instances for node in nodes[instance]))

    words = []
    if commands:
        words.append(f"  the notify commands of {', '.join(commands)} run on {where(commands)}")
    if mails:
        words.append(f"  mail about {', '.join(mails)} is sent by {where(mails)}")
    return words
