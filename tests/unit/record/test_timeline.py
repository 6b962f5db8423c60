"""What a drawing says of the time between two looks, and where things stand in it."""

import pytest

from keepalived.record.events import ClientView, HeldThen, Line, Seen, Unanswered
from keepalived.record.timeline import MARGIN, RIGHT, WIDTH, axis, clock, draw, stretches

A = "10.10.0.2"


def looks(*held: tuple[float, dict[str, str | None]]) -> list[HeldThen]:
    """`(1.0, {"server01": A, "server02": ""})`; None: could not be read."""
    return [
        HeldThen(time, {node: None if has is None else frozenset(has.split()) for node, has in nodes.items()})
        for time, nodes in held
    ]


def test_a_change_lies_between_the_last_look_before_it_and_the_first_after_it() -> None:
    seen = looks((1, {"one": A, "two": ""}), (2, {"one": A, "two": ""}), (3, {"one": "", "two": A}))
    assert stretches(seen, "one", A) == [(1, 2, "held"), (2, 3, "between")]
    assert stretches(seen, "two", A) == [(2, 3, "between")]


def test_what_could_not_be_read_is_not_told_as_not_held() -> None:
    seen = looks((1, {"one": A}), (2, {"one": None}), (3, {"one": None}), (4, {"one": A}), (5, {"one": A}))
    assert stretches(seen, "one", A) == [(1, 4, "unread"), (4, 5, "held")]


def test_nothing_is_drawn_before_the_first_look_and_after_the_last() -> None:
    assert stretches(looks((1, {"one": A})), "one", A) == []
    assert stretches([], "one", A) == []


def test_two_at_once_are_both_drawn() -> None:
    seen = looks((1, {"one": A, "two": A}), (2, {"one": A, "two": A}))
    assert [stretches(seen, node, A) for node in ("one", "two")] == [[(1, 2, "held")]] * 2


def test_times_lie_between_the_edges_and_a_short_silence_can_be_seen() -> None:
    seen = Seen((A,), ("one", "two"), looks((100, {"one": A, "two": ""}), (110, {"one": A, "two": ""})))
    seen.watched[A] = ClientView(100, 110, (Unanswered(105, 0.001, 1),))
    drawn = draw(seen, [Line(105, "--> Starting operation: keepalived | Drain", "plain")], 100, 110)
    bars = {bar.kind: bar for bar in drawn.bars}
    assert (bars["held"].x, bars["held"].x + bars["held"].width) == (MARGIN, WIDTH - RIGHT)
    assert bars["lost"].width == 2
    assert bars["lost"].words == "1 lost within 1 ms"
    assert [mark.x for mark in drawn.steps] == [(MARGIN + WIDTH - RIGHT) / 2]
    assert [mark.words for mark in drawn.rows] == ["one", "two", "a client"]
    assert max(bar.y + bar.height for bar in drawn.bars) < drawn.height


def test_an_address_that_nobody_watched_has_no_row_of_a_client() -> None:
    assert [mark.words for mark in draw(Seen((A,), ("one",)), [], 0, 1).rows] == ["one"]


def test_numbers_of_steps_do_not_cover_one_another() -> None:
    begun = [Line(at, "--> Starting operation: x", "plain") for at in (0, 0.05, 0.1, 5)]
    assert [mark.words for mark in draw(Seen((A,), ("one",)), begun, 0, 10).steps] == ["1", "", "", "4"]


@pytest.mark.parametrize(
    ("span", "last", "words"),
    [(0.5, 0.5, "0.5 s"), (10, 10, "10 s"), (59, 50, "50 s"), (600, 600, "10:00"), (90000, 86400, "24:00:00")],
)
def test_the_axis_has_round_times(span: float, last: float, words: str) -> None:
    ticks = axis(span)
    assert 2 <= len(ticks) <= 11
    assert (ticks[0], ticks[-1], clock(ticks[-1])) == (0, last, words)
