"""One node's turn: straight-line code runs commands, waits and looks with it, and `Stopped` ends it in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NoReturn, TypeVar

from pyinfra.api import StringCommand

from keepalived.observed.cluster import ClusterState, seen_moves
from keepalived.observed.node import NodeState
from keepalived.plan.verdicts import Judge, Verdict
from keepalived.run.runner import COMMAND_SECONDS, Ran, Runner
from keepalived.run.times import TurnTimes
from keepalived.run.wait import Waited, wait
from keepalived.spec.cluster import Cluster
from keepalived.spec.plain_text import plain

T = TypeVar("T")
SLACK_SECONDS = 10  # what a busy machine may need beyond the protocol's own time
LAST_LINES = 15  # of a command that failed


class Stopped(Exception):
    """The turn ends here. The text is for the operator."""


class Turn:
    """The turn of one node. `advice`: what the operator does if the turn stops now; it follows the words of Stopped."""

    def __init__(self, runner: Runner, times: TurnTimes | None = None) -> None:
        self.runner = runner
        self.cluster: Cluster = runner.cluster
        self.node: str = runner.node
        self.targets = list(runner.targets)
        self.times = times or TurnTimes(runner.now())
        self.advice = ""

    def stop(self, words: str) -> NoReturn:
        """Ends the turn."""
        after = "\n" if "\n" in words else ". "  # a command stands on the last line of the words
        raise Stopped(f"{words}{after}{self.advice}" if self.advice else words)

    def say(self, words: str) -> None:
        """A line for the operator."""
        self.runner.say(words)

    def announce(self, words: str) -> None:
        """Tells what the turn comes to now, and for how long it has been going on."""
        self.runner.begin(words)
        self.runner.say(f"{self._clock()} {words}")

    def look(self) -> ClusterState:
        """Reads every node of the cluster at once."""
        return self.runner.look()

    def read(self, state: ClusterState) -> NodeState:
        """This turn's own node, as `state` has it. Stops the turn when it could not be read."""
        node = state.nodes[self.node]
        if node is None:
            self.stop(f"{self.node} does not answer")
        return node

    def shell(
        self, command: StringCommand | str, words: str = "", *, on: str = "", seconds: float = COMMAND_SECONDS
    ) -> Ran:
        """Runs a command on this node, or `on` another. Stops the turn when it fails; its last lines are shown.

        `words` name the command for the operator.
        """
        where = on or self.node
        ran = self.runner.run(StringCommand(command) if isinstance(command, str) else command, where, seconds)
        if ran.gone:
            why = f"{where} does not answer any more ({' '.join(ran.lines)})"
            self.stop(f"{why}: {words or 'a command'} may be half done")
        if not ran.done:
            for line in ran.lines[-LAST_LINES:]:
                self.runner.say(plain(line))
            self.stop(f"{words or 'a command'} failed on {where}")
        return ran

    def wait(self, judge: Judge, before: ClusterState | None = None, *, first: float = 0) -> ClusterState:
        """Waits until `judge` is satisfied with the cluster, and says what was seen: the moves since `before`, if any.

        `first`: the seconds before which it cannot come about, so nobody is asked.
        Stops the turn with what was seen last when it does not come about in the time a move takes.
        """
        cluster = self.cluster
        seconds = cluster.move_seconds + cluster.start_seconds + cluster.check_seconds + SLACK_SECONDS
        waited = self.watch(partial(judge, name=self.node), seconds, first=first)
        if not waited.verdict.done:
            if waited.verdict.hopeless:
                self.stop(f"{self.node} {waited.verdict.seen}")
            self.stop(f"Not seen within {seconds:.0f} s. Last seen: {waited.verdict.seen}")
        moved = seen_moves(before, waited.seen) if before else []
        words = f"{', '.join(moved)} in {waited.seconds:.1f} s" if moved else waited.verdict.seen
        self.runner.say(words, "good")
        return waited.seen

    def sit_out_startup(self) -> None:
        """Waits while `vrrp_startup_delay` may keep this node from taking over: the next turn may hand over to it.

        keepalived does not tell, and until then a node of lower priority may be quicker (2.2.7): one move more.
        """
        seconds = self.cluster.start_seconds
        node = self.look().nodes[self.node] if seconds else None
        if node and not node.holds:
            self.runner.say(f"waiting {seconds} s: vrrp_startup_delay keeps it from taking over until then")
            self.runner.pause(seconds)

    def watch(
        self, judge: Callable[[ClusterState], Verdict], seconds: float, *, first: float = 0, tell: bool = False
    ) -> Waited[ClusterState]:
        """Looks at the cluster until `judge` is satisfied or `seconds` have passed, and goes on either way.

        `first`: the seconds before the first look. `tell`: says every now and then what it sees.
        """
        return wait(self.look, judge, seconds, self.runner, first=first, tell=self._tell if tell else None)

    def wait_for(self, look: Callable[[], Verdict], seconds: float) -> None:
        """Looks until what is waited for is seen, and says so; says every now and then what it sees instead.

        Stops the turn after `seconds`, or when there is no hope, with what was seen last.
        """
        waited = wait(look, lambda seen: seen, seconds, self.runner, tell=self._tell)
        if not waited.verdict.done:
            late = "" if waited.verdict.hopeless else f"Not within {seconds:g} s. Last seen: "
            self.stop(f"{late}{waited.verdict.seen}")
        if waited.verdict.seen:
            self.runner.say(waited.verdict.seen, "good")

    def _tell(self, seen: str) -> None:
        self.runner.say(f"{self._clock()} still waiting: {seen}")

    def _clock(self) -> str:
        """`0:42`: how long this turn has been going on."""
        seconds = int(self.runner.now() - self.times.began)
        return f"{seconds // 60}:{seconds % 60:02}"
