"""The turn of a node whose daemon gets a new configuration. What the plan saw is looked at again."""

from __future__ import annotations

from functools import partial

from keepalived.cli.operator import operator_name
from keepalived.conf.render import drop_in
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations.connections import make_ready
from keepalived.operations.flag import place_flag
from keepalived.operations.preempt import wait_for_move
from keepalived.plan import rollout
from keepalived.plan.change import Situation, Step, restart_steps
from keepalived.plan.commands import command, limit_to
from keepalived.plan.connections.moves import moves_of_drain, moves_of_restore, moves_of_start
from keepalived.plan.verdicts import Judge, healthy, may_leave, may_stop, settled, taken_back, taken_over
from keepalived.run.files import (
    put_configuration,
    put_drop_in,
    remove_file,
    remove_runs_flag,
    remove_scripts,
    set_flag,
    systemctl,
)
from keepalived.run.turn import Turn
from keepalived.spec.flag import carried_over, content

NEXT_NODES = "The nodes after this one are as they were. Remove the cause, then run:" + command("deploy.py")
RESUMED = command("deploy.py", data=["resume=true"])
STILL_DRAINED = f"The node is still drained. The next deploy puts it back in service:{RESUMED}"


def deploy_node(turn: Turn, text: str, *, resume: bool = False, force: bool = False) -> None:
    """The turn of a node that is to run the configuration `text`, which lies tested beside the one in place.

    A node that has come to hold an address since the plan was made hands it over as well.
    """
    before = turn.look()
    node = before.nodes[turn.node]
    if node is None:
        turn.stop(f"{turn.node} does not answer any more: nothing was done to it")
    if not resume and (busy := rollout.under_way(node, turn.runner.id)):
        turn.stop(f"{turn.node} {busy}{RESUMED}")
    work = rollout.due(turn.cluster, node, text)
    match work:
        case "start":
            make_ready(turn, partial(moves_of_start, text=text))
            _put_in_place(turn, node, text)
            _systemctl(turn, "restart")
            turn.wait(_judge(turn, before, node, text), before)
        case "replace" | "restore":
            _put_in_place(turn, node, text)
        case "reload":
            _reload(turn, before, node, text)
        case "restart":
            _restart(turn, before, node, text, force=force)
    if needless := rollout.needless_scripts(turn.cluster, node, text):
        turn.shell(remove_scripts(needless), "removing former scripts")
    if _drained_by_deploy(node):  # an earlier one, which did not come to its end
        _take_back(turn, before, node, text)
    if work in ("start", "restart"):
        turn.sit_out_startup()


def _restart(turn: Turn, before: ClusterState, node: NodeState, text: str, *, force: bool) -> None:
    """Does the steps one after the other; after a look at who has taken over they are decided anew."""
    steps = list(restart_steps(_situation(turn, before, node, text, None, force=force)))
    after_drain = False
    while steps:
        match steps.pop(0):
            case Step.PUT_IN_PLACE:  # now, so that the restart follows at once
                _put_in_place(turn, node, text)
            case Step.SEE_TAKEN_OVER:
                seconds = turn.cluster.move_seconds + turn.cluster.start_seconds
                seen = turn.watch(partial(may_leave, name=turn.node, text=text), seconds)
                over = seen.verdict.done or taken_over(seen.seen, turn.node, text).done
                if over:
                    turn.runner.say(seen.verdict.seen, "good")
                steps = list(restart_steps(_situation(turn, before, node, text, over, force=force)))
            case Step.HAND_OVER:
                turn.say(f"holds {', '.join(node.holds)}: handing over before the restart")
                turn.runner.begin("Hand over")
                _hand_over(turn, node)
                turn.advice, after_drain = STILL_DRAINED, True
            case Step.SEE_HANDED_OVER:
                if _drained_by_deploy(node):
                    turn.advice = STILL_DRAINED
                node = wait_for_move(turn, partial(may_stop, text=text), before).nodes[turn.node] or node
                turn.runner.moved()
            case Step.RESTART:
                _take_up(turn, "restart", node, text)
                judge = _judge(turn, before, node, text)
                turn.wait(judge, None if after_drain or _drained_by_deploy(node) else before)
            case Step.WARN_RELOAD:
                words = "so keepalived is reloaded and not restarted. Should the reload fail,"
                lost = f"{', '.join(node.holds)} has no holder until it is repaired"
                turn.runner.say(f"{_why_no_hand_over(turn, before, node)}, {words} {lost}", "warning")
            case Step.RELOAD:
                _reload(turn, before, node, text)
            case Step.REFUSE:
                why = f"{turn.node} holds {', '.join(node.holds)}, {_why_no_hand_over(turn, before, node)}"
                forced = command("deploy.py", limit_to(turn.cluster, turn.targets), ["force=true"])
                turn.stop(
                    f"{why}, and a reload does not carry this change. To restart it all the same, so that for some "
                    f"seconds the address has no holder:{forced}"
                )
            case Step.TAKE_BACK:
                turn.advice = STILL_DRAINED
                _take_back(turn, before, node, text)


def _situation(
    turn: Turn, before: ClusterState, node: NodeState, text: str, taken: bool | None, *, force: bool
) -> Situation:
    return Situation(
        holds=bool(node.holds),
        incompatible=bool(rollout.incompatible(node, text)),
        taken_over=taken,
        can_hand_over=node.running_flag is not None and rollout.successors(before, turn.node) is not None,
        drained=bool(node.running_drained),
        reload_carries=rollout.reload_carries(node, text),
        force=force,
    )


def _drained_by_deploy(node: NodeState) -> bool:
    return node.draining_flag is not None and node.draining_flag.run == "deploy"


def _why_no_hand_over(turn: Turn, before: ClusterState, node: NodeState) -> str:
    if node.running_flag is None and rollout.successors(before, turn.node):
        return "its daemon looks at no flag that this repository knows, and so it cannot hand over"
    return "no other node can take over"


def _hand_over(turn: Turn, node: NodeState) -> None:
    """Sets the flag that the running daemon looks at, which may be another one than the cluster file's."""
    make_ready(turn, moves_of_drain)
    flags = {turn.cluster.drain.flag} | ({node.running_flag.path} if node.running_flag else set())
    place_flag(turn, sorted(flags), content(operator_name(), run="deploy", id=turn.runner.id), run="deploy")


def _reload(turn: Turn, before: ClusterState, node: NodeState, text: str) -> None:
    _take_up(turn, "reload", node, text)
    turn.wait(_judge(turn, before, node, text), before)


def _take_up(turn: Turn, verb: str, node: NodeState, text: str) -> None:
    """Puts the file in place and has the daemon take it up; what drained the node before drains it after."""
    old, flag = node.running_flag, turn.cluster.drain.flag
    if old is not None and node.running_drained and not node.drained:
        same = set_flag(flag, carried_over(old), until_reboot=old.until_reboot, like=old.path)
        turn.shell(same, "setting the flag at its new place")
    make_ready(turn, partial(moves_of_start, text=text))
    _put_in_place(turn, node, text)
    _systemctl(turn, verb)
    if old is not None and old.path != flag:
        carried = remove_file(old.path) if node.running_drained else remove_runs_flag(old.path, "deploy")
        turn.shell(carried, "removing the flag at its old place")


def _put_in_place(turn: Turn, node: NodeState, text: str) -> None:
    unit = drop_in(turn.cluster)
    if rollout.unit_must_be_placed(node, unit):
        turn.shell(put_drop_in(unit), "putting the unit's drop-in in place")
    keep = node.configuration.origin in ("edited", "foreign")
    ran = turn.shell(put_configuration(text, keep=keep), "putting the configuration in place")
    if ran.out:
        turn.say(f"the keepalived.conf that was there is kept as {' '.join(ran.out)}")


def _take_back(turn: Turn, before: ClusterState, node: NodeState, text: str) -> None:
    """Ends the deploy's own drain of this node, unless an operator has drained it meanwhile."""
    turn.runner.begin("Take back")
    drained = turn.look()
    make_ready(turn, moves_of_restore, drained)
    turn.shell(remove_runs_flag(turn.cluster.drain.flag, "deploy"), "removing the flag")
    turn.advice = "Run it again:" + command("deploy.py")
    if _apart(turn, before, node, text):
        turn.wait(partial(healthy, text=text), drained)
    else:
        wait_for_move(turn, partial(taken_back, run="deploy"), drained, any_holder=True)
    turn.runner.moved()
    turn.advice = ""


def _systemctl(turn: Turn, verb: str) -> None:
    turn.runner.begin(f"{verb.capitalize()} keepalived")
    advice, turn.advice = turn.advice, turn.advice or NEXT_NODES
    turn.shell(systemctl(verb), f"`systemctl {verb} keepalived`")
    turn.advice = advice


def _judge(turn: Turn, before: ClusterState, node: NodeState, text: str) -> Judge:
    """What must be seen after this node's change."""
    return partial(healthy if _apart(turn, before, node, text) else settled, text=text)


def _apart(turn: Turn, before: ClusterState, node: NodeState, text: str) -> bool:
    """Whether nodes reject each other's adverts after this node's change, until the last one has made it.

    `before`: not the look after its hand-over. A node that held the addresses then returns to one that hears it.
    """
    others = [other for name, other in before.nodes.items() if other and other.unit.runs and name != turn.node]
    apart = [other for other in others if rollout.incompatible(node, text, other)]
    if (first := before.nodes[turn.node]) and first.holds:
        apart = [other for other in apart if other.holds]
    return bool(apart)
