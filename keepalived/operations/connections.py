"""Makes nodes ready so that established connections live through a move, and waits for those that are left."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

from pyinfra import logger
from pyinfra.api import StringCommand

from keepalived.conf.connections_script import connections_command
from keepalived.conf.passing_table import WORD_LETTERS
from keepalived.facts import Obstacles
from keepalived.observed.cluster import ClusterState
from keepalived.observed.connections import TOOLS
from keepalived.plan.connections.moves import AddressMove, grace_seconds, under_way
from keepalived.plan.connections.reach import alone, interface_for, reached_at, why_not_reached
from keepalived.plan.connections.table import connections_in, table_for
from keepalived.plan.connections.words import in_words, serving_in_words
from keepalived.plan.verdicts import Verdict
from keepalived.run.look import ask_nodes
from keepalived.run.turn import Turn
from keepalived.spec.plain_text import plain

MovesOf = Callable[[ClusterState, str], Sequence[AddressMove]]
"""What moves when something is done to a node."""

READY_SECONDS = 30  # a node that takes longer for one step is left out


def make_ready(turn: Turn, moves_of: MovesOf, seen: ClusterState | None = None) -> None:
    """Before a move: those who may take over pass on what is not theirs, and those who serve now go on serving.

    Where that cannot be it says so, and the move happens as without. `seen`: a look that was just taken.
    """
    if turn.cluster.connections != "keep":
        return
    seen = _after_a_move(turn, seen or turn.look())
    moves = moves_of(seen, turn.node)
    if not moves:
        return
    lost = _Lost(turn)
    words = {(move.address, name): secrets.token_hex(WORD_LETTERS // 2) for move in moves for name in move.servers}
    kept = _connections_of(moves, lost)
    _let_pass(turn, seen, moves, words, kept, lost)
    _let_serve(turn, seen, moves, words, lost)
    _see(moves, lost)
    lost.tell(moves)


def _after_a_move(turn: Turn, seen: ClusterState) -> ClusterState:
    """The look after a move that is under way: where an address will be when the next move begins."""
    if not under_way(seen):
        return seen
    settled: Callable[[ClusterState], Verdict] = lambda now: Verdict(not under_way(now), now.who_holds())  # noqa: E731
    return turn.watch(settled, turn.cluster.move_seconds + turn.cluster.start_seconds).seen


def tell_kept_each(seen: ClusterState, nodes: Iterable[str], moves_of: MovesOf) -> None:
    """Says in a plan what becomes of established connections when this is done to each of these nodes."""
    tell_kept(seen, [move for name in nodes if seen.nodes[name] for move in moves_of(seen, name)])


def tell_kept(seen: ClusterState, moves: Sequence[AddressMove], *, installs: bool = False) -> None:
    """Says in a plan what becomes of established connections in these moves.

    `installs`: the run installs what nodes lack.
    """
    cluster = seen.cluster
    if cluster.connections != "keep" or not moves:
        return
    neighbours = {
        at.partition("%")[0]
        for move in moves
        for name in move.nodes
        if (node := seen.nodes[name]) and (at := reached_at(cluster, name, node, move.address))
    }
    obstacles = ask_nodes(cluster, Obstacles, neighbours=sorted(neighbours))
    if installs:
        lacking = [f"{tool} is not installed" for tool in TOOLS]
        obstacles = {
            name: None if found is None else [one for one in found if one not in lacking]
            for name, found in obstacles.items()
        }
    for name, whys in alone(seen, moves).items():
        obstacles[name] = [*(obstacles.get(name) or []), *whys]
    for words in in_words(moves, obstacles):
        logger.info(words)


class _Lost:
    """The nodes that cannot take part in the move of an address, and why."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._why: dict[tuple[str, str], str] = {}
        self._gone: dict[str, str] = {}
        self._not_serving: set[tuple[str, str]] = set()

    def cannot(self, address: str, name: str, why: str, *, serve: bool = False) -> None:
        """Notes why a node cannot pass on, or with `serve` cannot go on serving."""
        self._why.setdefault((address, name), why)
        if serve:
            self._not_serving.add((address, name))

    def why(self, address: str, name: str) -> str | None:
        """Why a node cannot; None: it can, as far as is known. One that does not answer can do nothing at all."""
        return self._gone.get(name) or self._why.get((address, name))

    def run(self, address: str, commands: Mapping[str, StringCommand], *, serve: bool = False) -> dict[str, list[str]]:
        """Runs a command for the address on each of the nodes, side by side. What those wrote on which it succeeded.

        Each address by itself: where a node cannot do it for one, it may be able to for another. `serve`: it is about
        what they serve.
        """
        able = {name: [command] for name, command in commands.items() if name not in self._gone}
        ran = self.turn.runner.run_all(able, READY_SECONDS) if able else {}
        for name, one in ran.items():
            if not one.done:
                why = plain(one.lines[-1]) if one.lines else "it does not answer"
                if one.gone:
                    self._gone.setdefault(name, why)
                self.cannot(address, name, why, serve=serve)
        return {name: one.out for name, one in ran.items() if one.done}

    def takers(self, move: AddressMove) -> list[str]:
        """Those that may take over and are ready; none, when one who is to serve cannot.

        A node that serves from an earlier move may be a taker too, and be unable to pass on alone.
        """
        if any(name in self._gone or (move.address, name) in self._not_serving for name in move.servers):
            return []
        return [name for name in move.takers if not self.why(move.address, name)]

    def tell(self, moves: Sequence[AddressMove]) -> None:
        """Says what cannot be kept, and takes down what was set up in vain; not what earlier moves have left."""
        vain: dict[str, list[StringCommand]] = {}
        for move in moves:
            able = self.takers(move)
            if able == list(move.takers):
                continue
            whys = {name: self.why(move.address, name) for name in move.nodes}
            why = "; ".join(f"{name}: {said}" for name, said in whys.items() if said)
            when = "" if not able else f" if {' or '.join(name for name in move.takers if name not in able)} takes over"
            self.turn.runner.say(f"established connections to {move.address} will end{when} ({why})", "warning")
            if able or not move.others:
                for name in move.takers:
                    if name not in able:
                        vain.setdefault(name, []).append(_script("unpass", move.address))
            if not able:
                vain.setdefault(move.holder, []).append(_script("unserve", move.address))
        self.turn.runner.run_all(vain, READY_SECONDS)


def _script(verb: str, *words: str, text: str | None = None) -> StringCommand:
    command = connections_command(verb, *words)
    return StringCommand(command) if text is None else StringCommand(command, _stdin=text)


def _connections_of(moves: Sequence[AddressMove], lost: _Lost) -> dict[tuple[str, str], list[str]]:
    """What the nodes serve that gave an address up in earlier moves, by address and node."""
    return {
        (move.address, name): connections_in(out)
        for move in moves
        for name, out in lost.run(
            move.address, {name: _script("list", move.address) for name in move.others}, serve=True
        ).items()
    }


def _let_pass(
    turn: Turn,
    seen: ClusterState,
    moves: Sequence[AddressMove],
    words: Mapping[tuple[str, str], str],
    kept: Mapping[tuple[str, str], list[str]],
    lost: _Lost,
) -> None:
    seconds = str(turn.cluster.drain.connections_timeout + grace_seconds(turn.cluster))
    for move in moves:
        told = {name: words[move.address, name] for name in move.servers}
        connections = {name: kept.get((move.address, name), []) for name in move.others}
        holder, commands = seen.nodes[move.holder], {}
        for name in move.takers:
            node = seen.nodes[name]
            by = interface_for(turn.cluster, name, node, move.address) if node else None
            at = reached_at(turn.cluster, move.holder, holder, move.address, by) if holder else None
            if by is None or at is None:
                _cannot(lost, seen, name if by is None else move.holder, move.address, serve=by is not None)
                continue
            table = table_for(seen, move, name, told, connections)
            commands[name] = _script("pass", move.address, at, by, seconds, text=table)
        lost.run(move.address, commands)


def _cannot(lost: _Lost, seen: ClusterState, name: str, address: str, *, serve: bool) -> None:
    node = seen.nodes[name]
    why = why_not_reached(seen.cluster, name, node, address) if node else None
    lost.cannot(address, name, why or "it cannot be read", serve=serve)


def _let_serve(
    turn: Turn, seen: ClusterState, moves: Sequence[AddressMove], words: Mapping[tuple[str, str], str], lost: _Lost
) -> None:
    seconds, grace = str(turn.cluster.drain.connections_timeout), str(grace_seconds(turn.cluster))
    for move in moves:
        commands = {}
        for name in move.servers:
            here, peers = seen.nodes[name], []
            by = interface_for(turn.cluster, name, here, move.address) if here else None
            for taker in lost.takers(move):
                node = seen.nodes[taker]
                at = reached_at(turn.cluster, taker, node, move.address, by) if node else None
                if taker != name and at:
                    peers.append(f"{at}={words[move.address, name]}")
            if peers:
                commands[name] = _script("serve", move.address, seconds, grace, *peers)
        lost.run(move.address, commands, serve=True)


def _see(moves: Sequence[AddressMove], lost: _Lost) -> None:
    """That each of those who may take over hears those who serve: they are on one network, and nothing is between."""
    for move in moves:
        lost.run(move.address, {name: _script("seen", move.address) for name in lost.takers(move)})


def tell_what_is_left(turn: Turn) -> None:
    """How many connections the node still serves."""
    if turn.cluster.connections != "keep":
        return
    is_read: Callable[[ClusterState], Verdict] = lambda seen: Verdict(seen.nodes[turn.node] is not None, "")  # noqa: E731
    if words := serving_in_words(turn.watch(is_read, READY_SECONDS).seen, turn.node):
        turn.say(f"{words} begun before")


def wait_for_end(turn: Turn, seconds: float) -> str | None:
    """Waits until the node serves no connection to an address that it does not hold. What is left; None: nothing.

    Says every now and then how many there are.
    """

    def judge(state: ClusterState) -> Verdict:
        left = serving_in_words(state, turn.node)
        return Verdict(left is None, left or "")

    waited = turn.watch(judge, seconds, tell=True)
    if waited.verdict.done and waited.seconds > 1:
        turn.say(f"the last of its connections ended after {waited.seconds:.0f} s")
    return waited.verdict.seen or None


def wait_before_cutting(turn: Turn, what: str) -> None:
    """Gives the connections that the node still serves their time, and tells how many `what` cuts."""
    if turn.cluster.connections == "keep" and (
        left := wait_for_end(turn, turn.cluster.maintenance.connections_timeout)
    ):
        turn.runner.say(f"{left}: {what} cuts them", "warning")


def end_all(turn: Turn) -> None:
    """Takes down what the node does for connections."""
    node = turn.read(turn.look())
    if node.connections:
        turn.shell(_script("end", *node.connections), "ending what is done for established connections")
