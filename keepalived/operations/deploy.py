"""pyinfra operations that put keepalived's files in place, and change the nodes in the order of the rollout's plan."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from io import StringIO
from itertools import zip_longest
from pathlib import PurePosixPath

import gevent
from pyinfra import host, inventory, logger, state
from pyinfra.api import FunctionCommand, QuoteString, StringCommand, operation
from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.operations import files

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import said_true
from keepalived.conf.adverts import advert_settings
from keepalived.conf.render import (
    NoInterface,
    configuration,
    drop_in,
    interfaces,
)
from keepalived.facts import Node
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import NodeState
from keepalived.plan import rollout
from keepalived.plan.verdicts import Verdict, handed_over, healthy, may_leave, settled, taken_back, taken_over
from keepalived.run.commands import (
    Commands,
    Judge,
    forced,
    in_words,
    place_flag,
    refuse,
    remove_runs_flag,
    set_flag,
    targets,
    tell_failures,
    wait_until,
)
from keepalived.run.look import look, wait
from keepalived.run.once import once
from keepalived.run.probe import watching as client
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import carried_over, content

STILL_DRAINED = "It is still drained: run deploy.py again, which puts it back in service."
OLDEST = (2, 2)  # the first series with all this repository builds on: JSON dump, track_file, memory copy of the file


def version_problem(version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot be used; None when it can."""
    if tuple(int(part) for part in version.split(".")) >= OLDEST:
        return None
    return f"keepalived {version} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"


@dataclass(frozen=True)
class Deployment:
    """What this run is to do: the configuration of every node by cluster, and the batches of nodes."""

    texts: Mapping[str, Mapping[str, str]]
    batches: tuple[frozenset[str], ...]
    """Names of hosts. Clusters side by side: a batch has the nodes of each cluster whose turn it is."""


@once
def deployment() -> Deployment:
    """The plan of this run, made once from one look at each cluster, and told. Raises NothingDone, before all."""
    tell_failures()
    said_true(host, "probe", default=True)
    clusters = {member.data.cluster.name: member.data.cluster for member in inventory if state.is_host_in_limit(member)}
    looking = {name: gevent.spawn(_at_rest, cluster) for name, cluster in clusters.items()}
    texts, by_cluster = {}, []
    for name, cluster in clusters.items():
        texts[name], plan = _plan(cluster, looking[name].get())
        for words in plan.words:
            logger.info(words)
        hosts = {member.data.node: member.name for member in inventory.get_group(name)}
        by_cluster.append([{hosts[node] for node in batch} for batch in plan.batches])
    return Deployment(texts, tuple(frozenset().union(*batch) for batch in zip_longest(*by_cluster, fillvalue=set())))


def _at_rest(cluster: Cluster) -> ClusterState:
    """A look at the cluster, after an election that may be under way."""

    def elected(seen: ClusterState) -> Verdict:
        return Verdict(not rollout.unheld(seen), seen.who_holds())

    return wait(cluster, elected, cluster.move_seconds).state


def _plan(cluster: Cluster, seen: ClusterState) -> tuple[dict[str, str], rollout.Plan]:
    meant = targets(cluster)
    try:
        texts = {
            name: configuration(cluster, name, interfaces(cluster, name, node.interfaces))
            for name, node in seen.nodes.items()
            if node is not None and (name in meant or node.unit.runs)
        }
        if unread := [name for name in meant if name not in texts]:
            raise NothingDone(f"{', '.join(unread)} could not be read")
        return texts, rollout.plan(seen, texts, meant, force=forced())
    except (NoInterface, rollout.Refused) as error:
        raise NothingDone(f"{error}") from None


@operation()
def supported() -> Commands:
    """
    Ends the run when the keepalived that is installed is older than 2.2.

    **Example:**

    .. code:: python

        installation.supported(name="Check the version of keepalived")
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

        installation.staged(name="Test the configuration", text=text)
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

        installation.unit(name="Install the unit's drop-in and enable the service")
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


def _in_place(text: str) -> Commands:
    """Moves the tested configuration over the one in place, at once, mode 0640."""
    put = _put_configuration(text)
    if not any(isinstance(command, FileUploadCommand) for command in put):
        yield from put  # mode and owner
        return
    digest = hashlib.sha256(text.encode()).hexdigest()
    yield StringCommand(
        f"echo '{digest}  {paths.STAGED}' | sha256sum --check --status && mv -f {paths.STAGED} {paths.CONFIGURATION}"
    )


@operation()
@in_words
def turn(batch: Collection[str], text: str) -> Commands:
    """
    Changes this node if it is its turn: hands over what it holds, restarts or reloads, takes back.

    + batch: the names of the hosts whose turn it is
    + text: all of keepalived.conf, staged before

    What the plan saw is looked at again: a node that has come to hold an address meanwhile hands it over as well.

    **Example:**

    .. code:: python

        for batch in host.loop(plan.batches):
            installation.turn(name="Change one node of each cluster", batch=batch, text=text)
    """
    if host.name not in batch:
        return
    if not state.is_executing:
        yield FunctionCommand(_nothing, (), {})  # for the plan: there is something to do
        return
    cluster: Cluster = host.data.cluster
    before = look(cluster)
    node = before.nodes[host.data.node]
    if node is None:
        yield refuse(f"{host.name} cannot be read any more: nothing was done to it")
        return
    match rollout.due(cluster, node, text):
        case "start":
            yield from _in_place(text)
            yield _systemctl("restart")
            yield wait_until(_judge(before, node, text), before)
        case "replace":
            yield from _in_place(text)
        case "reload":
            yield from _reload(before, node, text)
        case "restart":
            yield from _restart(before, node, text)
        case "restore":
            yield from _take_back("Restore", "")


def _nothing() -> None:
    pass


def _judge(before: ClusterState, node: NodeState, text: str) -> Judge:
    """What must be seen after this node's change: until the last node has made it, some do not hear each other."""
    others = [other for name, other in before.nodes.items() if other and other.unit.runs and name != host.data.node]
    apart = [
        other for other in others if rollout.incompatible(other.configuration.advert_settings, advert_settings(text))
    ]
    if node.holds:
        apart = [other for other in apart if other.holds]
    return partial(healthy if apart else settled, text=text)


def _apply(verb: str, node: NodeState, text: str, *, in_place: bool = False) -> Commands:
    """Puts the file in place and has the daemon take it up; what drained the node before drains it after."""
    cluster: Cluster = host.data.cluster
    old = node.running_flag
    if old is not None and node.running_drained and not node.drained:
        yield set_flag(cluster.drain.flag, carried_over(old), until_reboot=old.until_reboot, like=old.path)
    if not in_place:
        yield from _in_place(text)
    yield _systemctl(verb)
    if old is not None and old.present and old.path != cluster.drain.flag:
        yield StringCommand("rm -f", QuoteString(old.path))


def _reload(before: ClusterState, node: NodeState, text: str) -> Commands:
    yield from _apply("reload", node, text)
    yield wait_until(_judge(before, node, text), before)


def _restart(before: ClusterState, node: NodeState, text: str) -> Commands:
    cluster: Cluster = host.data.cluster
    force = forced()
    me: str = host.data.node
    drained_by_us = node.flag.run == "deploy"
    left = not node.holds
    in_place = False
    if not left and rollout.incompatible(node.configuration.advert_settings, advert_settings(text)):
        # Whether some changes part the nodes, and in which direction, differs between versions of keepalived: it is
        # seen by who takes the addresses. Where the others still hear this node, it hands over like any holder.
        yield from _in_place(text)  # now, so that the restart follows at once
        in_place = True
        waited = wait(cluster, lambda seen: may_leave(seen, me, text), cluster.move_seconds)
        left = waited.verdict.done or taken_over(waited.state, me, text).done
        if left:
            host.log_styled(waited.verdict.seen, fg="green")
    if not left and node.running_flag and rollout.successor(before, me):
        flag = node.running_flag.path
        if not node.running_drained:
            drained_by_us = True
            host.log(f"holds {', '.join(node.holds)}: handing over before the restart")
            client.step("Hand over")
            yield from place_flag({flag, cluster.drain.flag}, content(run="deploy"), leaving=[], run="deploy")
        yield wait_until(handed_over, before, STILL_DRAINED if drained_by_us else "")
        left = True
        node = look(cluster).nodes[me] or node
    why = "no other node can take over"
    if node.running_flag is None and rollout.successor(before, me):
        why = "its daemon looks at no flag that this repository knows, and so it cannot hand over"
    if not left and rollout.reload_carries(node, text):
        host.log_styled(
            f"{why}, so keepalived is reloaded and not restarted: should the reload fail, "
            f"{', '.join(node.holds)} is gone until it is mended",
            fg="yellow",
            log_func=logger.warning,
        )
        yield from _reload(before, node, text)
        return
    if not left and not force:
        yield refuse(
            f"it holds {', '.join(node.holds)}, {why}, and a reload cannot carry this: "
            "--data force=true restarts it all the same, with a gap of some seconds"
        )
        return
    judge = _judge(before, node, text)
    yield from _apply("restart", node, text, in_place=in_place)
    if not drained_by_us:
        yield wait_until(judge, before)
        return
    yield wait_until(judge, None, STILL_DRAINED)
    yield from _take_back("Take back", "Run deploy.py again.")


def _take_back(words: str, otherwise: str) -> Commands:
    """Ends the deploy's own drain of this node, unless an operator has drained it meanwhile."""
    cluster: Cluster = host.data.cluster
    client.step(words)
    drained = look(cluster)
    yield remove_runs_flag(cluster.drain.flag, "deploy")
    yield wait_until(partial(taken_back, run="deploy"), drained, otherwise)


def _systemctl(verb: str) -> StringCommand:
    """Restart or reload; a failure shows what the daemon said, and how things stand."""
    client.step(f"{verb.capitalize()} keepalived")
    return StringCommand(
        f"systemctl {verb} keepalived.service || {{ journalctl -u keepalived -n 15 --no-pager -o cat >&2;",
        f'echo "keepalived did not {verb}: its last words are above. The nodes after this one are as they were;" >&2;',
        'echo "mend the cause and run deploy.py again." >&2; exit 1; }',
    )
