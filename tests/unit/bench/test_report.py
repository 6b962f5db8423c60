"""The document's figures are those that the runs have written."""

import pytest

from bench.report import BEGIN, DOCUMENT, END, PICTURES, RESULTS, SECTIONS, figures_part, results

PICTURES_OF = {"picture": "deploy.svg", "moves": "moves.svg", "failovers": "failovers.svg", "scale": "scale.svg"}


def test_the_document_says_what_the_runs_have_written() -> None:
    part = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert part.strip() == figures_part(results()).strip(), "`.venv/bin/python -m bench --write`"


@pytest.mark.parametrize("group", [*SECTIONS, "picture"])
def test_every_group_has_been_taken(group: str) -> None:
    figures = results()[group]
    assert figures.group == group
    assert figures.machine
    assert figures.figures


def test_every_picture_is_there() -> None:
    assert {path.name for path in PICTURES.glob("*.svg")} >= set(PICTURES_OF.values())
    assert {path.stem for path in RESULTS.glob("*.json")} >= set(PICTURES_OF)
