"""What a document shows beside what came out: alike but for what no two runs have in common."""

from __future__ import annotations

import re

from tests.documents.blocks import Block, Session, sessions, texts

LEFT_OUT = "…"
MASKS = {
    "ANSWERED": r"[\d,]+ of [\d,]+ answered.*",
    "TIME": r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
    "CLOCK": r"\b\d\d:\d\d:\d\d\b",
    "ELAPSED": r"(?<=\] )\d+:\d\d(?= )",
    "SECONDS": r"\b\d+(\.\d+)? (s|ms|min)\b",
    "OPERATOR": r"\b(?<=by )[\w.-]+@[\w.-]+|(?<=by: )[\w.-]+@[\w.-]+",
    "COUNT": r"\b[\d,]+ of [\d,]+(?= established)",
    "CONNECTIONS": r"\b\d+(?= connections)",
    "PORT": r"(?<=\bport )\d+",
    "SPACES": r"(?<=\S) {2,}(?=\S)",
}
"""What is masked, by the name that stands in its place. Of spaces only those that set words in columns.

How many packets a busy machine has lost is asserted by tests that look for it, with a client of their own.
"""


class Differs(AssertionError):
    """A document shows what did not come out."""


def masked(line: str) -> str:
    """A line without what differs from run to run."""
    for name, pattern in MASKS.items():
        line = re.sub(pattern, " " if name == "SPACES" else name, line)
    return line.rstrip()


def compare(wrote: str, shown: list[str], place: str) -> None:
    """Raises Differs unless the lines came out, in this order, with others in between only where `…` stands."""
    came = [masked(line) for line in wrote.splitlines() if line.strip()]
    at, runs = 0, _runs([line.rstrip() for line in shown])
    for number, run in enumerate(runs):
        wanted = [masked(line) for line in run]
        last = number == len(runs) - 1
        places = [at] if number == 0 else range(at, len(came) - len(wanted) + 1)
        if last and number:  # what stands behind the last `…` is the end
            places = [max(at, len(came) - len(wanted))]
        found = [place for place in places if came[place : place + len(wanted)] == wanted]
        if not found or (last and found[0] + len(wanted) < len(came)):
            raise Differs(f"{place} shows\n{_text(wanted)}\nand this came out:\n{_text(came[at:])}")
        at = found[0] + len(wanted)


def _runs(shown: list[str]) -> list[list[str]]:
    """The lines between the places at which some are left out."""
    runs: list[list[str]] = [[]]
    for line in shown:
        if line == LEFT_OUT:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def _text(lines: list[str]) -> str:
    return "\n".join(f"    | {line}" for line in lines)


def session(document: str, command: str) -> Session:
    """The session of a document that begins with a command; `-y` does not count."""
    found = [
        one for one in sessions() if one.document == document and _alike(one.command) == _alike(command) and one.shown
    ]
    assert len(found) == 1, f"{document} shows `{command}` {len(found)} times"
    return found[0]


def _alike(command: str) -> list[str]:
    return sorted(command.replace(" -y", "").split())


def holds(wrote: str, command: str, *documents: str) -> None:
    """Raises Differs unless each of the documents shows this command with what it wrote."""
    for document in documents:
        compare(wrote, session(document, command).shown, f"{document}, `{command}`,")


def text(document: str, beginning: str) -> Block:
    """The block of a document that begins with these words."""
    found = [one for one in texts() if one.document == document and one.lines[0].strip().startswith(beginning)]
    assert len(found) == 1, f"{document} has {len(found)} blocks that begin with {beginning!r}"
    return found[0]


def holds_text(wrote: str, document: str, beginning: str) -> None:
    """Raises Differs unless all lines of that block came out, one below the other. Its indent does not count."""
    block = text(document, beginning)
    lines = [line.strip() for line in block.lines]
    wrote = "\n".join(line.strip() for line in wrote.splitlines())
    compare(wrote, [LEFT_OUT, *lines, LEFT_OUT], block.place)
