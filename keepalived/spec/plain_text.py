"""Text from a node as it is safe to show: a terminal obeys what it is shown. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """The same text, each control or format character but line breaks and tabs replaced."""
    if text.replace("\n", "").replace("\t", "").isprintable():  # as nearly all are: looked at at once
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else REPLACEMENT for letter in text)


PlainText = Annotated[str, AfterValidator(plain)]
