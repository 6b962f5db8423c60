"""What a fault is made of: a function that brings it about and heals it, its name, and the diagnosis that names it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from faults.phases import Phase
from faults.stage import Stage
from faults.variants import Variant

Phases = Generator[Phase, None, None]
"""Before each `yield` something is done, and what is yielded says what is to come of it."""


def anywhere(variant: Variant) -> bool:
    """A fault that can be done to every variant."""
    return True


@dataclass(frozen=True)
class Case:
    """A fault. `named`: the ids of the diagnoses one of which status names while it lasts; none: it has none for it.
    `why_unnamed`: then why."""

    act: Callable[[Stage], Phases]
    named: tuple[str, ...]
    applies: Callable[[Variant], bool]
    why_unnamed: str

    @property
    def name(self) -> str:
        """`holder-cut`"""
        return self.act.__name__.replace("_", "-")

    @property
    def words(self) -> str:
        """What happens, in a sentence."""
        return " ".join((self.act.__doc__ or "").split())


def case(
    *named: str, applies: Callable[[Variant], bool] = anywhere, why_unnamed: str = ""
) -> Callable[[Callable[[Stage], Phases]], Case]:
    """Makes a function a case."""
    return lambda act: Case(act, named, applies, why_unnamed)
