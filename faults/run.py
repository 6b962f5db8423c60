"""Does the faults to one variant after the other, and keeps what came of each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from faults.audit import audit, long_silences, window
from faults.cases.case import Case
from faults.phases import Phase, Result, Seen, differences
from faults.stage import UNCHANGED, Stage
from faults.variants import Variant
from lab.errors import LabError
from lab.operator import copy_repository
from lab.talking import Talking
from lab.witness import Witness

TALKING = 20
MOST_CHARACTERS = 600
Keep = Callable[[Result], None]


def run_variant(variant: Variant, cases: Iterable[Case], *, kills: int, seed: int, machine: str, keep: Keep) -> None:
    """Brings up the variant and does each case to it. The lab ends with this process, however that ends."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(variant, copy_repository(Path(folder)), kills=kills, seed=seed)
        try:
            stage.deploy()
            for case in cases:
                keep(run_case(stage, case, machine))
        finally:
            stage.down()


def run_case(stage: Stage, case: Case, machine: str) -> Result:
    """One case, with the hosts at rest before it and after it."""
    date, began = time.strftime("%Y-%m-%d"), time.time()
    stage.chance.seed(f"{stage.seed} {stage.variant.name} {case.name}")
    result = Result(
        variant=stage.variant.name, case=case.name, date=date, machine=machine, seconds=0, phases=[], differs=[]
    )
    told: list[Phase] = []
    starts: list[float] = []
    try:
        with ExitStack() as stack:
            witness = stack.enter_context(Witness(stage.lab, stage.address))
            began = time.time()
            talking = None
            if stage.variant.kind == "connections":
                talking = stack.enter_context(Talking(stage.lab, stage.address, TALKING))
            acting = case.act(stage)
            stack.callback(acting.close)
            while True:
                since, stage.since = time.time(), None
                phase = next(acting, None)
                if phase is None:
                    break
                starts.append(since)
                told.append(phase)
                result.phases.append(audit(stage, phase, case.named, stage.since or since, began))
            result.deploy = stage.redeploy()
            ended = time.time()
        if talking is not None:
            result.broken = sum(talking.broken.values())
        _look_back(result, witness, began, [*starts, ended])
    except LabError as error:
        result.differs.append(f"it could not be done to its end: {_end_of(str(error))}")
    result.differs += judge(stage, case, told, result)
    try:
        stage.repair(quick=not result.differs)
    except LabError as error:
        result.differs.append(f"the hosts did not come to rest: {_end_of(str(error))}")
    result.seconds = time.time() - began
    return result


def judge(stage: Stage, case: Case, told: list[Phase], result: Result) -> list[str]:
    """In what the case was not as expected."""
    known = stage.variant.known_problems
    found = [
        one
        for phase, seen in zip(told, result.phases, strict=False)
        for one in differences(phase, seen, known, case.named)
    ]
    if result.broken and not any(phase.breaks for phase in told):
        found.append(f"{result.broken} established connections ended")
    if result.deploy not in ("", UNCHANGED):
        found.append(f"a deploy afterwards did not leave all as it was: {result.deploy}")
    return found


def _look_back(result: Result, witness: Witness, began: float, bounds: list[float]) -> None:
    """What the witness saw of each phase is known when it has ended."""
    seen: Seen
    for seen, (since, until) in zip(result.phases, pairwise(bounds), strict=True):
        found = window(witness, since, until)
        seen.lost, seen.silence = found.lost, found.silence
        seen.none_for, seen.two_for = found.none_for, found.two_for
        if seen.settled is not None and found.changed is not None and len(result.phases[0].holders) == 1:
            seen.settled = max(0.0, found.changed - (seen.began + began - since))
        elif seen.settled is not None and found.changed is None:
            seen.settled = 0.0
    result.holders = [(round(when - began, 3), names) for when, names in witness.holders]
    result.silences = [
        (round(one.start - began, 3), round(one.start + one.seconds - began, 3)) for one in long_silences(witness)
    ]


def _end_of(text: str) -> str:
    """What a command said last tells why."""
    return text if len(text) <= MOST_CHARACTERS else f"… {text[-MOST_CHARACTERS:]}"
