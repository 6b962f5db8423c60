"""Running the operator's own commands around a node's maintenance."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pyinfra import host
from pyinfra.api import Host, QuoteString, StringCommand

from keepalived.plan.rollout import successor
from keepalived.plan.verdicts import Verdict
from keepalived.run import progress
from keepalived.run.commands import Call, Commands, Runner, refuse, shell
from keepalived.run.look import hosts_of, look
from keepalived.run.progress import wait_for
from keepalived.spec.cluster import Cluster, Healthy, Hook

ANSWER_SECONDS = 15  # more than a command was given, for the way to it and back
TRY_SECONDS = 10  # how long one try of the health command may take


def run_hooks(hooks: Iterable[Hook], otherwise: str) -> Commands:
    """Runs the hooks one after the other. The first that fails ends the run; `otherwise` says what stands then."""
    cluster: Cluster = host.data.cluster
    for hook in hooks:
        where = host.data.node
        if hook.on == "another":
            found = successor(look(cluster), host.data.node)
            if found is None:
                yield refuse(f"there is no other node that can serve, to run `{hook.command}` on. {otherwise}")
                return
            where = found
        words = f"`{hook.command}`"
        progress.step(f"running {words}{f' on {where}' if where != host.data.node else ''}")
        asked = command_of(hook.command, hook.timeout)
        yield shell(words, asked, hosts_of(cluster)[where], otherwise, seconds=hook.timeout + ANSWER_SECONDS)


def command_of(command: str, seconds: float) -> StringCommand:
    """The operator's `command`, with the node in its environment, ended after `seconds`."""
    node = host.data.node
    environment = {"NODE": node, "NODE_ADDRESS": str(host.data.cluster.nodes[node].address)}
    return StringCommand(
        "env",
        *(QuoteString(f"{name}={value}") for name, value in environment.items()),
        f"timeout --kill-after=5 {seconds:g} sh -c",
        QuoteString(command),
    )


def wait_until_healthy(otherwise: str) -> Commands:
    """Waits until the health command of the cluster file, if there is one, succeeds."""
    healthy = host.data.cluster.maintenance.healthy
    if healthy is not None:
        progress.step(f"waiting until it is healthy: `{healthy.command}`")
        yield Call(partial(_healthy, healthy, command_of(healthy.command, TRY_SECONDS), otherwise))


def _healthy(healthy: Healthy, asking: StringCommand, otherwise: str, host: Host, run: Runner) -> bool:
    def look() -> Verdict:
        ran = run(asking, host, TRY_SECONDS + ANSWER_SECONDS)
        said = f"and says: {' '.join(ran.lines[-1].split())}" if ran.lines else "without a word"
        return Verdict(ran.done, "it is healthy" if ran.done else f"`{healthy.command}` fails {said}")

    return wait_for(look, healthy.timeout, otherwise, host)
