"""pyinfra operations that put keepalived's files in place, and change the nodes in the order of the rollout's plan."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from io import StringIO
from itertools import zip_longest

import gevent
from gevent import Greenlet
from pyinfra import host, inventory, logger, state
from pyinfra.api import DeployError, FunctionCommand, StringCommand, operation
from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.operations import files

from keepalived import client, rollout
from keepalived.cluster import Cluster
from keepalived.cluster_state import ClusterState, arrived, healthy, in_service, let_go, settled, taken_over
from keepalived.configuration import (
    DROP_IN_PATH,
    PATH,
    NoInterface,
    configuration,
    drop_in,
    interfaces,
)
from keepalived.facts import Node
from keepalived.node_state import NodeState
from keepalived.operations import Commands, Judge, refuse, remove_flag, set_flag, until
from keepalived.terms import terms
from keepalived.watch import look

STAGED = f"{PATH}.staged"
STILL_DRAINED = "It is still drained: run deploy.py again, which puts it back in service."
OLDEST = (2, 2)  # the first series with all this repository builds on: JSON dump, track_file, memory copy of the file


def version_problem(version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot be used; None when it can."""
    if tuple(int(part) for part in version.split(".")) >= OLDEST:
        return None
    return f"keepalived {version} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"


@dataclass(frozen=True)
class Deployment:
    """What this run is to do: the configuration of every node by cluster, and the waves in which nodes are changed."""

    texts: Mapping[str, Mapping[str, str]]
    waves: tuple[frozenset[str], ...]
    """Names of hosts. Clusters side by side: a wave has the nodes of each cluster whose turn it is."""


_deployment: Greenlet[..., Deployment] | None = None


def deployment() -> Deployment:
    """The plan of this run, made once from one look at each cluster, and told. Raises DeployError, before all."""
    global _deployment
    if _deployment is None:
        _deployment = gevent.spawn(_plan_all, bool(host.data.get("force")))
    return _deployment.get()


def _plan_all(force: bool) -> Deployment:
    clusters = {member.data.cluster.name: member.data.cluster for member in inventory if state.is_host_in_limit(member)}
    planning = {name: gevent.spawn(_plan, cluster, force) for name, cluster in clusters.items()}
    gevent.joinall(list(planning.values()))
    found = {name: greenlet.get() for name, greenlet in planning.items()}
    for _, plan in found.values():
        for words in plan.words:
            logger.info(words)
    names = {(member.data.cluster.name, member.data.node): member.name for member in inventory}
    by_cluster = [[{names[name, node] for node in wave} for wave in plan.waves] for name, (_, plan) in found.items()]
    waves = tuple(frozenset().union(*wave) for wave in zip_longest(*by_cluster, fillvalue=set()))
    return Deployment({name: texts for name, (texts, _) in found.items()}, waves)


def _plan(cluster: Cluster, force: bool) -> tuple[dict[str, str], rollout.Plan]:
    seen = look(cluster)
    targets = [member.data.node for member in inventory.get_group(cluster.name) if member in state.active_hosts]
    try:
        texts = {
            name: configuration(cluster, name, interfaces(cluster, name, node.interfaces))
            for name, node in seen.nodes.items()
            if node is not None and (name in targets or node.unit.runs)
        }
        if unread := [name for name in targets if name not in texts]:
            raise DeployError(f"{', '.join(unread)} could not be read. Nothing was done.")
        return texts, rollout.plan(seen, texts, targets, force=force)
    except (NoInterface, rollout.Refused) as error:
        raise DeployError(f"{error}. Nothing was done.") from None


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
        src=StringIO(text), dest=PATH, user="root", group="root", mode="640", create_remote_dir=False
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
    yield StringCommand("install", "-m", "640", "/dev/stdin", STAGED, _stdin=text)
    yield StringCommand(
        f"keepalived --config-test --use-file {STAGED} || {{ status=$?; rm -f {STAGED};",
        'echo "keepalived refuses the new configuration (exit status $status, its words are above)." >&2;',
        f'echo "{PATH} is as it was, and so is the daemon." >&2; exit 1; }}',
    )


@operation()
def unit() -> Commands:
    """
    Installs the drop-in for keepalived.service, has systemd read it, and the service started at boot.

    **Example:**

    .. code:: python

        installation.unit(name="Install the unit's drop-in and enable the service")
    """
    put = list(files.put._inner(src=StringIO(drop_in()), dest=DROP_IN_PATH, user="root", group="root", mode="644"))
    yield from put
    node = host.get_fact(Node)
    if put or node is None or node.unit.needs_reload:
        yield "systemctl daemon-reload"
    if node is None or not node.unit.enabled:
        yield "systemctl enable --quiet keepalived.service"


def _in_place(text: str) -> Commands:
    """Moves the tested configuration over the one in place, at once, mode 0640."""
    put = _put_configuration(text)
    if not any(isinstance(command, FileUploadCommand) for command in put):
        yield from put  # mode and owner
        return
    digest = hashlib.sha256(text.encode()).hexdigest()
    yield StringCommand(f"echo '{digest}  {STAGED}' | sha256sum --check --status && mv -f {STAGED} {PATH}")


@operation()
def turn(wave: Collection[str], text: str) -> Commands:
    """
    Changes this node if it is its turn: hands over what it holds, restarts or reloads, takes back.

    + wave: the names of the hosts whose turn it is
    + text: all of keepalived.conf, staged before

    What the plan saw is looked at again: a node that has come to hold an address meanwhile hands it over as well.

    **Example:**

    .. code:: python

        for wave in host.loop(plan.waves):
            installation.turn(name="Change one node of each cluster", wave=wave, text=text)
    """
    if host.name not in wave:
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
            yield until(_judge(before, text), before)
        case "replace":
            yield from _in_place(text)
        case "reload":
            yield from _reload(before, text)
        case "restart":
            yield from _restart(before, node, text)
        case "restore":
            client.step("Restore")
            yield remove_flag(cluster)
            yield until(in_service, before)


def _nothing() -> None:
    pass


def _judge(before: ClusterState, text: str) -> Judge:
    """What must be seen after this node's change: until the last node has made it, some do not hear each other."""
    others = {name: node for name, node in before.nodes.items() if node and node.unit.runs and name != host.data.node}
    if not any(rollout.estranged(other.configuration.terms, terms(text)) for other in others.values()):
        return partial(settled, text=text)
    first = not others.keys() & set(before.on_terms(text))
    return partial(healthy if first else arrived, text=text)


def _reload(before: ClusterState, text: str) -> Commands:
    yield from _in_place(text)
    yield _systemctl("reload")
    yield until(_judge(before, text), before)


def _restart(before: ClusterState, node: NodeState, text: str) -> Commands:
    cluster: Cluster = host.data.cluster
    drained_by_us = node.flag.by_rollout
    if node.holds:
        if rollout.estranged(node.configuration.terms, terms(text)):
            if not host.data.get("force"):
                yield until(partial(taken_over, text=text), None, "This node is as it was; run deploy.py again.")
        elif rollout.successor(before, host.data.node):
            if not node.drained:
                drained_by_us = True
                host.log(f"holds {', '.join(node.holds)}: handing over before the restart")
                client.step("Hand over")
                yield set_flag(cluster, by_rollout=True)
            yield until(let_go, before, STILL_DRAINED if drained_by_us else "")
        elif rollout.reload_carries(node, text):
            host.log_styled(
                "no other node can take over, so keepalived is reloaded and not restarted: should the reload fail, "
                f"{', '.join(node.holds)} is gone until it is mended",
                fg="yellow",
                log_func=logger.warning,
            )
            yield from _reload(before, text)
            return
        elif not host.data.get("force"):
            yield refuse(
                f"it holds {', '.join(node.holds)}, no other node can take over, and a reload cannot carry this: "
                "--data force=true restarts it all the same, with a gap of some seconds"
            )
            return
    yield from _in_place(text)
    yield _systemctl("restart")
    yield until(_judge(before, text), before, STILL_DRAINED if drained_by_us else "")
    if drained_by_us:
        client.step("Take back")
        handed_over = look(cluster)
        yield remove_flag(cluster)
        yield until(in_service, handed_over, "Run deploy.py again.")


def _systemctl(verb: str) -> StringCommand:
    """Restart or reload; a failure shows what the daemon said, and how things stand."""
    client.step(f"{verb.capitalize()} keepalived")
    return StringCommand(
        f"systemctl {verb} keepalived.service || {{ journalctl -u keepalived -n 15 --no-pager -o cat >&2;",
        f'echo "keepalived did not {verb}: its last words are above. The nodes after this one are as they were;" >&2;',
        'echo "mend the cause and run deploy.py again." >&2; exit 1; }',
    )
