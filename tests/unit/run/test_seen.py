"""What is told of the probes a client sent: how many, how long the silence, when, and during which step."""

import time

import pytest

from keepalived.run.probe.account import Event, Probe, Silence, account, silences, stalled

START = 1_700_000_000.0
TICK = 0.01


def probes(answers: str, rtt: float = 0.001) -> list[Probe]:
    """One probe a tick: `.` answered, `x` lost, `s` half a second in which we sent nothing, then answered."""
    found, now = [], START
    for answer in answers:
        now += 0.5 if answer == "s" else TICK
        found.append(Probe(now, None if answer == "x" else now + rtt))
    return found


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("....", "10.10.0.2: 4 of 4 answered, longest silence 10 ms"),
        ("..xxx..", "10.10.0.2: 4 of 7 answered, 3 lost; the longest silence 40 ms at {}"),
        ("xx...", "10.10.0.2: 3 of 5 answered, 2 lost; the longest silence 21 ms at {}"),
        ("...xx", "10.10.0.2: 3 of 5 answered, 2 lost; the longest silence 19 ms at {}"),
        (".x..xxxx.", "10.10.0.2: 4 of 9 answered, 5 lost; the longest silence 50 ms at {}"),
        ("", "10.10.0.2: 0 of 0 answered"),
        (
            "..s..",
            "10.10.0.2: 5 of 5 answered, longest silence 10 ms "
            "(this machine itself was too busy to look for up to 500 ms)",
        ),
    ],
)
def test_the_account_counts_the_lost_and_takes_our_own_stalls_apart(answers: str, expected: str) -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(START))
    assert account("10.10.0.2", probes(answers), TICK) == expected.format(clock)


def test_large_counts_are_grouped() -> None:
    assert account("::2", probes("." * 1820), TICK) == "::2: 1,820 of 1,820 answered, longest silence 10 ms"


def test_a_loss_is_told_with_the_step_that_ran_then() -> None:
    steps = [
        Event(START, "managers", "server03", "Restart keepalived"),
        Event(START + 0.03, "managers", "server01", "Hand over"),
        Event(START + 9, "managers", "server01", "Take back"),
    ]
    line = account("10.10.0.2", probes("...xx......"), TICK, steps)
    assert line.endswith('while "Hand over" ran on server01')


def test_a_silence_counts_from_the_last_answer_to_the_next() -> None:
    first, second = silences(probes(".x."), TICK)[-1:], silences(probes("xx"), TICK)
    assert (first[0].lost, round(first[0].seconds, 3)) == (1, 0.02)
    assert second == [Silence(START + TICK, pytest.approx(0.01), 2)]


def test_a_stall_is_ours_when_we_sent_late_by_more_than_an_interval() -> None:
    assert stalled(probes("....x.."), TICK) == 0
    assert stalled(probes("..s.."), TICK) == pytest.approx(0.5)
