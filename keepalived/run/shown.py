"""What is printed while a run goes on, as it is safe to show: pyinfra prints as it is what a failed command said."""

from __future__ import annotations

import logging
import re

from pyinfra import logger

from keepalived.spec.plain_text import plain

STYLE = re.compile(r"(\x1b\[(?:0|1|3[1-6])m)")
"""Bold and the colours in which pyinfra prints: all that a terminal is told."""


def show_plain() -> None:
    """From now on what pyinfra prints is plain but for its own colours."""
    logger.addFilter(_made_plain)


def _made_plain(record: logging.LogRecord) -> bool:
    if isinstance(record.msg, str):
        text = record.getMessage()
        pieces = STYLE.split(text)  # each second one is a style
        shown = "".join(piece if number % 2 else plain(piece) for number, piece in enumerate(pieces))
        if shown != text:
            record.msg, record.args = shown, ()
    return True
