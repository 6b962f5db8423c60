"""How a running daemon is restarted: which steps, in which order, for every situation there is."""

from itertools import product

import pytest

from keepalived.plan.change import Situation, Step, restart_steps

HOLDER = Situation(
    holds=True,
    incompatible=False,
    taken_over=None,
    can_hand_over=True,
    drained=False,
    reload_carries=True,
    force=False,
)
PARTED = {"incompatible": True, "reload_carries": False}
ALONE = {"can_hand_over": False}
TABLE = [
    ("a backup restarts", {"holds": False}, [Step.RESTART]),
    ("a backup restarts, whatever changes", {"holds": False, **PARTED}, [Step.RESTART]),
    (
        "a holder hands over and takes back",
        {},
        [Step.HAND_OVER, Step.SEE_HANDED_OVER, Step.RESTART, Step.TAKE_BACK],
    ),
    ("a drained holder waits for its successor", {"drained": True}, [Step.SEE_HANDED_OVER, Step.RESTART]),
    ("a holder alone reloads", ALONE, [Step.WARN_RELOAD, Step.RELOAD]),
    ("a holder alone reloads although it is forced", {**ALONE, "force": True}, [Step.WARN_RELOAD, Step.RELOAD]),
    ("a holder alone that cannot reload is refused", {**ALONE, "reload_carries": False}, [Step.REFUSE]),
    ("unless it is forced", {**ALONE, "reload_carries": False, "force": True}, [Step.RESTART]),
    ("what parts the nodes is looked at first", PARTED, [Step.PUT_IN_PLACE, Step.SEE_TAKEN_OVER]),
    ("and who is replaced restarts", {**PARTED, "taken_over": True}, [Step.RESTART]),
    (
        "and who is not replaced hands over",
        {**PARTED, "taken_over": False},
        [Step.HAND_OVER, Step.SEE_HANDED_OVER, Step.RESTART, Step.TAKE_BACK],
    ),
    ("and who is alone is refused", {**PARTED, **ALONE, "taken_over": False}, [Step.REFUSE]),
    ("unless that is forced", {**PARTED, **ALONE, "taken_over": False, "force": True}, [Step.RESTART]),
]


@pytest.mark.parametrize(("situation", "steps"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_steps_of_a_restart(situation: dict[str, bool], steps: list[Step]) -> None:
    assert list(restart_steps(Situation(**{**vars(HOLDER), **situation}))) == steps


EVERY = [
    Situation(holds, incompatible, taken_over, can_hand_over, drained, reload_carries, force)
    for holds, incompatible, taken_over, can_hand_over, drained, reload_carries, force in product(
        (True, False), (True, False), (None, True, False), (True, False), (True, False), (True, False), (True, False)
    )
]


@pytest.mark.parametrize("now", EVERY)
def test_no_holder_stops_before_another_node_has_its_addresses_unless_forced(now: Situation) -> None:
    steps = restart_steps(now)
    if Step.RESTART in steps and now.holds and not now.taken_over:
        before = steps[: steps.index(Step.RESTART)]
        assert Step.SEE_HANDED_OVER in before or (now.force and not now.can_hand_over and not now.reload_carries)


@pytest.mark.parametrize("now", EVERY)
def test_a_restart_comes_to_an_end(now: Situation) -> None:
    steps = restart_steps(now)
    if steps[-1] is Step.SEE_TAKEN_OVER:
        for seen in (True, False):
            steps = restart_steps(Situation(**{**vars(now), "taken_over": seen}))
            assert steps[-1] in (Step.RESTART, Step.RELOAD, Step.TAKE_BACK, Step.REFUSE)
    else:
        assert steps[-1] in (Step.RESTART, Step.RELOAD, Step.TAKE_BACK, Step.REFUSE)


@pytest.mark.parametrize("now", EVERY)
def test_only_the_drain_of_this_change_is_taken_back(now: Situation) -> None:
    steps = restart_steps(now)
    assert (Step.HAND_OVER in steps) == (Step.TAKE_BACK in steps)
