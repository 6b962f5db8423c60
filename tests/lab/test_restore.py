"""Putting nodes back in service; test_drain.py has each drain followed by a restore."""

from __future__ import annotations

from lab.operator import DRAIN, RESTORE, Operator
from tests.lab.conftest import on


@on("bookworm")
def test_restoring_twice_changes_nothing(managers: Operator) -> None:
    managers.types(f"{DRAIN} --limit server01")
    managers.types(f"{RESTORE} --limit server01")
    run = managers.types(f"{RESTORE} --limit server01")
    run.line("No change: in service, holds 10.10.0.2")
