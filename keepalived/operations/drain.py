"""pyinfra operations that take a node out of service and back, and see that it has happened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from pyinfra import host, logger, state
from pyinfra.api import StringCommand, operation

from keepalived.cli.errors import NothingDone
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.operations import swarm as swarm_turn
from keepalived.operations.turn import forget
from keepalived.plan.guard import drain_plan, refusal, restore_plan
from keepalived.plan.verdicts import Verdict, in_service, out_of_service
from keepalived.run.commands import (
    Commands,
    Judge,
    forced,
    in_words,
    operator_name,
    place_flag,
    plan_run,
    refuse,
    remove_flag,
    set_flag,
    targets,
    tell_journal,
    wait_until,
)
from keepalived.run.look import look
from keepalived.run.once import once
from keepalived.run.probe import watching as client
from keepalived.spec import flag, paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import Flag, fault_of


@once
def plan_drain() -> None:
    """Says once a run what the drain of all its hosts will move. Raises NothingDone, before anything is done on any."""
    drain_argument("reason")
    drain_argument("until")

    def refuses(seen: ClusterState, meant: Collection[str]) -> str | None:
        why = refusal(seen, meant)
        all_meant = " (without --limit every node is meant)" if set(meant) == set(seen.nodes) else ""
        return f"{why}{all_meant}. Restore or mend one first; --data force=true drains all the same" if why else None

    _tell(plan_run(None if forced() else refuses), drain_plan)


@once
def plan_restore() -> None:
    """Says once a run what putting its hosts back in service will move."""
    _tell(plan_run(), restore_plan)


def _tell(seen: Mapping[str, ClusterState], words: Callable[[ClusterState, Collection[str]], list[str]]) -> None:
    for one in seen.values():
        for line in words(one, targets(one.cluster)):
            logger.info(line)


def drain_argument(name: Literal["reason", "until"]) -> str | None:
    """What stands behind --data reason= or until=. Raises NothingDone."""
    value = host.data.get(name)
    if value is None:
        return None
    if name == "until" and value not in ("reboot", "restore"):
        raise NothingDone(f"until={value} is not known: until=reboot or until=restore (the default)")
    if name == "reason" and (fault := fault_of(str(value))):
        raise NothingDone(f"the reason {fault}")
    return str(value)


def _change_flag(
    words: str,
    change: Callable[[NodeState], Commands],
    judge: Judge,
    *,
    drained: bool,
    is_as_meant: Callable[[Flag], bool],
) -> Commands:
    """Does the `change` where the flag is not as meant yet, and waits until `judge` sees the effect."""
    before = look(host.data.cluster)
    node = before.nodes[host.data.node]
    if node is None:
        yield refuse(f"{host.name} could not be read")
        return
    if node.version is None or node.unit.load_state != "loaded":
        yield refuse(f"keepalived is not installed on {host.name}: run deploy.py first")
        return
    if node.drained != drained or not is_as_meant(node.flag):
        if state.is_executing:
            client.step(words)
        yield from change(node)
    elif (verdict := judge(before, host.data.node)).done:
        if state.is_executing:
            host.log(f"No change: {verdict.seen}{f' (drained {node.flag.words})' if drained else ''}")
        return
    yield wait_until(judge, before)


@operation()
@in_words
def drain(reason: str | None = None, until: str | None = None, force: bool = False) -> Commands:
    """
    Takes the node out of service: sets its flag, and waits until another node is seen holding the addresses.

    + reason: why, for status and the node's journal
    + until: ``reboot`` ends the drain with the node's next boot, ``restore`` (the default) lasts over boots
    + force: also when no other node could serve

    **Example:**

    .. code:: python

        operations.drain(name="Drain", reason="kernel upgrade", until="reboot")
    """
    by = operator_name()

    def set_it(node: NodeState) -> Commands:
        path = host.data.cluster.drain.flag
        found = node.flag if node.drained and node.flag.run is None else None  # what is not said anew stays as it is
        why = reason or (found.reason if found else None)
        until_reboot = until == "reboot" or (until is None and found is not None and found.until_reboot)
        text = flag.content(by, why, until_reboot=until_reboot)
        if force or node.drained:
            yield set_flag(path, text, until_reboot=until_reboot, like=path if found else None)
        else:
            yield from place_flag([path], text, targets(host.data.cluster), until_reboot=until_reboot)
        ends = " until its next boot" if until_reboot else ""
        yield tell_journal(f"drained{ends} by {by} ({why or 'no reason given'})")

    def is_as_meant(found: Flag) -> bool:
        """What an operator asks for is no longer the rollout's; what they say anew replaces what was said."""
        as_long = until is None or found.until_reboot == (until == "reboot")
        return found.run is None and (not reason or found.reason == reason) and as_long

    def patient(state: ClusterState, name: str) -> Verdict:
        """Without force somebody could serve when the flag was set: whoever has been drained since takes that back."""
        return out_of_service(state, name)._replace(hopeless=False)

    yield from _change_flag(
        "Drain", set_it, out_of_service if force else patient, drained=True, is_as_meant=is_as_meant
    )


@operation()
@in_words
def restore() -> Commands:
    """
    Puts the node back in service: removes its flag, and waits until it holds again what it should.

    **Example:**

    .. code:: python

        operations.restore(name="Restore")
    """

    def remove_it(node: NodeState) -> Commands:
        yield remove_flag(host.data.cluster.drain.flag)
        yield tell_journal(f"put back in service by {operator_name()}")

    yield from _change_flag(
        "Restore", remove_it, in_service, drained=False, is_as_meant=lambda found: not found.present
    )


@operation()
@in_words
def rejoin_swarm() -> Commands:
    """
    Gives a node the availability in the swarm back that a reboot or upgrade which did not end has taken.

    **Example:**

    .. code:: python

        operations.rejoin_swarm(name="Give the swarm back what a reboot or upgrade has taken")
    """
    node = look(host.data.cluster).nodes[host.data.node]
    noted = node.maintenance if node else None
    if noted is None or noted.availability is None:
        return
    if state.is_executing:
        by_hand = f"docker node update --availability {noted.availability.lower()} {host.data.node}"
        advice = (
            f"The address is not restored while the swarm does not have it back; to do without: rm {paths.CHECKPOINT} "
        )
        yield from swarm_turn.come_back(noted, f"{advice}there, restore again, and later: {by_hand}", seconds=30)
    else:
        yield StringCommand("true")  # for the plan: there is something to do


@operation()
@in_words
def end_maintenance() -> Commands:
    """
    Takes away what a reboot or upgrade that did not end has noted, also on other nodes once nothing is left to be done.

    **Example:**

    .. code:: python

        operations.end_maintenance(name="End what a reboot or upgrade has left")
    """
    cluster: Cluster = host.data.cluster
    node = look(cluster).nodes[host.data.node]
    if node and node.maintenance:
        if state.is_executing:
            for hook in cluster.maintenance.after:
                host.log(f"not run, since the {node.maintenance.run} did not end: `{hook.command}`")
        yield StringCommand("rm -f", paths.CHECKPOINT)
    if state.is_executing:
        yield from forget(cluster)
