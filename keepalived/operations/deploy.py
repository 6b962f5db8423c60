"""Puts keepalived's files in place, and changes the nodes in the order of the rollout's plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from pathlib import PurePosixPath

import gevent
from pyinfra import host, logger, state
from pyinfra.api import QuoteString, StringCommand, operation
from pyinfra.facts.server import Command

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import DeployOptions, as_data
from keepalived.conf.interfaces import NoInterface, interfaces
from keepalived.conf.render import configuration, drop_in
from keepalived.conf.secrets import WITHOUT_SECRETS, without_secrets
from keepalived.facts import Node, node_arguments
from keepalived.observed.cluster import ClusterState
from keepalived.observed.connections import TOOLS
from keepalived.observed.node import NodeState
from keepalived.operations.change import deploy_node
from keepalived.operations.connections import tell_kept
from keepalived.plan import rollout
from keepalived.plan.batches import side_by_side
from keepalived.plan.commands import command, limit_to
from keepalived.plan.connections.moves import moves_of_rollout
from keepalived.plan.host import host_work, in_the_way
from keepalived.plan.preemption import kept_in_words
from keepalived.plan.verdicts import Verdict
from keepalived.run.context import current
from keepalived.run.files import try_scripts
from keepalived.run.hands import TurnCommand, clusters_of_run, targets
from keepalived.run.look import hosts_of, look
from keepalived.run.planning import Commands, refuse, tell_failures
from keepalived.run.wait import WallClock, wait
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

OLDEST_WITHOUT_ADDRESSES = (2, 2, 8)
OLDEST = (2, 2)  # the first series with all this project builds on: JSON dump, track_file, memory copy of the file
TEST_SECONDS = 60  # there are files with which keepalived's own test goes on for ever


def version_problem(version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot be used; None when it can."""
    if tuple(int(part) for part in version.split(".")) >= OLDEST:
        return None
    return f"keepalived {version} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"


def lacking(cluster: Cluster, node: str, version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot do what the cluster file asks for on `node`; None when it can."""
    without = [name for name, instance in cluster.instances_of(node).items() if instance.no_virtual_ipaddress]
    if not without or tuple(int(part) for part in version.split(".")) >= OLDEST_WITHOUT_ADDRESSES:
        return None
    return (
        f"keepalived {version} does not know the no_virtual_ipaddress of {without[0]}: 2.2.8 or newer is needed. "
        f"Upgrade it, or leave {node} out with instances.{without[0]}.nodes"
    )


@dataclass(frozen=True)
class DeployPlan:
    """What this run is to do: the configuration of every node by cluster, and the batches of hosts."""

    texts: Mapping[str, Mapping[str, str]]
    batches: tuple[frozenset[str], ...]
    """Names of hosts. Clusters side by side: a batch has the nodes of each cluster whose turn it is."""
    due: frozenset[str]
    """The hosts on which anything at all is to be done."""


def plan(options: DeployOptions) -> DeployPlan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    return current().once("deploy", partial(_make_plan, options))


def _make_plan(options: DeployOptions) -> DeployPlan:
    tell_failures()
    clusters = clusters_of_run()
    looking = {cluster.name: gevent.spawn(_after_an_election, cluster) for cluster in clusters}
    texts, batches, due = {}, [], set()
    for cluster in clusters:
        seen = looking[cluster.name].get()
        meant = targets(cluster)
        texts[cluster.name] = _texts(seen, meant)
        made = rollout_of(options, seen, meant, texts[cluster.name])
        for words in made.words:
            logger.info(words)
        for name in meant:
            if node := seen.nodes[name]:
                for path in in_the_way(cluster, node):
                    raise NothingDone(
                        f"{name}: {path} was not written by deploy.py, which would replace it. Move it away, or leave "
                        f"out what needs it under host in {cluster.name}.yml"
                    )
            if beside := host_work(cluster, seen.nodes[name], texts[cluster.name][name]).words:
                logger.info(f"{cluster.name}: {name}: {', '.join(beside)}")
        changing = {node for batch in made.batches for node in batch}
        for words in kept_in_words(seen, changing):
            logger.warning(words)
        hosts = hosts_of(cluster)
        batches.append([[hosts[node].name for node in batch] for batch in made.batches])
        tell_kept(seen, moves_of_rollout(seen, texts[cluster.name], made.batches), installs=True)
        new = {
            hosts[name].name
            for name in meant
            if name in changing or lacks_something(cluster, seen.nodes[name], texts[cluster.name][name])
        }
        if not new:
            logger.info(f"{cluster.name}: nothing to change; {seen.who_holds()}")
        due |= new
    return DeployPlan(texts, side_by_side(batches), frozenset(due))


def lacks_something(cluster: Cluster, node: NodeState | None, text: str) -> bool:
    """Whether a node lacks what every node of `cluster` must have beside its configuration."""
    if node is None or node.version is None or version_problem(node.version):
        return True
    if cluster.connections == "keep" and not set(TOOLS) <= set(node.tools):
        return True
    return not node.unit.enabled or node.flag_open is None or host_work(cluster, node, text).due


def _after_an_election(cluster: Cluster) -> ClusterState:
    """A look at the cluster, after an election that may be under way."""
    return wait(lambda: look(cluster), elected, cluster.move_seconds + cluster.start_seconds, WallClock()).seen


def elected(seen: ClusterState) -> Verdict:
    """Whether each address that running daemons are configured for has a holder."""
    return Verdict(not rollout.unheld(seen), seen.who_holds())


def _texts(seen: ClusterState, meant: Collection[str]) -> dict[str, str]:
    """The configuration of each node that is meant, or runs. Raises NothingDone."""
    try:
        return {
            name: configuration(seen.cluster, name, interfaces(seen.cluster, name, node.links))
            for name, node in seen.nodes.items()
            if node is not None and (name in meant or node.unit.runs)
        }
    except NoInterface as error:
        raise NothingDone(str(error)) from None


def rollout_of(
    options: DeployOptions, seen: ClusterState, meant: Collection[str], texts: Mapping[str, str]
) -> rollout.RolloutPlan:
    """The rollout of `texts`, by node, to these nodes of a cluster. Raises NothingDone."""
    if unread := [name for name in meant if name not in texts]:
        raise NothingDone(f"{', '.join(unread)} could not be read")
    for name in meant:
        version = node.version if (node := seen.nodes[name]) else None
        if version and (problem := lacking(seen.cluster, name, version)):
            raise NothingDone(f"{name}: {problem}")
    try:
        return rollout.plan_rollout(seen, texts, meant, adopt=options.adopt, resume=options.resume, force=options.force)
    except rollout.Refused as refused:
        if not refused.option:
            raise NothingDone(str(refused)) from None
        data = as_data(options, **{refused.option: "true"})
        raise NothingDone(f"{refused}{command('deploy.py', limit_to(seen.cluster, meant), data)}") from None


@operation()
def supported() -> Commands:
    """
    Ends the run when the keepalived that is installed is older than 2.2.

    **Example:**

    .. code:: python

        supported(name="Check its version")
    """
    node = host.get_fact(Node)
    version = node.version if node else None
    if version is None and not state.is_executing:
        return  # not installed yet
    cluster: Cluster = host.data.cluster
    if version is None:
        yield refuse(f"{host.name}: keepalived is not installed")
    elif problem := version_problem(version) or lacking(cluster, host.data.node, version):
        yield refuse(f"{host.name}: {problem}")


@operation()
def staged(text: str) -> Commands:
    """
    Writes keepalived.conf and the unit's drop-in beside those in place, and has keepalived test the first. A bad one is
    removed again. Neither is in force before it is the node's turn. Tries each new script: one that cannot be run ends
    the run.

    + text: all of keepalived.conf

    **Example:**

    .. code:: python

        staged(name="Test the new configuration", text=text)
    """
    cluster: Cluster = host.data.cluster
    node, unit = host.get_fact(Node, **node_arguments(cluster), journal=False), drop_in(cluster)
    if node and not rollout.must_be_placed(cluster, node, text):
        return
    scripts = rollout.missing_scripts(cluster, node, text)
    for script in scripts:
        yield StringCommand("install", "-D", "-m", "755", "/dev/stdin", script.path, _stdin=script.text)
    if state.config.DIFF:
        for path, new in ((paths.CONFIGURATION, text), (paths.DROP_IN, unit)):
            _show_difference(path, new)
    # By standard input: a secret in it shows neither in a list of processes nor in a file under /tmp.
    yield StringCommand("install", "-m", "640", "/dev/stdin", paths.STAGED, _stdin=text)
    yield StringCommand("install", "-D", "-m", "644", "/dev/stdin", paths.STAGED_DROP_IN, _stdin=unit)
    yield StringCommand(
        f"timeout {TEST_SECONDS} keepalived --config-test --use-file {paths.STAGED} ||",
        f"{{ status=$?; rm -f {paths.STAGED};",
        f'[ $status != 124 ] || echo "keepalived came to no end with it within {TEST_SECONDS} s." >&2;',
        'echo "keepalived refuses the new configuration (exit status $status, its words are above)." >&2;',
        f'echo "{paths.CONFIGURATION} is as it was, and so is the daemon." >&2; exit 1; }}',
    )
    if scripts:  # keepalived takes what it cannot run for a success
        yield try_scripts([script.path for script in scripts if script.tries])


def _show_difference(path: str, new: str) -> None:
    """What pyinfra's --diff asks for, without the secrets."""
    # The node itself leaves the secrets out: at -vvv pyinfra prints what it answers.
    old = host.get_fact(Command, command=f"sed -E '{WITHOUT_SECRETS}' {path} 2>/dev/null || true") or ""
    before, after = old.splitlines(), without_secrets(new).splitlines()
    for line in unified_diff(before, after, fromfile=f"{path} (now)", tofile=path, lineterm=""):
        host.log(line)


@operation()
def enabled() -> Commands:
    """
    Has the service started at boot, and makes the flag's folder where it is missing.

    **Example:**

    .. code:: python

        enabled(name="Enable the service")
    """
    cluster: Cluster = host.data.cluster
    node = host.get_fact(Node, **node_arguments(cluster), journal=False)
    if node is None or not node.unit.enabled:
        yield "systemctl enable --quiet keepalived.service"
    if node is None or node.flag_open is None:  # no such folder: keepalived would not watch it
        yield StringCommand("mkdir -p", QuoteString(str(PurePosixPath(cluster.drain.flag).parent)))


@operation()
def turn(batch: Collection[str], text: str, resume: bool = False, force: bool = False) -> Commands:
    """
    Changes this node if it is its turn: hands over what it holds, restarts or reloads, takes back.

    + batch: the names of the hosts whose turn it is
    + text: all of keepalived.conf, staged before
    + resume: also where another deploy has drained the node lately
    + force: also where an address would have no holder, or two, for some seconds

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            turn(name="Change one node of each cluster", batch=batch, text=text)
    """
    if host.name in batch:
        yield TurnCommand(partial(deploy_node, text=text, resume=resume, force=force))
