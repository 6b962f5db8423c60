"""Before a run: one look at its clusters, and refusals before anything is done. After a failure: how each node is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator

import gevent
from pyinfra import host, logger, state
from pyinfra.api import FunctionCommand, Host, State
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.state import BaseStateCallback

from keepalived.cli.errors import NothingDone
from keepalived.observed.cluster import ClusterState, standing
from keepalived.observed.node import NodeState
from keepalived.plan.commands import command
from keepalived.plan.diagnosis.registry import likely
from keepalived.plan.verdicts import Verdict
from keepalived.run.context import current
from keepalived.run.hands import clusters_of_run, fail, targets
from keepalived.run.look import look
from keepalived.run.wait import AGAIN_SECONDS, WallClock, wait
from keepalived.spec.cluster import Cluster

Commands = Generator[PyinfraCommand | str, None, None]
"""What an operation yields."""

Refuses = Callable[[ClusterState, Collection[str]], str | None]


def look_before(refuses: Refuses | None = None, *, bare: bool = False) -> dict[str, ClusterState]:
    """Looks at the clusters of this run before anything is done, side by side; what was seen, by name.

    `refuses` tells for a cluster and its targets why the run may not be. `bare`: nodes without keepalived are no fault.
    Raises NothingDone.
    """
    tell_failures()

    def judge(seen: ClusterState) -> Verdict:
        return may_begin(seen, targets(seen.cluster), refuses, bare=bare)

    def wait_for(cluster: Cluster) -> tuple[Verdict, ClusterState]:
        waited = wait(lambda: look(cluster), judge, AGAIN_SECONDS, WallClock())
        return waited.verdict, waited.seen

    clusters = {cluster.name: cluster for cluster in clusters_of_run()}
    waiting = {name: gevent.spawn(wait_for, clusters[name]) for name in sorted(clusters)}
    waited = {name: greenlet.get() for name, greenlet in waiting.items()}
    if no := [f"{name}: {verdict.seen}" for name, (verdict, _) in waited.items() if not verdict.done]:
        raise NothingDone(*no)
    return {name: seen for name, (_, seen) in waited.items()}


def may_begin(
    seen: ClusterState, meant: Collection[str], refuses: Refuses | None = None, *, bare: bool = False
) -> Verdict:
    """Whether a run for these nodes of a cluster may begin, and why not."""
    known = {name: seen.nodes[name] for name in meant}
    if unread := [name for name, node in known.items() if node is None]:
        return Verdict(False, f"{', '.join(unread)} cannot be read", hopeless=True)
    lacking = [name for name, node in known.items() if node and node.version is None]
    if lacking and not bare:
        words = f"keepalived is not installed on {', '.join(lacking)}. Deploy first:{command('deploy.py')}"
        return Verdict(False, words, hopeless=True)
    why = refuses(seen, meant) if refuses else None
    return Verdict(why is None, why or "")


def tell_plan(seen: ClusterState, words: Callable[[ClusterState, Collection[str]], list[str]]) -> None:
    """Prints what will be done to a cluster."""
    for line in words(seen, targets(seen.cluster)):
        logger.info(line)


def refuse(reason: str) -> FunctionCommand:
    """Fails this host in one line. While the run is being planned it ends the run, before anything is done."""
    if not state.is_executing:
        raise NothingDone(reason)

    def say_no(state: State, host: Host) -> bool:
        fail(host, reason)
        return False

    return FunctionCommand(say_no, (), {})


def tell_standing(*clusters: Cluster) -> None:
    """Prints, once a run, how each node of these clusters is; without any, those of all clusters of the run."""
    told = current().told
    new = [cluster for cluster in clusters or clusters_of_run() if cluster.name not in told]
    told.update(cluster.name for cluster in new)
    for looking in [gevent.spawn(look, cluster) for cluster in new]:
        seen = looking.get()
        for line in [*standing(seen), *likely(seen)]:
            logger.warning("    %s", line)


class _Failures(BaseStateCallback):
    """Tells once a cluster how each of its nodes is when an operation has failed on one of them."""

    def operation_host_error(  # type: ignore[override] # a static method there, called on the instance all the same
        self, state: State, host: Host, op_hash: str, *retries: int
    ) -> None:
        tell_standing(host.data.cluster)


def tell_failures() -> None:
    """From now on a failed operation is followed by the state of every node of its cluster."""

    current().once("failures", lambda: state.add_callback_handler(_Failures()))  # type: ignore[no-untyped-call]


def unusable(node: NodeState | None) -> str | None:
    """Why nothing can be done to this host's node, in words; None when something can."""
    if node is None:
        return f"{host.name} could not be read"
    if node.version is None or node.unit.load_state != "loaded":
        return f"keepalived is not installed on {host.name}. Deploy first:{command('deploy.py')}"
    return None
