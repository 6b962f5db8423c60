"""What is expected in each phase of a fault, what was seen, and in what they differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

Holders = tuple[str, ...]
Allowed = Mapping[str, Sequence[Holders]]
"""For each address the sets of holders with which all is well, each sorted."""

LOST_BY_A_MOVE = 2  # probes: a client asks every millisecond, and two hosts are not quicker than that
BUSY_SECONDS = 0.1  # a silence so short is this machine's own


@dataclass(frozen=True)
class Phase:
    """What has just been done, and what is to come of it.

    `silence`: for how many seconds clients may go without an answer; 0: they notice nothing; None: all the time.
    `within`: seconds until the holders are as expected and stay so. `lasts`: the fault is there, so status names it.
    `breaks`: established connections may end. `unreached`: from the operator's machine the holder is out of reach.
    """

    done: str
    allowed: Allowed
    silence: float | None = 0.0
    within: float = 5.0
    lasts: bool = True
    breaks: bool = False
    unreached: bool = False


class Seen(BaseModel):
    """What was seen of a phase, as it is kept."""

    done: str
    expected: str
    began: float
    """Seconds since the case began."""
    holders: dict[str, list[str]]
    """By the kernels' own word, once settled."""
    answered: dict[str, list[str]]
    """Who answers to ARP or neighbour discovery: hosts by name, others by MAC address."""
    settled: float | None
    """Seconds until the last change of a holder; None: they were never as expected."""
    named: list[str] | None
    """The ids in status; None: it was not asked."""
    lost: int = 0
    silence: float = 0.0
    none_for: float = 0.0
    two_for: float = 0.0


class Result(BaseModel):
    """One case in one variant, as a line of the results."""

    variant: str
    case: str
    date: str
    machine: str
    seconds: float
    phases: list[Seen]
    broken: int | None = None
    """Established connections that ended; None: there were none."""
    deploy: str = ""
    """What a deploy afterwards did."""
    differs: list[str] = []
    """In what it was not as expected; none: it held."""
    holders: list[tuple[float, tuple[str, ...]]] = []
    silences: list[tuple[float, float]] = []


@dataclass(frozen=True)
class Window:
    """What a client and the kernels saw of the watched address from the begin of a phase to that of the next one."""

    lost: int
    silence: float
    none_for: float
    two_for: float
    changed: float | None = field(default=None)
    """Seconds until the last change of holders; None: there was no change."""


def words(phase: Phase) -> str:
    """What is expected, for people."""
    sets = {tuple(one) for one in phase.allowed.values()}
    counts = {len(holders) for one in sets for holders in one}
    holders = " or ".join(
        {0: "no holder", 1: "one holder"}.get(count, f"{count} holders") for count in sorted(counts, reverse=True)
    )
    if len(sets) == 1 and len(one := next(iter(sets))) == 1 and one[0]:
        holders = " and ".join(one[0])
    lost = {None: "no answer meanwhile", 0.0: "nothing lost"}.get(
        phase.silence, f"silence of {phase.silence} s at most"
    )
    return f"{holders}; {lost}"


def differences(phase: Phase, seen: Seen, known: set[str], names: Sequence[str]) -> list[str]:
    """In what a phase was not as expected. `known`: what status tells at rest. `names`: the ids one of which status
    must name while the fault lasts; none: it has no id for it."""
    found = []
    for address, allowed in phase.allowed.items():
        holders = tuple(seen.holders.get(address, ()))
        if holders not in [tuple(one) for one in allowed]:
            found.append(f"{address} is held by {' and '.join(holders) or 'nobody'}")
        elif not phase.unreached and not answers_agree(holders, seen.answered.get(address, [])):
            found.append(f"{' and '.join(seen.answered.get(address, [])) or 'nobody'} answers for {address}")
    if seen.settled is None:
        found.append("it did not settle")
    elif seen.settled > phase.within:
        found.append(f"it settled in {seen.settled:.1f} s, not in {phase.within:g} s")
    if phase.silence is not None and not quiet_enough(phase.silence, seen):
        found.append(f"{seen.lost} lost, silence of {seen.silence:.2f} s")
    if seen.named is not None:
        told = set(seen.named)
        if phase.lasts and names and not told & set(names):
            found.append(f"status does not name {' or '.join(names)}: {', '.join(seen.named) or 'nothing is wrong'}")
        if not phase.lasts and told - known:
            found.append(f"status tells {', '.join(sorted(told - known))} of a healthy cluster")
    return [f"{phase.done}: {one}" for one in found]


def answers_agree(holders: Holders, answered: Sequence[str]) -> bool:
    """Whether those who answer are those who hold: all of them, and nobody else."""
    return sorted(holders) == sorted(answered)


def quiet_enough(allowed: float, seen: Seen) -> bool:
    """Whether clients went without an answer for no longer than they may."""
    if allowed == 0.0:
        return seen.lost <= LOST_BY_A_MOVE or seen.silence <= BUSY_SECONDS
    return seen.silence <= allowed
