"""The steps of a run, read from what pyinfra prints: when each began, how long it took, and how it ended."""

from keepalived.record.events import Line
from keepalived.record.steps import in_words, steps

BEGINS = "--> Starting operation: keepalived | "


def lines(*told: tuple[float, str]) -> list[Line]:
    return [Line(time, text, "plain") for time, text in told]


def test_a_step_lasts_until_the_next_heading_and_tells_the_worst_first() -> None:
    printed = lines(
        (1, "--> Preparing operations..."),
        (2, f"{BEGINS}Test the configuration "),
        (3, "    [server01] Success"),
        (4, "    [@fake/server02] Error: executed 1 commands"),
        (5, "    [server03]   No changes"),
        (7, f"{BEGINS}Change one node"),
        (8, "    [server01] Success on retry 1"),
        (9, "--> The nodes:"),
        (10, "    [server02] Success"),
    )
    first, second = steps(printed, 20)
    assert (first.number, first.name, first.begin, first.seconds) == (1, "keepalived | Test the configuration", 2, 5)
    assert in_words(first) == "Error: @fake/server02; Success: server01; No changes: server03"
    assert (second.number, second.seconds, in_words(second)) == (2, 2, "Success: server01")


def test_a_step_that_was_left_in_the_middle_says_so_and_lasts_until_the_end() -> None:
    (left,) = steps(lines((2, f"{BEGINS}Drain"), (3, "    [server01] 0:01 the flag is set")), 7)
    assert (left.seconds, in_words(left)) == (5, "did not come to its end")


def test_a_node_that_speaks_of_success_has_not_ended_a_step() -> None:
    (left,) = steps(lines((2, f"{BEGINS}Drain"), (3, "    [server01] Successor is server02"), (4, "Success")), 7)
    assert left.ended == {}


def test_a_plan_has_no_steps() -> None:
    assert steps(lines((1, "--> Proposed changes:"), (2, "    [server01] Success")), 7) == []
