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
    changes = {f"instances.{name}": list(nodes.get(name, ())) for name in cluster.instances}
    for name, group in cluster.sync_groups.items():
        changes[f"sync_groups.{name}"] = [node for member in group.group for node in nodes.get(member, ())]
    owners = cluster.notifying
    commands = [place for place, owner in owners.items() if owner.notify_commands and changes[place]]
    mails = [place for place, owner in owners.items() if owner.smtp_alert and changes[place]]

    def where(places: list[str]) -> str:
        return ", ".join(dict.fromkeys(node for place in places for node in changes[place]))

    def named(places: list[str]) -> str:
        return ", ".join(place.partition(".")[2] for place in places)

    words = []
    if commands:
        words.append(f"  the notify commands of {named(commands)} run on {where(commands)}")
    if mails:
        words.append(f"  mail about {named(mails)} is sent by {where(mails)}")
    return words
