"""All faults by name, in the order in which they are done."""

from __future__ import annotations

from types import ModuleType

from faults.cases import checks, daemon, deploys, flags, links, load, operators, power, strangers
from faults.cases.case import Case

SUBJECTS = (links, daemon, power, load, flags, strangers, checks, deploys, operators)


def _of(module: ModuleType) -> list[Case]:
    return [one for one in vars(module).values() if isinstance(one, Case)]


CASES: dict[str, Case] = {one.name: one for module in SUBJECTS for one in _of(module)}
