"""Puts keepalived's files in place, and changes the nodes in the order of the rollout's plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import PurePosixPath

import gevent
from pyinfra import host, logger, state
from pyinfra.api import QuoteString, StringCommand, operation
from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.operations import files

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import DeployOptions
from keepalived.conf.render import NoInterface, configuration, drop_in, interfaces
from keepalived.facts import Node
from keepalived.observed.cluster import ClusterState
from keepalived.operations.change import deploy_node
from keepalived.plan import rollout
from keepalived.plan.batches import side_by_side
from keepalived.plan.verdicts import Verdict
from keepalived.run.context import current
from keepalived.run.hands import Step, clusters_of_run, targets
from keepalived.run.look import hosts_of, look
from keepalived.run.planning import Commands, refuse, tell_failures
from keepalived.run.wait import WallClock, wait
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

OLDEST = (2, 2)  # the first series with all this project builds on: JSON dump, track_file, memory copy of the file


def version_problem(version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot be used; None when it can."""
    if tuple(int(part) for part in version.split(".")) >= OLDEST:
        return None
    return f"keepalived {version} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"


@dataclass(frozen=True)
class Plan:
    """What this run is to do: the configuration of every node by cluster, and the batches of hosts."""

    texts: Mapping[str, Mapping[str, str]]
    batches: tuple[frozenset[str], ...]
    """Names of hosts. Clusters side by side: a batch has the nodes of each cluster whose turn it is."""


def plan(options: DeployOptions) -> Plan:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    return current().once("deploy", partial(_make_plan, options))


def _make_plan(options: DeployOptions) -> Plan:
    tell_failures()
    clusters = clusters_of_run()
    looking = {cluster.name: gevent.spawn(_after_an_election, cluster) for cluster in clusters}
    texts, batches = {}, []
    for cluster in clusters:
        texts[cluster.name], made = _rollout(
            cluster, looking[cluster.name].get(), adopt=options.adopt, force=options.force
        )
        for words in made.words:
            logger.info(words)
        hosts = hosts_of(cluster)
        batches.append([[hosts[node].name for node in batch] for batch in made.batches])
    return Plan(texts, side_by_side(batches))


def _after_an_election(cluster: Cluster) -> ClusterState:
    """A look at the cluster, after an election that may be under way."""

    def elected(seen: ClusterState) -> Verdict:
        return Verdict(not rollout.unheld(seen), seen.who_holds())

    return wait(lambda: look(cluster), elected, cluster.move_seconds, WallClock()).seen


def _rollout(cluster: Cluster, seen: ClusterState, *, adopt: bool, force: bool) -> tuple[dict[str, str], rollout.Plan]:
    meant = targets(cluster)
    try:
        texts = {
            name: configuration(cluster, name, interfaces(cluster, name, node.interfaces))
            for name, node in seen.nodes.items()
            if node is not None and (name in meant or node.unit.runs)
        }
        if unread := [name for name in meant if name not in texts]:
            raise NothingDone(f"{', '.join(unread)} could not be read")
        return texts, rollout.plan(seen, texts, meant, adopt=adopt, force=force)
    except (NoInterface, rollout.Refused) as error:
        raise NothingDone(str(error)) from None


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
    if problem := version_problem(version) if version else "keepalived is not installed":
        yield refuse(f"{host.name}: {problem}")


def _put_configuration(text: str) -> list[PyinfraCommand]:
    """What files.put would do, so that --diff, mode and owner are its business; it would neither test nor be atomic."""
    put = files.put._inner(
        src=StringIO(text), dest=paths.CONFIGURATION, user="root", group="root", mode="640", create_remote_dir=False
    )
    return list(put)


@operation()
def staged(text: str) -> Commands:
    """
    Writes the configuration beside the one in place and has keepalived test it. A bad one is removed again.

    + text: all of keepalived.conf

    **Example:**

    .. code:: python

        staged(name="Test the configuration", text=text)
    """
    if not any(isinstance(command, FileUploadCommand) for command in _put_configuration(text)):
        return
    # By standard input: a secret in it shows neither in a list of processes nor in a file under /tmp.
    yield StringCommand("install", "-m", "640", "/dev/stdin", paths.STAGED, _stdin=text)
    yield StringCommand(
        f"keepalived --config-test --use-file {paths.STAGED} || {{ status=$?; rm -f {paths.STAGED};",
        'echo "keepalived refuses the new configuration (exit status $status, its words are above)." >&2;',
        f'echo "{paths.CONFIGURATION} is as it was, and so is the daemon." >&2; exit 1; }}',
    )


@operation()
def unit() -> Commands:
    """
    Installs the drop-in for keepalived.service, has systemd read it, and the service started at boot; and the flag's
    folder, where it is missing.

    **Example:**

    .. code:: python

        unit(name="Install the unit's drop-in and enable the service")
    """
    cluster: Cluster = host.data.cluster
    put = list(
        files.put._inner(src=StringIO(drop_in(cluster)), dest=paths.DROP_IN, user="root", group="root", mode="644")
    )
    yield from put
    node = host.get_fact(Node)
    if put or node is None or node.unit.needs_reload:
        yield "systemctl daemon-reload"
    if node is None or not node.unit.enabled:
        yield "systemctl enable --quiet keepalived.service"
    if node is None or node.flag_open is None:  # no such folder: keepalived would not watch it
        yield StringCommand("mkdir -p", QuoteString(str(PurePosixPath(cluster.drain.flag).parent)))


@operation()
def turn(batch: Collection[str], text: str, force: bool = False) -> Commands:
    """
    Changes this node if it is its turn: hands over what it holds, restarts or reloads, takes back.

    + batch: the names of the hosts whose turn it is
    + text: all of keepalived.conf, staged before
    + force: also where an address would have no holder, or two, for some seconds

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            turn(name="Change one node of each cluster", batch=batch, text=text)
    """
    if host.name in batch:
        yield Step(partial(deploy_node, text=text, force=force))
