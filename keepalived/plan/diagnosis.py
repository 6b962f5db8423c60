"""What is wrong with a cluster, in words, worst first, each with what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from keepalived.conf.fingerprint import fingerprint
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import InstanceState, NodeState
from keepalived.plan import maintenance
from keepalived.plan.election import observed
from keepalived.spec import paths

WORST, BAD, RISK, UNTIDY = range(4)
"""Clients are without their address or may be soon; a node does not do its part; a drain or a failover may not work;
something is not as it should stay."""


class Problem(NamedTuple):
    """`severity`: 0 is the worst. `node`: whose problem it is; None: the cluster's. `cure`: what to do."""

    severity: int
    node: str | None
    words: str
    cure: str


class Outside(NamedTuple):
    """What the operator's machine saw on the network: the link-layer addresses that answer for a floating address."""

    macs: list[str]


def problems(
    state: ClusterState, due: Mapping[str, str] | None = None, outside: Mapping[str, Outside] | None = None
) -> list[Problem]:
    """All that is wrong. `due`: the text of keepalived.conf that this repository has for each node that was read;
    `outside`: by floating address, where it could be asked for."""
    found = [
        *_holders(state),
        *_answers(state, outside or {}),
        *_strangers(state),
        *(problem for name, node in state.nodes.items() for problem in _node(state, name, node)),
        *_configurations(state, due or {}),
        *_versions(state),
        *_maintenance(state),
    ]
    return sorted(found, key=lambda problem: problem.severity)


def _maintenance(state: ClusterState) -> Iterator[Problem]:
    begun = maintenance.begun(state)
    if begun is not None:
        noted = maintenance.noted(state, "reboot")
        pending = [name for name, node in noted.items() if not maintenance.is_rebooted(node)]
        left = f"{', '.join(pending)} still to be rebooted" if pending else f"{', '.join(noted)} rebooted"
        yield Problem(
            UNTIDY,
            None,
            f"the reboot that {begun} is under way or did not end: {left}",
            "If none runs: run tasks/reboot.py again, which goes on with it",
        )
    for name, node in maintenance.noted(state, "upgrade").items():
        if note := node.maintenance:
            yield Problem(
                UNTIDY,
                name,
                f"the upgrade of {name} that {note.by} began at {note.begun} is under way or did not end",
                f"If none runs: run tasks/upgrade.py again, or tasks/restore.py --limit {name}",
            )


def likely(state: ClusterState) -> list[str]:
    """What may be the reason when something did not come about: all but what is merely untidy."""
    return [f"{one.words}. {one.cure}" for one in problems(state) if one.severity < UNTIDY]


def _holders(state: ClusterState) -> Iterator[Problem]:
    for instance, settings in state.cluster.instances.items():
        for address in settings.addresses:
            holders = state.holders(address)
            if not holders:
                unread = state.unread()
                seen = f" that could be read ({', '.join(unread)} could not)" if unread else ""
                severity = BAD if unread and _hear_another(state, instance) else WORST  # most likely who was not read
                yield Problem(severity, None, f"{address} is held by no node{seen}", _why_no_holder(state, instance))
            elif len(holders) > 1:
                running = [name for name in holders if (node := state.nodes[name]) and node.unit.runs]
                cure = (
                    "They do not hear each other: look for a firewall or a switch that stops protocol 112 between them"
                )
                if len(running) < len(holders):
                    cure = "One of them does not run keepalived and has kept the address: see below"
                yield Problem(WORST, None, f"{address} is held by {' and '.join(holders)} at once", cure)
            else:
                yield from _not_the_best(state, instance, address, holders[0])


def _hear_another(state: ClusterState, instance: str) -> list[str]:
    """The backups that hear a master, where no node that was read is one."""
    taking_part = _taking_part(state, instance)
    if any(said.state == "MASTER" for said in taking_part.values()):
        return []
    return [name for name, said in taking_part.items() if said.master_priority]


def _taking_part(state: ClusterState, instance: str) -> dict[str, InstanceState]:
    return {name: said for name in observed(state).take_part(instance) if (said := state.said(name, instance))}


def _why_no_holder(state: ClusterState, instance: str) -> str:
    if masters := [name for name, said in _taking_part(state, instance).items() if said.state == "MASTER"]:
        return f"{masters[0]} says MASTER, and its kernel lacks the address: restart keepalived there"
    if hears := _hear_another(state, instance):
        if unread := " or ".join(state.unread()):
            return f"A master is heard, probably {unread}: mend the way to it"
        return (
            f"{hears[0]} hears a master of virtual_router_id {state.cluster.instances[instance].virtual_router_id}: "
            "find out which machine that is, drain it there or give this cluster another virtual_router_id"
        )
    return "Start keepalived on a node, or mend what keeps its instance from BACKUP: see below"


def _not_the_best(state: ClusterState, instance: str, address: str, holder: str) -> Iterator[Problem]:
    node = state.nodes[holder]
    election = observed(state)
    winner = election.winner(instance)
    if node and not node.unit.runs:
        return  # told with the node
    if node and node.drained and election.can_serve(instance):
        cure = f"It moves within {state.cluster.move_seconds:g} s; if it does not, the reason stands below"
        yield Problem(BAD, holder, f"{holder} is drained and still holds {address}", cure)
    elif node and node.drained:
        cure = "Restore a node: pyinfra inventory.py tasks/restore.py --limit NODE"
        yield Problem(BAD, holder, f"{holder} is drained and holds {address}, for no other node is able to", cure)
    elif winner and winner != holder and holder in election.take_part(instance):
        priorities = f"{election.priority(instance, winner)} against {election.priority(instance, holder)}"
        yield Problem(
            BAD,
            winner,
            f"{address} is held by {holder} although {winner} has the higher priority ({priorities})",
            f"It moves within {state.cluster.move_seconds:g} s; if not, {winner} does not send or may not preempt",
        )


def _answers(state: ClusterState, outside: Mapping[str, Outside]) -> Iterator[Problem]:
    owners = {mac: name for name, node in state.nodes.items() if node for mac in node.macs.values()}
    for address, seen in outside.items():
        names = sorted({owners.get(mac, f"an unknown machine ({mac})") for mac in seen.macs})
        if len(names) > 1:
            yield Problem(
                WORST,
                None,
                f"{address} is answered for by {len(names)} machines on this network: {', '.join(names)}",
                "Clients reach one or the other: stop keepalived on all but one, or take the address off by "
                "`ip address del`",
            )
        elif names and not set(seen.macs) & owners.keys() and not state.unread():
            yield Problem(
                WORST,
                None,
                f"{address} is answered for by {names[0]}, which is no node of {state.cluster.name}.yml",
                "Find that machine by its MAC address and take the floating address off it",
            )
        elif not names and (holders := state.holders(address)):
            yield Problem(
                BAD,
                None,
                f"nobody on this network answers for {address}, which {' and '.join(holders)} holds",
                "Look for what stops ARP (IPv6: neighbour discovery) between here and there: arp_ignore, a switch",
            )


def _strangers(state: ClusterState) -> Iterator[Problem]:
    """Other speakers of the same virtual_router_id: who complains of one, and who hears a master that is no node."""
    own = {str(node.address) for node in state.cluster.nodes.values()}
    own |= {one for node in state.nodes.values() if node for many in node.interfaces.values() for one in many}
    for name, node in state.nodes.items():
        heard = [
            address for address in (node.journal.adverts_from if node and node.journal else []) if address not in own
        ]
        if heard:
            yield Problem(
                BAD,
                name,
                f"{name} hears adverts of its virtual_router_id from {', '.join(heard)}, which is no node of "
                f"{state.cluster.name}.yml",
                "Give one of the two clusters another virtual_router_id, or take keepalived off that machine",
            )
    for instance, settings in state.cluster.instances.items():
        taking_part = _taking_part(state, instance)
        announced = {said.effective_priority for said in taking_part.values() if said.state == "MASTER"}
        for name, said in taking_part.items():
            if said.state == "BACKUP" and said.master_priority and announced and said.master_priority not in announced:
                yield Problem(
                    BAD,
                    name,
                    f"{name} hears a master of virtual_router_id {settings.virtual_router_id} with priority "
                    f"{said.master_priority}, which no node{' that could be read' if state.unread() else ''} announces",
                    "Look again in a moment; if it stays, another machine on this network uses this virtual_router_id",
                )
                break


def _node(state: ClusterState, name: str, node: NodeState | None) -> Iterator[Problem]:
    cluster = state.cluster.name
    if node is None:
        yield Problem(
            BAD, name, f"{name} cannot be read: nothing is known of it", f"Look whether it is up: ssh {name} true"
        )
        return
    if node.version is None:
        cure = f"Run deploy.py, or take it out of {cluster}.yml"
        yield Problem(BAD, name, f"keepalived is not installed on {name}", cure)
        if node.holds:
            yield Problem(
                WORST,
                name,
                f"the kernel of {name} has {', '.join(node.holds)} without any keepalived",
                "Take the address off there: ip address del",
            )
        return
    if not node.unit.runs:
        if node.holds:
            yield Problem(
                WORST,
                name,
                f"keepalived is {node.unit.active_state} on {name}, whose kernel still has {', '.join(node.holds)}",
                "Start it there, which takes the address off or up: systemctl start keepalived",
            )
        else:
            yield Problem(
                BAD,
                name,
                f"keepalived is {node.unit.active_state} on {name}",
                "Read why: journalctl -u keepalived -e; then systemctl start keepalived, or run deploy.py",
            )
    elif node.instances is None:
        yield Problem(BAD, name, f"keepalived on {name} does not tell its state", "systemctl status keepalived there")
    if not node.unit.enabled:
        yield Problem(
            RISK, name, f"keepalived is not enabled on {name}: it stays away after the next boot", "Run deploy.py"
        )
    for instance in state.cluster.instances:
        said = (node.instances or {}).get(instance)
        if node.instances is not None and said is None:
            yield Problem(BAD, name, f"keepalived on {name} does not know {instance}", "Run deploy.py")
        elif said is not None and said.state not in ("BACKUP", "MASTER"):
            yield Problem(
                BAD,
                name,
                f"{instance} is in {f'state {said.state}' if said.state else 'an unknown state'} on {name}: it cannot "
                "take over",
                "Look at its network interface and its checks: journalctl -u keepalived -e",
            )
        elif said is not None:
            yield from _priority(state, name, node, instance, said)
    if node.drained and node.flag.run:
        script = "deploy.py" if node.flag.run == "deploy" else f"tasks/{node.flag.run}.py"
        yield Problem(
            RISK,
            name,
            f"{name} was drained {node.flag.words}",
            f"If none runs: run {script} again, or tasks/restore.py --limit {name}",
        )
    if node.flag.present and not node.drained:
        yield Problem(
            RISK,
            name,
            f"the flag {node.flag.path} on {name} is there and drains nothing: `check: file` wants a number in it",
            "Take it away or write 1 into it; tasks/drain.py and tasks/restore.py do",
        )
    if node.flag_open:
        yield Problem(
            RISK,
            name,
            f"everybody on {name} may make or remove {node.flag.path}: its folder is world-writable",
            f"Set drain.flag in {cluster}.yml to a path in a folder of root's",
        )


def _priority(state: ClusterState, name: str, node: NodeState, instance: str, said: InstanceState) -> Iterator[Problem]:
    """Whether the flag and the announced priority agree, whatever numbers are configured."""
    check = state.cluster.drain.check
    award = said.effective_priority - said.base_priority
    lowered = award <= 0 if check == "script" else award < 0
    if node.drained and not lowered:
        yield Problem(
            RISK,
            name,
            f"{name} is drained by {node.flag.path} but announces priority {said.effective_priority} in {instance}",
            _why_not_lowered(node, instance),
        )
    elif lowered and not node.drained:
        yield Problem(
            RISK,
            name,
            f"{name} announces the lowered priority {said.effective_priority} in {instance} without a flag",
            _why_lowered(node, instance),
        )
    elif obstacle := node.configuration.drain_obstacles.get(instance):
        yield Problem(
            RISK, name, f"the running configuration of {name} has, in {instance}, {obstacle}", "Run deploy.py"
        )


def _why_not_lowered(node: NodeState, instance: str) -> str:
    if node.running_flag and node.running_flag.path != node.flag.path:
        return f"Its daemon looks at {node.running_flag.path}: run deploy.py"
    if node.flag_seen is False:
        return "Its daemon does not see that file: the unit has a file system of its own (PrivateTmp= or the like)"
    obstacle = node.configuration.drain_obstacles.get(instance)
    return (
        f"Its running configuration has {obstacle}: run deploy.py"
        if obstacle
        else ("Look again in a moment; if it stays: journalctl -u keepalived -e")
    )


def _why_lowered(node: NodeState, instance: str) -> str:
    if node.running_flag and node.running_flag.present and node.running_flag.path != node.flag.path:
        return f"Its daemon looks at {node.running_flag.path}, which is there: run deploy.py"
    obstacle = node.configuration.drain_obstacles.get(instance)
    return (
        f"Its running configuration has {obstacle}: run deploy.py"
        if obstacle
        else ("Look again in a moment; if it stays, its check fails: journalctl -u keepalived -e")
    )


def _configurations(state: ClusterState, due: Mapping[str, str]) -> Iterator[Problem]:
    for name, node in state.nodes.items():
        if node is None or node.version is None:
            continue
        words = standing_of_configuration(node, due.get(name), state.cluster.on_change)
        if words == "foreign":
            yield Problem(
                UNTIDY,
                name,
                f"{paths.CONFIGURATION} on {name} is not from this repository",
                "Deploy, which replaces it",
            )
        elif words == "changed by hand":
            yield Problem(
                UNTIDY,
                name,
                f"{paths.CONFIGURATION} on {name} was changed by hand",
                f"Bring the change into {state.cluster.name}.yml; deploy.py puts the file right",
            )
        elif words == "waiting for a restart":
            what = "the configuration" if node.configuration.applied is False else "the unit"
            yield Problem(
                UNTIDY, name, f"keepalived on {name} does not run {what} on its disk", "Run deploy.py, in its own order"
            )
        elif words == "differs":
            yield Problem(UNTIDY, name, f"the configuration of {name} differs from this repository", "Run deploy.py")


def standing_of_configuration(node: NodeState, due: str | None, on_change: str = "restart") -> str:
    """`applied`, `waiting for a restart`, `differs` (from this repository), `changed by hand`, `foreign`, `unknown`."""
    configuration = node.configuration
    if configuration.origin in (None, "foreign"):
        return configuration.origin or "unknown"
    if configuration.origin == "edited":
        return "changed by hand"
    # A reload does not take up another unit, and nobody restarts the daemon where on_change is reload.
    applied = configuration.applied if on_change == "reload" else node.applied
    if applied is False:
        return "waiting for a restart"
    if due is not None and configuration.running not in (None, fingerprint(due)):
        return "differs"
    return "applied" if applied else "unknown"


def _versions(state: ClusterState) -> Iterator[Problem]:
    versions: dict[str, list[str]] = {}
    for name, node in state.nodes.items():
        if node and node.version:
            versions.setdefault(node.version, []).append(name)
    if len(versions) > 1:
        listed = ", ".join(f"{version} on {' and '.join(names)}" for version, names in sorted(versions.items()))
        yield Problem(UNTIDY, None, f"different versions of keepalived: {listed}", "Upgrade the older ones")
