"""keepalived.conf as words and blocks, whoever wrote it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

Block = list[tuple[list[str], "Block"]]
"""A block of keepalived.conf: its lines in order, each as words and the block that follows it (empty for most)."""


class Token(NamedTuple):
    """A `word`, a `quoted` one, a `brace`, or the end of a line."""

    kind: str
    text: str


def parse_blocks(text: str) -> Block:
    """The lines and blocks of a configuration. Raises ValueError on braces that do not match."""
    return _block(_tokens(text), inner=False)


END = Token("end of line", "")


def _tokens(text: str) -> Iterator[Token]:
    """The words and braces, without comments; quotes are taken off."""
    for line in text.splitlines():
        for found in re.finditer(r'"(?P<quoted>[^"]*)"|[#!].*|(?P<brace>[{}])|(?P<word>[^\s"{}#!]+)', line):
            if found.lastgroup:
                yield Token(found.lastgroup, found[found.lastgroup])
        yield END


def _block(tokens: Iterator[Token], *, inner: bool) -> Block:
    block: Block = []
    words: list[str] = []
    for token in tokens:
        if token.kind in ("word", "quoted"):
            words.append(token.text)
            continue
        if words:
            block.append((words, []))
            words = []
        if token == ("brace", "{"):
            if not block:
                raise ValueError("a { without a name")
            block[-1] = (block[-1][0], _block(tokens, inner=True))
        elif token == ("brace", "}"):
            if not inner:
                raise ValueError("a } too many")
            return block
    if inner:
        raise ValueError("a } is missing")
    return block


def first(block: Block, keyword: str) -> Block:
    return next((inner for words, inner in block if words[0] == keyword), [])


def value_of(block: Block, keyword: str, default: str) -> str:
    return next((words[1] for words, _ in block if words[0] == keyword and len(words) > 1), default)
