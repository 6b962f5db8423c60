"""Several turns, or several operators, at once: wherever one of them looks, runs a command or waits, another may go on.

pyinfra runs an operation on all hosts of a batch side by side. Each of them here is a greenlet that is left and entered
again at every such place, so that a test decides in which order they go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from greenlet import GreenletExit, getcurrent, greenlet

from keepalived.run.turn import Stopped
from tests.fake.world import World


class Strand(greenlet):
    """One of those that go on at once."""

    wakes = 0.0
    """When it has waited long enough."""
    went = 0
    """When it went on last, by a number that grows."""


def let_others_go_on() -> None:
    """Called wherever a turn asks the world for something."""
    current = getcurrent()
    if isinstance(current, Strand) and current.parent:
        current.parent.switch()


def sleep(world: World, seconds: float) -> None:
    """Lets time pass for whoever calls it; others go on meanwhile."""
    current = getcurrent()
    if isinstance(current, Strand):
        current.wakes = world.now + seconds
        let_others_go_on()
    else:
        world.advance(seconds)


def at_once(world: World, turns: Sequence[Callable[[], None]], order: Iterable[int] = ()) -> None:
    """Goes on with one of the `turns` after the other until all have ended. Raises what the first one has stopped with.

    `order`: which one goes on next, a number for each step among those that do not wait; after that they take turns.
    """
    if len(turns) == 1:
        turns[0]()
        return
    strands = [Strand(turn) for turn in turns]
    stopped: list[Stopped] = []
    wanted = iter(order)
    try:
        while strands := [strand for strand in strands if not strand.dead]:
            let_others_go_on()  # of an operator beside this one
            ready = [strand for strand in strands if strand.wakes <= world.now]
            if not ready:
                sleep(world, min(strand.wakes for strand in strands) - world.now)
                continue
            number = next(wanted, None)
            chosen = min(ready, key=lambda strand: strand.went) if number is None else ready[number % len(ready)]
            chosen.went = 1 + max(strand.went for strand in strands)
            try:
                chosen.switch()
            except Stopped as error:
                stopped.append(error)
    finally:
        for strand in strands:  # whoever's machine has died does nothing more
            if not strand.dead:
                strand.throw(GreenletExit)
    if stopped:
        raise stopped[0]
