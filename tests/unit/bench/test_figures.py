"""What a run has measured is kept as it was, and told as medians with their spread."""

from pathlib import Path

from bench.figures import Figures, number, ratios, read, table

MEASURE = "longest silence, ms"


def taken() -> Figures:
    figures = Figures("moves", "a machine", "2026-01-31", {"keepalived": "2.2.7"}, "full", 0.1)
    for ours, theirs in ((1.0, 600), (2.0, 640), (3.0, 4600)):
        figures.note("restart", "ours", MEASURE, ours)
        figures.note("restart", "theirs", MEASURE, theirs)
    figures.note("reload", "ours", MEASURE, 0)
    return figures


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    figures = taken()
    assert read(figures.write(tmp_path / "results")) == figures


def test_a_table_has_the_median_and_the_spread() -> None:
    assert table(taken(), MEASURE, ["ours", "theirs"]) == [
        "|  | ours | theirs |",
        "|---|---|---|",
        "| restart | 2 (1\N{EN DASH}3) | 640 (600\N{EN DASH}4,600) |",
        "| reload | 0 |  |",
    ]


def test_a_ratio_is_of_medians_and_left_out_where_there_is_none() -> None:
    assert ratios(taken(), MEASURE, "ours", ["ours", "theirs"])[2:] == ["| restart | 320 |"]


def test_a_number_has_the_digits_that_say_something() -> None:
    told = [number(value) for value in (0, 0.0461, 0.5, 1, 1.384, 14.66, 289.4, 1240)]
    assert told == ["0", "0.046", "0.50", "1", "1.38", "14.7", "289", "1,240"]
