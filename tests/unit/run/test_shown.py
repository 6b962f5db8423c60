"""Whatever a node says, a terminal is told nothing by what is printed, but pyinfra's own colours."""

import logging
from collections.abc import Iterator

import click
import pytest
from pyinfra import logger

from keepalived.run.shown import show_plain

EVIL = "\x1b[2J\x1b[1;1Hall is well\x1b[8m \x1b]0;title\x07 \x9b31m \u202e"


@pytest.fixture
def printed() -> Iterator[list[str]]:
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    before = list(logger.filters)
    show_plain()
    show_plain()
    yield found
    logger.removeHandler(handler)
    logger.filters = before


@pytest.mark.parametrize("arguments", [(f"[server01] {EVIL}",), ("[%s] %s", "server01", EVIL)])
def test_what_a_command_has_said_does_not_reach_the_terminal_as_it_is(
    printed: list[str], arguments: tuple[str, ...]
) -> None:
    logger.error(*arguments)
    assert "all is well" in printed[0]
    assert "server01" in printed[0]
    assert not any(letter in printed[0] for letter in "\x1b\x9b\x07\u202e")


def test_pyinfras_colours_stay(printed: list[str]) -> None:
    text = click.style("[server01]", bold=True) + " 100 % " + click.style("Success", "green")
    logger.error(text)
    assert printed == [text]
