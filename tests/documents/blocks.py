"""The documents as blocks of code, sessions, commands, and words set as code."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).resolve().parents[2]
NAMES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
DOCUMENTS = sorted([*(REPOSITORY / name for name in NAMES), *REPOSITORY.glob("docs/*.md")])
LANGUAGES = {"", "yaml", "python", "json"}
PROGRAMS = frozenset(
    (
        *("pyinfra", "make", "python", "python3", "pip", ".venv/bin/python", ".venv/bin/pip", "$EDITOR", "git", "ssh"),
        *("systemctl", "journalctl", "ip", "cat", "touch", "rm", "cp", "echo", "ls", "keepalived", "tcpdump", "arping"),
        *("sysctl", "apt-mark", "ufw", "firewall-cmd", "terraform"),
    )
)
_PARSER = MarkdownIt("commonmark").enable("table")


class Block(NamedTuple):
    """A block of code. `language` is "" where none is given, as in every indented block."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.text.splitlines() if line.strip()]

    @property
    def is_session(self) -> bool:
        """Whether it shows commands, each behind a `$`, and what they write."""
        return not self.language and self.lines[0].startswith("$ ")

    @property
    def is_commands(self) -> bool:
        """Whether each of its lines is to be typed."""
        return not self.language and self.lines[0].split()[0] in PROGRAMS


class Command(NamedTuple):
    """What the documents tell somebody to type, without its comment."""

    text: str
    place: str


class Session(NamedTuple):
    """A command, and the lines that it is shown to write; `…` stands for lines that are left out."""

    document: str
    command: str
    shown: list[str]


@cache
def blocks() -> list[Block]:
    """All blocks of all documents."""
    return [
        Block(document.relative_to(REPOSITORY).as_posix(), token.map[0] + 1, token.info.strip(), token.content)
        for document in DOCUMENTS
        for token in _PARSER.parse(document.read_text(encoding="utf-8"))
        if token.type in ("fence", "code_block") and token.map
    ]


@cache
def spans() -> list[tuple[str, str]]:
    """Whatever is set as code within a sentence or a table, and its document."""
    return [
        (child.content, document.relative_to(REPOSITORY).as_posix())
        for document in DOCUMENTS
        for token in _PARSER.parse(document.read_text(encoding="utf-8"))
        for child in token.children or []
        if child.type == "code_inline"
    ]


def commands() -> list[Command]:
    """All commands, in blocks and in sentences. In a sentence a program alone (`make`) is no command."""
    found = []
    for block in blocks():
        if block.is_session:
            found += [Command(line[2:], block.place) for line in block.lines if line.startswith("$ ")]
        elif block.is_commands:
            found += [Command(text, block.place) for line in block.lines if (text := _without_comment(line))]
    for span, document in spans():
        first, _, more = span.partition(" ")
        if first in PROGRAMS and more:
            found.append(Command(span, document))
    return found


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)# .*", "", line).strip()


def sessions() -> list[Session]:
    """All commands that are shown with what they write."""
    found: list[Session] = []
    for block in blocks():
        if block.is_session:
            for line in block.lines:
                if line.startswith("$ "):
                    found.append(Session(block.document, line[2:], []))
                else:
                    found[-1].shown.append(line)
    return found


def texts() -> list[Block]:
    """The blocks without a language that are neither commands nor sessions: messages, and files of other kinds."""
    return [block for block in blocks() if not block.language and not block.is_session and not block.is_commands]


def headings(document: Path) -> Iterator[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    tokens = _PARSER.parse(document.read_text(encoding="utf-8"))
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", token.content.replace("`", "").lower())
            yield words.replace(" ", "-")
