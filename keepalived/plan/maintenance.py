"""Which nodes a maintenance run is for, in what order, and what is refused. Pure.

One node of a cluster at a time: first what an earlier run has left drained, then those that hold nothing, the lowest
rank first; holders last, and the leader of a swarm after them. A run notes on each of its nodes which boot it means to
end (`record.py`): so the next run can tell what is done already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.guard import expected_moves, nobody_left
from keepalived.spec.flag import Run

Work = Literal["do", "end"]
"""do: the whole turn. end: it has been rebooted for this run already, and is to be put back in service."""


class Plan(NamedTuple):
    """What is to be done to the nodes of a cluster, in this order, and the same in words."""

    work: Mapping[str, Work]
    words: list[str]


def is_pending(node: NodeState) -> bool:
    """Whether a reboot that was noted on `node` has not been yet."""
    noted = node.maintenance
    return noted is not None and noted.run == "reboot" and noted.boot == node.boot


def is_rebooted(node: NodeState) -> bool:
    """Whether `node` has been rebooted since a run noted it."""
    noted = node.maintenance
    if noted is None or noted.run != "reboot" or not noted.boot or not node.boot:
        return False
    return noted.boot != node.boot


def is_left(node: NodeState, run: Run) -> bool:
    """Whether a `run` has left `node` out of service."""
    noted = node.maintenance if node.maintenance and node.maintenance.run == run else None
    # An upgrade notes a node when its turn begins, and takes the note away when it ends.
    return node.flag.run == run or (noted is not None and (run == "upgrade" or noted.availability is not None))


def unfinished(state: ClusterState) -> bool:
    """Whether an earlier reboot of the cluster stopped on its way: the last that a run does is take its notes away."""
    known = [node for node in state.nodes.values() if node is not None]
    return any(is_pending(node) or is_rebooted(node) or is_left(node, "reboot") for node in known)


def noted(state: ClusterState, run: Run) -> dict[str, NodeState]:
    """The nodes that have a note of such a run."""
    return {
        name: node for name, node in state.nodes.items() if node and node.maintenance and node.maintenance.run == run
    }


def noted_nodes(state: ClusterState) -> list[str]:
    """The nodes whose notes of a reboot may be taken away; none while one is still to be rebooted or restored."""
    notes = noted(state, "reboot")
    meant = {name for node in notes.values() if node.maintenance for name in node.maintenance.nodes}
    for name, node in state.nodes.items():
        if node is None and name in meant:
            return []
        if node and (is_left(node, "reboot") or (name in notes and not is_rebooted(node))):
            return []
    return list(notes)


def reboots(
    state: ClusterState, targets: Collection[str], asking: Collection[str] | None, *, resume: bool
) -> dict[str, Work]:
    """What is to be done to each of the `targets`; what is not in it is left alone.

    `asking`: the nodes that ask for a reboot, when only those are meant. `resume`: an earlier run is gone on with.
    """
    goes_on = resume and unfinished(state)
    work: dict[str, Work] = {}
    for name in targets:
        node = state.nodes[name]
        if node is None:
            continue
        if goes_on and is_rebooted(node) and is_left(node, "reboot"):
            work[name] = "end"
        elif goes_on and is_rebooted(node) and not (asking and name in asking):
            continue
        elif asking is None or name in asking or (goes_on and is_pending(node)):
            work[name] = "do"
    return work


def refusal(state: ClusterState, run: Run, work: Mapping[str, Work]) -> str | None:
    """Why the run may not be: somewhere on its way no node would be left to serve, or one would not come back."""
    for name in in_order(state, work):
        node = state.nodes[name]
        if node is None:
            continue
        before, state = state, _after_turn(state, run, name)
        if work[name] == "end":
            continue
        if (noted := node.maintenance) and noted.run != run:
            return (
                f"the {noted.run} of {name} that {noted.by} began at {noted.begun} has not ended: run "
                f"tasks/{noted.run}.py again, which goes on with it, or tasks/restore.py --limit {name}"
            )
        if run == "reboot" and not node.unit.enabled:
            return f"keepalived is not enabled on {name} and would not come back after a boot: run deploy.py"
        if (node.holds or not node.drained) and (why := nobody_left(before, [name])):
            return f"{why}. Restore or mend one first; --data force=true does it all the same, and clients will notice"
    return None


def in_order(state: ClusterState, names: Collection[str], leader: str | None = None) -> list[str]:
    """The nodes one after the other: holders last, and behind them the swarm's `leader`."""

    def rank(name: str) -> tuple[bool, bool, bool, int]:
        node = state.nodes[name]
        left = node is not None and node.drained and node.flag.run is not None  # else it could not serve for the others
        return not left, name == leader, bool(node and node.holds), state.cluster.drained_priority(name)

    return sorted(names, key=rank)


def plan(
    state: ClusterState, run: Run, work: Mapping[str, Work], leader: str | None = None, *, resume: bool = True
) -> Plan:
    """The order of a run, and what will move. `resume`: whether an earlier run is gone on with."""
    cluster = state.cluster.name
    order = in_order(state, work, leader)
    words = []
    if run == "reboot" and resume and (since := begun(state)) and unfinished(state):
        words.append(f"{cluster}: goes on with the reboot that {since}; make sure that nobody else still runs it")
        done = [name for name, node in state.nodes.items() if node and is_rebooted(node)]
        if done:
            been = "has been rebooted since" if len(done) == 1 else "have been rebooted since"
            words.append(f"  {', '.join(done)} {been} (--data resume=no begins from the start)")
    if not order:
        words.append(f"{cluster}: nothing to {run}; {state.who_holds()}")
        return Plan({}, words)
    if_any = ", if need be" if run == "upgrade" else ""
    words.append(f"{cluster}: {run} {', then '.join(order)}{if_any}; {state.who_holds()}")
    for number, name in enumerate(order, 1):
        words.append(f"  {number}. {name}: {_turn(state, name, run, work[name], is_leader=name == leader)}")
        state = _after_turn(state, run, name)
    return Plan({name: work[name] for name in order}, words)


def begun(state: ClusterState) -> str | None:
    """`alice@notebook began at 2026-01-31 10:11:12 UTC`, of the reboot that is noted on nodes."""
    noted = [node.maintenance for node in state.nodes.values() if node and node.maintenance]
    return next((f"{one.by} began at {one.begun}" for one in noted if one.run == "reboot"), None)


def _turn(state: ClusterState, name: str, run: Run, work: Work, *, is_leader: bool) -> str:
    node = state.nodes[name]
    leads = " (leader of the swarm)" if is_leader else ""
    if node is None:
        return f"cannot be read{leads}"
    if work == "end":
        return f"put it back in service{leads}"
    if node.drained and node.holds and (why := nobody_left(state, [name])):
        return f"{why}{leads}"
    if node.drained and not _ends(run, node):
        return f"stays drained ({node.flag.words}){leads}"
    if node.drained:
        moves = expected_moves(state, {name: False})
        return f"{', '.join(moves) or 'nothing moves'}, once it is back{leads}"
    if node.holds and (why := nobody_left(state, [name])):
        return f"{why}{leads}"
    moves = expected_moves(state, {name: True})
    return f"{', '.join(moves)}, and back{leads}" if moves else f"nothing moves{leads}"


def _ends(run: Run, node: NodeState) -> bool:
    """Whether the drain of `node` ends with a `run`."""
    return node.flag.run == run or (run == "reboot" and node.flag.until_reboot)


def _after_turn(state: ClusterState, run: Run, name: str) -> ClusterState:
    """The cluster after the turn of `name`: what the run had left drained serves again, and takes back what is its."""
    node = state.nodes[name]
    if node is None or not node.drained or not _ends(run, node):
        return state
    priority = state.cluster.effective_priority(name, drained=False)
    said = {one: was.model_copy(update={"effective_priority": priority}) for one, was in (node.instances or {}).items()}
    back = node.model_copy(update={"drained": False, "instances": said or None})
    after = ClusterState(state.cluster, {**state.nodes, name: back})
    taken = {
        address
        for instance, settings in state.cluster.instances.items()
        for address in settings.addresses
        if after.best(instance) == name
    }
    return ClusterState(
        state.cluster, {other: _with(was, taken, gets=other == name) for other, was in after.nodes.items()}
    )


def _with(node: NodeState | None, addresses: Collection[str], *, gets: bool) -> NodeState | None:
    """`node` with the addresses, or without them."""
    if node is None:
        return None
    held = [*node.holds, *(one for one in addresses if one not in node.holds)] if gets else node.holds
    return node.model_copy(update={"holds": held if gets else [one for one in held if one not in addresses]})
