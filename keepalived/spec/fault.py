"""A fault of a cluster file. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing wrong with a cluster: where (dotted, `instances.VI_1.advert_int`), and what, in words.

    `rests_on`: what else it is judged by, and would be no fault if that stood there otherwise.
    """

    path: str
    problem: str
    rests_on: tuple[str, ...] = ()
