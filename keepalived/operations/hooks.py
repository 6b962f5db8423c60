"""The operator's own commands around the maintenance of a node."""

from __future__ import annotations

from collections.abc import Iterable

from pyinfra.api import QuoteString, StringCommand

from keepalived.plan.rollout import successors
from keepalived.plan.verdicts import Verdict
from keepalived.run.turn import Turn
from keepalived.spec.maintenance import Hook
from keepalived.spec.plain_text import plain

WAY_SECONDS = 15  # more than a command was given, for the way to it and back
TRY_SECONDS = 10  # how long one try of the health command may take


def run_hooks(turn: Turn, hooks: Iterable[Hook]) -> None:
    """Runs the hooks one after the other. The first that fails stops the turn."""
    for hook in hooks:
        where = turn.node
        if hook.on == "another":
            found = successors(turn.look(), turn.node)
            if found is None:
                turn.stop(f"there is no other node that can serve, to run `{hook.command}` on")
            where = found[0]
        words = f"`{hook.command}`"
        turn.announce(f"running {words}{f' on {where}' if where != turn.node else ''}")
        turn.shell(_command(turn, hook.command, hook.timeout), words, on=where, seconds=hook.timeout + WAY_SECONDS)


def _command(turn: Turn, command: str, seconds: float) -> StringCommand:
    """The operator's `command`, with the node in its environment, ended after `seconds`."""
    environment = {"NODE": turn.node, "NODE_ADDRESS": str(turn.cluster.nodes[turn.node].address)}
    return StringCommand(
        "env",
        *(QuoteString(f"{name}={value}") for name, value in environment.items()),
        f"timeout --kill-after=5 {seconds:g} sh -c",
        QuoteString(command),
    )


def wait_until_healthy(turn: Turn) -> None:
    """Waits until the health command of the cluster file, if there is one, succeeds."""
    healthy = turn.cluster.maintenance.healthy
    if healthy is None:
        return
    asking = _command(turn, healthy.command, TRY_SECONDS)
    words = f"`{healthy.command}`"
    turn.announce(f"waiting until it is healthy: {words}")

    def look() -> Verdict:
        ran = turn.runner.run(asking, turn.node, TRY_SECONDS + WAY_SECONDS)
        if ran.gone:  # the next try has a connection again, or says why not
            turn.runner.disconnect(turn.node)
            if why := turn.runner.connect(turn.node):
                return Verdict(False, f"{turn.node} does not answer ({why})")
            return Verdict(False, f"the connection to {turn.node} had broken")
        said = f"and says: {plain(' '.join(ran.lines[-1].split()))}" if ran.lines else "and says nothing"
        return Verdict(ran.done, "it is healthy" if ran.done else f"{words} fails {said}")

    turn.wait_for(look, healthy.timeout)
