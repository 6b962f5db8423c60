"""The documents are short where a newcomer begins, links lead somewhere, and every command is proven by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents.blocks import (
    DOCUMENTS,
    LANGUAGES,
    PROGRAMS,
    REPOSITORY,
    blocks,
    commands,
    headings,
    sessions,
    texts,
)
from tests.documents.register import FAMILIES, PROOFS, NotRun, RunBy, is_typed, plain, proof
from tests.documents.shown import Differs, compare, masked

LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
MOST_NOT_RUN = 22
KNOWN_COMMANDS = sorted({plain(one.text) for one in commands()})


def test_the_readme_is_read_in_one_go() -> None:
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def links() -> list[tuple[Path, str, str]]:
    """Each link to a file or heading of this repository: the document, the file, the heading."""
    documents = {*DOCUMENTS, *REPOSITORY.glob("*.md")}
    return [
        (document, target, anchor)
        for document in sorted(documents)
        for target, anchor in LINK.findall(document.read_text(encoding="utf-8"))
        if "://" not in target
    ]


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{document.relative_to(REPOSITORY)}: {target}#{anchor}"
        for document, target, anchor in links()
        if not (file := document.parent / target if target else document).exists()
        or (anchor and anchor not in headings(file))
    ]
    assert broken == []


def test_every_document_is_linked_from_the_readme() -> None:
    linked = {target for document, target, _ in links() if document.name == "README.md"}
    docs = {document.relative_to(REPOSITORY).as_posix() for document in DOCUMENTS if document.parent != REPOSITORY}
    assert docs - linked == set()


def test_every_block_is_of_one_kind() -> None:
    assert {block.language for block in blocks()} <= LANGUAGES
    mixed = [
        f"{block.place}: {line}"
        for block in blocks()
        if block.is_commands
        for line in block.lines
        if line.split()[0] not in {*PROGRAMS, "#"}
    ]
    assert mixed == []


def test_every_command_is_in_the_register_and_the_other_way_round() -> None:
    unknown = [f"{one.place}: {one.text}" for one in commands() if proof(one.text) is None]
    assert unknown == [], "tests/documents/register.py has to say how these are proven"
    assert set(PROOFS) - set(KNOWN_COMMANDS) == set()
    unused = [pattern for pattern in FAMILIES if not any(re.fullmatch(pattern, one.text) for one in commands())]
    assert unused == []


@pytest.mark.parametrize("command", KNOWN_COMMANDS)
def test_the_test_that_is_named_types_the_command(command: str) -> None:
    match proof(command):
        case RunBy(test, words):
            assert is_typed(words or command, test)
        case NotRun(reason):
            assert reason


def test_few_commands_are_run_by_no_test() -> None:
    assert sum(isinstance(one, NotRun) for one in PROOFS.values()) <= MOST_NOT_RUN


def test_every_target_of_make_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    named = {word for one in commands() if one.text.startswith("make ") for word in one.text.split()[1:]}
    assert named - targets == set()


def test_what_a_document_shows_is_compared_by_the_test_of_its_command() -> None:
    """Every session, by a call of `shown.holds` that names the document."""
    calls = "".join(file.read_text(encoding="utf-8") for file in REPOSITORY.glob("tests/lab/test_*.py"))
    held = re.findall(r"shown\.holds\((?:.|\n)*?\)\n", calls)
    for session in sessions():
        if session.shown:
            assert any(f'"{session.document}"' in call for call in held), f"{session.document}: {session.command}"


def test_every_text_is_compared() -> None:
    """A block that is neither a command nor in a language is what somebody reads on a terminal."""
    calls = "".join(file.read_text(encoding="utf-8") for file in REPOSITORY.glob("tests/lab/test_*.py"))
    held = re.findall(r'shown\.(?:holds_text\([^"]*|text\()"([^"]+)", "([^"]+)"', calls)
    for block in texts():
        if block.document not in OF_THE_CODE:
            begins = block.lines[0].strip()
            assert any(block.document == one and begins.startswith(words) for one, words in held), block.place


OF_THE_CODE = {"docs/architecture.md", "docs/how-it-works.md"}
"""Compared with the code itself: tests/unit/test_architecture.py and tests/unit/test_how_it_works.py."""


def test_what_came_out_is_compared_line_by_line() -> None:
    wrote = (
        "Loading\n    [server01] Connected\nnode      holds\n    [server01] 0:03 done in 2.6 s by root@host\n\nend\n"
    )
    compare(wrote, ["…", "    [server01] 1:07 done in 13 ms by alice@notebook", "…"], "here")
    compare(wrote, ["Loading", "…", "node  holds", "…", "end"], "here")
    for shown in (
        ["…", "    [server02] 0:03 done in 2.6 s by root@host", "…"],  # another node
        ["…", "node holds", "end"],  # a line is missing
        ["…", "node holds", "…", "    [server01] Connected", "…"],  # the other way round
        ["…", "node holds"],  # not the end
        ["    [server01] Connected", "…"],  # not the beginning
    ):
        with pytest.raises(Differs):
            compare(wrote, shown, "here")


def test_only_what_differs_from_run_to_run_is_masked() -> None:
    assert masked("10.10.0.2: 281 of 281 answered, longest silence 15 ms") == "10.10.0.2: ANSWERED"
    assert masked("10.10.0.2 port 443: 40 of 40 established connections kept") == (
        "10.10.0.2 port PORT: COUNT established connections kept"
    )
    assert masked("server02  10.10.0.2  MASTER  102 (2)  4 s ago") == "server02 10.10.0.2 MASTER 102 (2) SECONDS ago"
    assert masked("managers.yml: 300 is not in 1..255") == "managers.yml: 300 is not in 1..255"
