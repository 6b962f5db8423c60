"""A checkpoint is read again as it was written; what is none is refused."""

from itertools import product

import pytest

from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.spec.flag import RunKind

BEGUN = "2026-01-31 10:11:12 UTC"
BOOT = "5a1c3b0e-9d3f-4f0c-8a55-1f2e3d4c5b6a/21"
WHOLE = f"""\
run: reboot
by: alice@notebook
begun: {BEGUN}
boot: {BOOT}
availability: Active
waiting: agent=1 web=2
"""
SHORT = WHOLE.partition("availability")[0]


def test_a_checkpoint_as_the_file_has_it() -> None:
    written = Checkpoint(run="reboot", by="alice@notebook", begun=BEGUN, boot=BOOT)
    assert written.content == SHORT
    assert written.drained_in_swarm("Active", {"web": 2, "agent": 1}).content == WHOLE
    assert written.drained_in_swarm("Active", {}).content == f"{SHORT}availability: Active\nwaiting: \n"
    assert (written.availability, written.waiting) == (None, {})  # the first one stays as it was


RUNS: list[RunKind] = ["deploy", "reboot", "upgrade"]
SWARM: list[tuple[str | None, dict[str, int]]] = [
    (None, {}),
    ("Active", {}),
    ("Pause", {"web": 1}),
    ("Drain", {"agent": 1, "web-2_a.b": 12}),
]
WRITTEN = [
    Checkpoint(run=run, by=by, begun=begun, boot=boot, availability=availability, waiting=waiting)
    for run, by, begun, boot, (availability, waiting) in product(
        RUNS,
        ["alice@notebook", "ålice: the 2nd@notebook"],
        [BEGUN, "unknown"],
        [BOOT, ""],
        SWARM,
    )
]


@pytest.mark.parametrize("written", WRITTEN)
def test_what_is_written_is_read_again(written: Checkpoint) -> None:
    assert read_checkpoint(written.content) == written


def test_what_a_service_lacked_is_written_only_with_the_availability() -> None:
    assert Checkpoint(run="reboot", waiting={"web": 1}).content == "run: reboot\nby: somebody\nbegun: unknown\nboot: \n"


READ = [
    ("run: upgrade\n", Checkpoint(run="upgrade")),
    ("run: reboot", Checkpoint(run="reboot")),  # without a line break
    ("boot: x/1\nrun: reboot\n", Checkpoint(run="reboot", boot="x/1")),
    ("run: reboot\nboot:x/1\n", Checkpoint(run="reboot", boot="x/1")),
    ("run: deploy\nrun: reboot\n", Checkpoint(run="reboot")),  # the last one counts
    ("a note\nrun: reboot\nsince: yesterday\n", Checkpoint(run="reboot")),  # of a later version
    (f"{WHOLE}waiting: db=1  web=3\n", read_checkpoint(WHOLE).drained_in_swarm("Active", {"db": 1, "web": 3})),
]


@pytest.mark.parametrize(("text", "written"), READ)
def test_what_a_checkpoint_does_not_say_is_unknown(text: str, written: Checkpoint) -> None:
    assert read_checkpoint(text) == written


NO_RECORD = ["", "\n", "reboot\n", "by: alice\n", "run:\n", "run: sleep\n", "run: Reboot\n", " run: reboot\n", "\0\1"]


@pytest.mark.parametrize("text", NO_RECORD)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="run"):
        read_checkpoint(text)


@pytest.mark.parametrize("waiting", ["web", "web=", "web=some", "=web", "agent=1 web", "web=1.5", "web=1=2"])
def test_a_checkpoint_that_does_not_say_how_many_tasks_were_lacking_is_refused(waiting: str) -> None:
    with pytest.raises(ValueError, match="int"):
        read_checkpoint(f"{SHORT}availability: Active\nwaiting: {waiting}\n")
