"""The same look from outside after every step: who holds, who answers, what clients lost, what status says."""

from __future__ import annotations

import time
from collections.abc import Sequence

from faults.phases import Holders, Phase, Seen, Window, words
from faults.stage import Stage
from keepalived.run.probe.account import Silence, silences
from lab.pinger import INTERVAL_SECONDS
from lab.witness import Witness

STEADY_SECONDS = 1.2  # two adverts
GIVE_UP_SECONDS = 10.0  # after the time in which it ought to settle
LOOK_SECONDS = 0.1
NAMING_SECONDS = 12.0  # status may see a fault later than the holders move, and reads ten seconds of the journal
SHORTEST_SILENCE = 0.02  # seconds that are drawn


def settle(stage: Stage, phase: Phase, since: float) -> tuple[float | None, dict[str, Holders]]:
    """Waits until the holders are as expected and stay so. Seconds until then, None: never; and the holders."""
    deadline = since + phase.within + GIVE_UP_SECONDS
    right: float | None = None
    while True:
        now = time.time()
        held = stage.held()
        if all(held[address] in [tuple(one) for one in allowed] for address, allowed in phase.allowed.items()):
            right = now if right is None else right
            if time.time() - right >= STEADY_SECONDS:
                return max(0.0, right - since), held
        else:
            right = None
        if now > deadline and (right is None or now > deadline + STEADY_SECONDS):
            return None, held
        time.sleep(LOOK_SECONDS)


def audit(stage: Stage, phase: Phase, names: Sequence[str], since: float, began: float) -> Seen:
    """One phase, which was brought about at `since`. `names`: the ids one of which status must name while it lasts."""
    settled, held = settle(stage, phase, since)
    answered = stage.answered()
    deadline = time.time() + NAMING_SECONDS
    named = stage.problems()
    while time.time() < deadline and not _as_it_should(stage, phase, names, named):
        named = stage.problems()
    return Seen(
        done=phase.done,
        expected=words(phase),
        began=since - began,
        holders={address: list(one) for address, one in held.items()},
        answered=answered,
        settled=settled,
        named=named,
    )


def _as_it_should(stage: Stage, phase: Phase, names: Sequence[str], named: Sequence[str]) -> bool:
    if phase.lasts:
        return not names or bool(set(names) & set(named))
    return set(named) <= stage.variant.known_problems


def window(witness: Witness, since: float, until: float) -> Window:
    """What was seen of the watched address in that time, which may begin before a phase was told."""
    probes = [probe for probe in witness.probes if since <= probe.sent < until]
    found = silences(probes, INTERVAL_SECONDS)
    held, none_for, two_for = before(witness, since), 0.0, 0.0
    last, changed = since, None
    for when, names in [*((w, n) for w, n in witness.holders if since < w < until), (until, ())]:
        if len(held) == 0:
            none_for += when - last
        elif len(held) > 1:
            two_for += when - last
        if when < until and names != held:
            changed = when - since
        held, last = names, when
    return Window(
        lost=sum(probe.answered is None for probe in probes),
        silence=max((one.seconds for one in found), default=0.0),
        none_for=none_for,
        two_for=two_for,
        changed=changed,
    )


def before(witness: Witness, when: float) -> tuple[str, ...]:
    """Who held the watched address just then."""
    return next((names for time, names in reversed(witness.holders) if time <= when), witness.holders[0][1])


def long_silences(witness: Witness) -> list[Silence]:
    """Those that a picture shows."""
    found = silences(witness.probes, INTERVAL_SECONDS)
    return [one for one in found if one.lost and one.seconds >= SHORTEST_SILENCE]
