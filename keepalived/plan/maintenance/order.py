"""Which nodes a reboot or an upgrade is for, in what order, and what is refused. Pure.

One node of a cluster at a time: first what an earlier run left drained, then the nodes that hold nothing, the lowest
priority first; holders last, and the leader of a swarm after them. What moves on the way is the election's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, NamedTuple

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.commands import command
from keepalived.plan.election import Election, drain_change, observed, restore_change
from keepalived.plan.guard import left_alone, moves_in
from keepalived.plan.maintenance.left import begun, is_left, is_pending, is_rebooted, unfinished
from keepalived.plan.notified import movers, notified_in_words
from keepalived.spec.flag import RunKind

TurnPart = Literal["do", "end"]
"""do: the whole turn. end: it has been rebooted for this run already, and is to be put back in service."""


class MaintenancePlan(NamedTuple):
    """What is to be done to the nodes of a cluster, in this order, and the same in words."""

    work: Mapping[str, TurnPart]
    words: list[str]


def reboots(
    state: ClusterState, targets: Collection[str], asking: Collection[str] | None, *, resume: bool
) -> dict[str, TurnPart]:
    """What is to be done to each of the `targets`; what is not in it is left alone.

    `asking`: the nodes that ask for a reboot, when only those are meant. `resume`: an earlier run is continued.
    """
    continues = resume and unfinished(state)
    work: dict[str, TurnPart] = {}
    for name in targets:
        node = state.nodes[name]
        if node is None:
            continue
        if continues and is_rebooted(node) and is_left(node, "reboot"):
            work[name] = "end"
        elif continues and is_rebooted(node) and not (asking and name in asking):
            continue
        elif asking is None or name in asking or (continues and is_pending(node)):
            work[name] = "do"
    return work


def run_refusal(state: ClusterState, run: RunKind, work: Mapping[str, TurnPart], forced: str) -> str | None:
    """Why the run may not be: somewhere on its way no node would be left to serve, or a node would not come back.

    `forced`: the command that does it all the same.
    """
    for name, election in _turns(state, run, in_order(state, work)):
        node = state.nodes[name]
        if node is None or work[name] == "end":
            continue
        if (other := node.checkpoint) and other.run != run:
            goes_on, back = command(f"tasks/{other.run}.py"), command("tasks/restore.py", [name])
            return (
                f"the {other.run} of {name} that {other.by} began at {other.begun} has not ended. Continue it:"
                f"{goes_on}\nOr put it back as it is:{back}"
            )
        if run == "reboot" and not node.unit.enabled:
            deploy = command("deploy.py", [name])
            return f"keepalived is not enabled on {name} and would not come back after a boot. Deploy first:{deploy}"
        if (election.holds(name) or not node.drained) and (why := left_alone(election, [name])):
            return f"{why}. Restore or repair one first. To {run} all the same, and clients will notice:{forced}"
    return None


def in_order(state: ClusterState, names: Collection[str], leader: str | None = None) -> list[str]:
    """The nodes one after the other: holders last, and behind them the swarm's `leader`."""

    def place(name: str) -> tuple[bool, bool, bool, int]:
        node = state.nodes[name]
        left = node is not None and node.drained and node.flag.run is not None  # else it could not serve for the others
        return not left, name == leader, bool(node and node.holds), state.cluster.preference(name)

    return sorted(names, key=place)


def plan_maintenance(
    state: ClusterState, run: RunKind, work: Mapping[str, TurnPart], leader: str | None = None, *, anew: str = ""
) -> MaintenancePlan:
    """The order of a run, and what will move. `anew`: an earlier run is continued, unless this command is typed."""
    cluster = state.cluster.name
    order = in_order(state, work, leader)
    words = []
    if run == "reboot" and anew and (since := begun(state)) and unfinished(state):
        words.append(f"{cluster}: continues the reboot that {since}; make sure that nobody else still runs it")
        done = [name for name, node in state.nodes.items() if node and is_rebooted(node)]
        if done:
            been = "has been rebooted since" if len(done) == 1 else "have been rebooted since"
            words.append(f"  {', '.join(done)} {been}. To begin from the start:{anew}")
    if not order:
        words.append(f"{cluster}: nothing to {run}; {state.who_holds()}")
        return MaintenancePlan({}, words)
    if_any = ", if need be" if run == "upgrade" else ""
    words.append(f"{cluster}: {run} {', then '.join(order)}{if_any}; {state.who_holds()}")
    for number, (name, election) in enumerate(_turns(state, run, order), 1):
        leads = " (leader of the swarm)" if name == leader else ""
        words.append(f"  {number}. {name}: {_turn(state, election, name, run, work[name])}{leads}")
    words += notified_in_words(state.cluster, _told(state, run, order))
    return MaintenancePlan({name: work[name] for name in order}, words)


def _told(state: ClusterState, run: RunKind, order: Collection[str]) -> dict[str, list[str]]:
    """The nodes on which the state of each instance changes: those of the run, which stop and start keepalived, and
    those that hold in their place."""
    now = observed(state).candidates
    found = {instance: [name for name in order if name in candidates] for instance, candidates in now.items()}
    for name, election in _turns(state, run, order):
        for instance, nodes in movers(election, election.after(drain_change(state.cluster, name))).items():
            found[instance] += [node for node in nodes if node not in found[instance]]
    return found


def _turns(state: ClusterState, run: RunKind, order: Collection[str]) -> Iterator[tuple[str, Election]]:
    """Each node with the election as it is when its turn begins: what the run had left drained serves again by then."""
    now = observed(state)
    for name in order:
        yield name, now
        if (node := state.nodes[name]) and _ends(run, node):
            now = now.after(restore_change(state.cluster, name))
        elif node and not node.drained:  # nopreempt may leave the addresses where they have gone
            now = _there_and_back(state, now, name)


def _there_and_back(state: ClusterState, election: Election, name: str) -> Election:
    return election.after(drain_change(state.cluster, name)).after(restore_change(state.cluster, name))


def _turn(state: ClusterState, election: Election, name: str, run: RunKind, work: TurnPart) -> str:
    node = state.nodes[name]
    if node is None:
        return "cannot be read"
    if work == "end":
        return "put it back in service"
    if election.holds(name) and (why := left_alone(election, [name])):
        return why
    if node.drained and not _ends(run, node):
        return f"stays drained ({node.flag.words})"
    if node.drained:
        back = moves_in(state.cluster, election, {name: False})
        return f"{', '.join(back) or 'nothing moves'}, once it is back"
    away = moves_in(state.cluster, election, {name: True})
    if not away:
        return "nothing moves"
    after = _there_and_back(state, election, name)
    stays = [address for address in election.holds(name) if address not in after.holds(name)]
    comes_back = "and back" if not stays else f"and {', '.join(stays)} stays there (nopreempt)"
    return f"{', '.join(away)}, {comes_back}"


def _ends(run: RunKind, node: NodeState) -> bool:
    """Whether a `run` ends the drain of `node`."""
    return node.drained and (node.flag.run == run or (run == "reboot" and node.flag.until_reboot))
