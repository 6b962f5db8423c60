"""Moves addresses off a drained node where the next one runs with `nopreempt`: for the move it runs without.

That next node, and it alone, is reloaded without `nopreempt`, takes over from the lower priority, and is reloaded with
its own file again once it holds. Its file is as before all the while, but for the moment of the first reload.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan.guard import soonest_move
from keepalived.plan.preemption import held_back, keeps_to_nopreempt, others_first
from keepalived.plan.verdicts import Judge, Verdict, preempts_as_due
from keepalived.run.files import preempt, systemctl
from keepalived.run.turn import SLACK_SECONDS, Stopped, Turn

RELOAD_SECONDS = 10  # within which a daemon has read its file and tells so
MOST_PAUSE = 10.0


def wait_for_move(
    turn: Turn,
    judge: Judge,
    before: ClusterState | None = None,
    leaving: Collection[str] = (),
    *,
    any_holder: bool = False,
) -> ClusterState:
    """Waits as `Turn.wait` does, and sees to it that no `nopreempt` keeps the addresses on this node, which is drained.

    `leaving`: the nodes that are about to be drained as well. `any_holder`: nor on any other that is drained.
    """
    reloaded: set[str] = set()
    holder = None if any_holder else turn.node
    if len({instance.nopreempt for instance in turn.cluster.instances.values()}) > 1:  # some move by themselves
        turn.watch(partial(_others_moved, leaving=leaving, holder=holder), turn.cluster.move_seconds + SLACK_SECONDS)

    def judged(state: ClusterState, name: str) -> Verdict:
        verdict = judge(state, name)
        if not verdict.done:
            for taker, instances in held_back(state, leaving, holder).items():
                _let_preempt(turn, state, taker, instances)
                reloaded.add(taker)
        return verdict

    try:
        seen = turn.wait(judged, before, first=soonest_move(before, turn.node, back=any_holder) if before else 0)
    except Stopped:
        _put_back(turn, reloaded)
        raise
    _put_back(turn, reloaded | left_without(seen))
    return turn.look() if reloaded else seen


def _others_moved(state: ClusterState, leaving: Collection[str], holder: str | None) -> Verdict:
    awaited = others_first(state, leaving, holder)
    return Verdict(not awaited, ", ".join(f"{name} takes over {', '.join(of)}" for name, of in awaited.items()))


def left_without(state: ClusterState) -> set[str]:
    """The nodes that a run that was cut short has left without `nopreempt`."""
    return {name for name, node in state.nodes.items() if node and _was_left(node)}


def _was_left(node: NodeState) -> bool:
    return node.configuration.applied is False and node.configuration.applied_but_nopreempt is True


def _let_preempt(turn: Turn, state: ClusterState, taker: str, instances: list[str]) -> None:
    node = state.nodes[taker]
    if why := keeps_to_nopreempt(state, taker, instances):
        turn.stop(why)
    there = [node.own_names.get(instance, instance) if node else instance for instance in instances]
    turn.shell(preempt(there), "reloading keepalived without nopreempt", on=taker)
    turn.say(f"{taker} runs with nopreempt: reloaded it without, until it holds {', '.join(instances)}")


def _put_back(turn: Turn, nodes: Iterable[str]) -> None:
    """Has the nodes run their own file again. A reload would cut off what a new holder tells its neighbours later."""
    if not nodes:
        return
    turn.runner.pause(min(turn.cluster.global_defs.vrrp_garp_master_delay + 0.3, MOST_PAUSE))
    for name in sorted(nodes):
        turn.shell(systemctl("reload"), "reloading keepalived with nopreempt again", on=name)
        seen = turn.watch(partial(preempts_as_due, name=name), RELOAD_SECONDS)
        if not seen.verdict.done:
            turn.stop(seen.verdict.seen)
        turn.say(seen.verdict.seen)
