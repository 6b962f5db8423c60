"""The drawings of docs/how-it-works.md are what the functions and the simulated cluster say today."""

from tests.documents.drawn import PAGE, deploy, drain, drawn


def test_the_drawings_are_todays() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert drawn(text) == text, "`make docs` draws them anew"


def test_each_drawing_has_a_holder_in_every_moment() -> None:
    for drawing in (drain(), deploy()):
        nodes = [line.split()[1] for line in drawing.splitlines()[1:]]
        assert {len(node) for node in nodes} == {len(nodes[0])}
        assert all(set(moment) & set("#D") for moment in zip(*nodes, strict=True))
        assert nodes[0].startswith("#")
