"""pyinfra operations that put keepalived's configuration in place, and take a node out of service and back."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from functools import partial
from io import StringIO
from typing import Protocol

from pyinfra import host, logger, state
from pyinfra.api import DeployError, FunctionCommand, Host, OperationError, QuoteString, State, StringCommand, operation
from pyinfra.api.command import FileUploadCommand, PyinfraCommand
from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files

from keepalived.cluster import Cluster
from keepalived.cluster_state import ClusterState, Verdict, in_service, let_go, moves, settled
from keepalived.configuration import DROP_IN_PATH, PATH, configuration, drop_in, fingerprint
from keepalived.facts import Node
from keepalived.node_state import NodeState
from keepalived.watch import look, wait

STAGED = f"{PATH}.staged"
OLDEST = (2, 2)  # the first series with all this repository builds on: JSON dump, track_file, memory copy of the file
SLACK_SECONDS = 10  # what a busy machine may need beyond the protocol's own time

Commands = Generator[PyinfraCommand | str, None, None]


class Judge(Protocol):
    """What is waited for: a question of `cluster_state` about one node."""

    def __call__(self, state: ClusterState, name: str) -> Verdict: ...


def version_problem(version: str) -> str | None:
    """Why keepalived `version` (`2.2.7`) cannot be used; None when it can."""
    if tuple(int(part) for part in version.split(".")) >= OLDEST:
        return None
    return f"keepalived {version} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"


def configuration_text(node: NodeState | None) -> str:
    """What keepalived.conf must be on this host; `node` is asked for its interfaces. Raises DeployError."""
    cluster: Cluster = host.data.cluster
    name: str = host.data.node
    interfaces = {}
    for instance, settings in cluster.instances.items():
        own = str(cluster.nodes[name].address)
        interface = settings.interface or (node.interface_of(own) if node else None)
        if interface is None:
            raise DeployError(
                f"{host.name}: {f'no network interface carries its address {own}' if node else 'could not be read'}: "
                f"correct nodes.{name} or set instances.{instance}.interface in {cluster.name}.yml. Nothing was done."
            )
        interfaces[instance] = interface
    return configuration(cluster, name, interfaces)


def _node() -> NodeState:
    node = host.get_fact(Node)
    if node is None:
        raise OperationError(f"{host.name} could not be read")
    return node


@operation()
def supported() -> Commands:
    """
    Ends the run when the keepalived that is installed is older than 2.2.

    **Example:**

    .. code:: python

        operations.supported(name="Check the version of keepalived")
    """
    version = _node().version
    if version is None and not state.is_executing:
        return  # not installed yet
    if problem := version_problem(version) if version else "keepalived is not installed":
        raise OperationError(f"{host.name}: {problem}")
    yield from ()


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

        operations.staged(name="Test the configuration", text=text)
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
def in_place(text: str) -> Commands:
    """
    Moves the tested configuration over the one in place, at once, mode 0640.

    + text: all of keepalived.conf, as it was staged

    **Example:**

    .. code:: python

        operations.in_place(name="Put the configuration in place", text=text)
    """
    put = _put_configuration(text)
    if not any(isinstance(command, FileUploadCommand) for command in put):
        yield from put  # mode and owner
        return
    digest = hashlib.sha256(text.encode()).hexdigest()
    yield StringCommand(f"echo '{digest}  {STAGED}' | sha256sum --check --status && mv -f {STAGED} {PATH}")


@operation()
def unit() -> Commands:
    """
    Installs the drop-in for keepalived.service and has systemd read it.

    **Example:**

    .. code:: python

        operations.unit(name="Install the unit's drop-in")
    """
    put = list(files.put._inner(src=StringIO(drop_in()), dest=DROP_IN_PATH, user="root", group="root", mode="644"))
    yield from put
    if put or _node().unit.needs_reload:
        yield "systemctl daemon-reload"


@operation()
def restarted(text: str, after: OperationMeta) -> Commands:
    """
    Restarts keepalived if it runs something else than what lies on disk, also when an earlier run died before that.

    + text: all of keepalived.conf
    + after: the operation that installs the drop-in

    **Example:**

    .. code:: python

        operations.restarted(name="Restart keepalived", text=text, after=unit)
    """
    node = _node()
    if not node.unit.runs:
        return
    coming = not state.is_executing and after.will_change
    if coming or node.unit.current is False or node.configuration.running != fingerprint(text):
        yield "systemctl restart keepalived.service"


@operation(is_idempotent=False)
def wait_until_settled() -> Commands:
    """
    Waits until the node runs what lies on its disk and every floating address has exactly one holder.

    **Example:**

    .. code:: python

        operations.wait_until_settled(name="Wait until the addresses are held", _if=any_changed(started, restarted))
    """
    yield FunctionCommand(_wait, (settled, None), {})


def _ready_node(before: ClusterState) -> NodeState:
    node = before.nodes[host.data.node]
    if node is None:
        raise OperationError(f"{host.name} could not be read: nothing was done")
    if node.version is None or node.unit.load_state != "loaded":
        raise OperationError(f"keepalived is not installed on {host.name}: run deploy.py first")
    return node


def _change_flag(command: StringCommand, judge: Judge, *, drained: bool) -> Commands:
    """Sets or removes the flag where it is not so yet, and waits until `judge` sees the effect."""
    before = look(host.data.cluster)
    if _ready_node(before).drained != drained:
        yield command
    elif (verdict := judge(before, host.data.node)).done:
        if state.is_executing:
            host.log(f"No change: {verdict.seen}")
        return
    yield FunctionCommand(_wait, (judge, before), {})


@operation()
def drain() -> Commands:
    """
    Takes the node out of service: sets its flag, and waits until another node is seen holding the addresses.

    **Example:**

    .. code:: python

        operations.drain(name="Drain")
    """
    flag = QuoteString(host.data.cluster.drain.flag)
    # The content 1 is what `check: file` wants; with `check: script` only the presence counts.
    yield from _change_flag(StringCommand("echo 1 >", flag), let_go, drained=True)


@operation()
def restore() -> Commands:
    """
    Puts the node back in service: removes its flag, and waits until it holds again what it should.

    **Example:**

    .. code:: python

        operations.restore(name="Restore")
    """
    flag = QuoteString(host.data.cluster.drain.flag)
    yield from _change_flag(StringCommand("rm -f", flag), in_service, drained=False)


def _wait(state: State, host: Host, judge: Judge, before: ClusterState | None) -> bool:
    """Says in one line what was seen: done, or not until the deadline, which fails the operation."""
    cluster: Cluster = host.data.cluster
    deadline = cluster.move_seconds + SLACK_SECONDS
    waited = wait(cluster, partial(judge, name=host.data.node), deadline)
    if waited.verdict.done:
        moved = moves(before, waited.state) if before else []
        seen = f"{', '.join(moved)} in {waited.seconds:.1f} s" if moved else waited.verdict.seen
        host.log_styled(seen, fg="green")
    else:
        last = f"Not seen within {deadline:.0f} s. Last seen: {waited.verdict.seen}"
        host.log_styled(last, fg="red", log_func=logger.error)
    return waited.verdict.done
