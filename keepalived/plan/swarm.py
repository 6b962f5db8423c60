"""Whether a node may leave its Docker Swarm for a while, whether it is back, and which tasks are waited for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from keepalived.observed.swarm import Member, SwarmState, Tasks
from keepalived.plan.commands import on_a_line


def leave_refusal(swarms: Mapping[str, SwarmState | None], name: str) -> str | None:
    """Why node `name` may not leave its swarm for a while; None when it may."""
    own = swarms[name]
    if own is None or own.state != "active":
        state = own.state if own else "unknown"
        if state in ("unknown", "pending"):
            see = on_a_line("systemctl status docker")
            return f"docker on {name} does not tell of its swarm (state {state}). See why on {name}:{see}"
        return f"{name} is not in a swarm (docker says {state}): join it, or take maintenance.swarm out of the file"
    asked = asked_manager(swarms, name)
    if asked is None:
        return f"no node tells of the swarm of {name}: a manager with a quorum must be among the nodes of the cluster"
    members = (swarms[asked] or own).members or {}
    if own.node_id not in members:
        return f"the swarm does not know {name}: {asked} and it are in different ones"
    return quorum_lost(members, own.node_id)


def asked_manager(swarms: Mapping[str, SwarmState | None], name: str) -> str | None:
    """The node that is asked about the swarm while `name` is away: a manager of it, another one where there is one."""
    managers = [one for one, swarm in swarms.items() if swarm and swarm.members]
    return next((one for one in managers if one != name), next(iter(managers), None))


def leader_of(swarms: Mapping[str, SwarmState | None]) -> str | None:
    """The node of the cluster that leads the swarm; None: none of them does."""
    names = {swarm.node_id: name for name, swarm in swarms.items() if swarm}
    leaders = [names[swarm.leader] for swarm in swarms.values() if swarm and swarm.leader in names]
    return next(iter(leaders), None)


def cluster_id(swarms: Mapping[str, SwarmState | None]) -> str | None:
    """The id of the swarm that the nodes are in."""
    return next((swarm.cluster_id for swarm in swarms.values() if swarm and swarm.cluster_id), None)


def unknown(swarms: Mapping[str, SwarmState | None], name: str) -> str | None:
    """Which members the manager that is asked while `name` is away does not know yet; None: it knows all.

    A new leader calls every node Unknown until it has reported. Tasks are placed on none of them meanwhile.
    """
    manager = asked_manager(swarms, name)
    members = (swarm.members or {}) if manager and (swarm := swarms[manager]) else {}
    names = [one.hostname for one in members.values() if one.status == "Unknown"]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} Unknown in the swarm" if names else None


def not_ready(swarms: Mapping[str, SwarmState | None], name: str) -> str | None:
    """Why the swarm does not have node `name` back yet; None: it has. Only Ready counts, Unknown does not."""
    own, manager = swarms[name], asked_manager(swarms, name)
    if own is None or own.state != "active" or manager is None:
        return f"docker on {name} is {own.state}" if own else f"docker on {name} does not answer"
    member = ((swarms[manager] or own).members or {}).get(own.node_id)
    if member is None or member.status != "Ready":
        return f"{name} is {member.status if member else 'unknown'} in the swarm"
    if member.manager and not member.is_reachable_manager:
        return f"{name} is {member.manager} as a manager"
    return None


def quorum_lost(members: Mapping[str, Member], leaving: str) -> str | None:
    """Why the swarm would lose its quorum without the node `leaving` (an id); None when it would not."""
    if leaving not in members:
        return f"the swarm has no node {leaving}"
    managers = [one for one in members.values() if one.manager]
    left = [one for one in managers if one.is_reachable_manager and one.id != leaving]
    needed = len(managers) // 2 + 1
    if not members[leaving].manager or len(left) >= needed:
        return None
    unreachable = [one.hostname for one in managers if not one.is_reachable_manager]
    also = f" ({', '.join(unreachable)} cannot be reached by the others)" if unreachable else ""
    return (
        f"the swarm would lose its quorum: without {members[leaving].hostname} it has {len(left)} of {len(managers)} "
        f"managers{also}, and needs {needed}"
    )


def lacking(tasks: Tasks) -> dict[str, int]:
    """How many tasks of each service should run and do not; a service that has all of its is not in it."""
    return dict(Counter(task.service for task in tasks.all if task.lacks))


def starting(tasks: Tasks) -> set[str]:
    """The services of which a task is about to run somewhere."""
    return {task.service for task in tasks.all if task.lacks and not task.is_homeless}


def still_here(tasks: Tasks, restless: Collection[str]) -> str | None:
    """What is to be waited for until the node's tasks run elsewhere; None: nothing.

    A task that fits on no other node waits for this one, and is not waited for. `restless`: services that were starting
    tasks before this began.
    """
    here = sorted({task.name for task in tasks.here if not task.is_over})
    if here:
        return f"{', '.join(here)} still run{'s' if len(here) == 1 else ''} here"
    on_the_way = [task for task in tasks.all if task.lacks and not task.is_homeless and task.service not in restless]
    return ", ".join(task.words for task in on_the_way) or None


def not_back(tasks: Tasks, before: Mapping[str, int]) -> str | None:
    """What is to be waited for until no service lacks more tasks than it did `before`; None: nothing."""
    more = {service for service, count in lacking(tasks).items() if count > before.get(service, 0)}
    return ", ".join(task.words for task in tasks.all if task.lacks and task.service in more) or None


def homeless(tasks: Tasks, before: Mapping[str, int]) -> list[str]:
    """The tasks that fit on no other node and wait for this one."""
    more = {service for service, count in lacking(tasks).items() if count > before.get(service, 0)}
    return sorted(task.name for task in tasks.all if task.is_homeless and task.service in more)
