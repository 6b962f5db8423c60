"""The picture of who held an address shows what it is given, and the same each time."""

from pathlib import Path
from xml.etree import ElementTree

from bench.timeline import SILENT, Timeline, _rows, draw_timeline, draw_timelines

HOLDERS = [(0.0, ("server01",)), (2.0, ()), (6.0, ("server02",)), (8.0, ("server02",))]
NODES = ["server01", "server02", "server03"]


def words(path: Path) -> list[str]:
    """All text in an SVG file."""
    root = ElementTree.fromstring(path.read_text())  # noqa: S314 (written by the test itself)
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_names_nodes_marks_silences_and_connections(tmp_path: Path) -> None:
    path = tmp_path / "pictures/one.svg"
    marks, alive = [(2.0, "power cut")], [(0.0, 50), (3.0, 7)]
    draw_timeline(
        path, "server01 dies", holders=HOLDERS, nodes=NODES, silences=[(2.0, 6.1)], marks=marks, connections=alive
    )
    said = words(path)
    for expected in ("server01 dies", *NODES, "power cut", "4.1 s", "7 of 50 "):
        assert expected in said


def test_nothing_is_red_where_an_address_always_answered(tmp_path: Path) -> None:
    path = tmp_path / "one.svg"
    held = [(0.0, ("server01",)), (8.0, ("server01",))]
    draw_timeline(path, "a quiet day", holders=held, nodes=NODES)
    assert SILENT not in path.read_text()
    draw_timeline(path, "a lost packet", holders=held, nodes=NODES, silences=[(2.0, 2.001)])
    assert SILENT in path.read_text()


def test_the_same_run_gives_the_same_file(tmp_path: Path) -> None:
    both = [Timeline("ours", HOLDERS, NODES), Timeline("theirs", HOLDERS, NODES, connections=[(0.0, 3)])]
    for name in ("one.svg", "two.svg"):
        draw_timelines(tmp_path / name, both)
    assert (tmp_path / "one.svg").read_text() == (tmp_path / "two.svg").read_text()


def test_the_words_of_marks_that_are_near_each_other_stand_in_lines_of_their_own() -> None:
    marks = [(1.0, "server01 is drained"), (1.2, "server02 holds it"), (6.0, "restored")]
    rows = _rows(Timeline("ours", [(0.0, ()), (10.0, ())], NODES, marks=marks))
    assert [[words for _, words in row] for row in rows] == [
        ["server01 is drained", "restored"],
        ["server02 holds it"],
    ]
