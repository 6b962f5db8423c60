"""A small shell for simulated servers: words, `&&`, `||`, `!`, `|`, `;`, `>`, `{ }` and `if`.

What it does not know is an error of the test, so that no command passes unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple


class Result(NamedTuple):
    """What came of a command: its exit status, what it wrote to its standard output and to its standard error."""

    status: int = 0
    out: str = ""
    err: str = ""


class ShellWord(NamedTuple):
    """A word, or an operator of the shell."""

    text: str
    operator: bool


Program = Callable[[list[str], str], Result]
"""What a simple command does, given its words and its standard input."""
Write = Callable[[str, str], None]
"""Writes a file: its path, its content."""

TIME = "20261124T120000Z"
"""What the date is."""

OPERATOR = re.compile(r"&&|\|\||>&2|2>/dev/null|[;|>\n]")
RESERVED = {"if", "then", "else", "fi", "{", "}", "!"}
PIECE = re.compile(
    r"'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|\\(?P<escaped>.)|(?P<bare>[^\s;&|><'\"\\]+)", re.S
)


@lru_cache
def tokens(text: str) -> tuple[ShellWord, ...]:
    """The words and operators of a command, quotes taken off."""
    found: list[ShellWord] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
        elif operator := OPERATOR.match(text, at):
            found.append(ShellWord(operator[0], True))
            at = operator.end()
        else:
            start, word = at, ""
            while piece := PIECE.match(text, at):
                word += piece[piece.lastgroup or 0]
                at = piece.end()
            assert at > start, f"the simulated shell cannot read {text[at:]!r} of {text!r}"
            found.append(ShellWord(word, text[start:at] in RESERVED))
    return tuple(found)


class Shell:
    """Runs one command. `program` runs a simple one, `write` writes what stands behind `>`."""

    def __init__(self, program: Program, write: Write) -> None:
        self._program = program
        self._write = write
        self._tokens: list[ShellWord] = []
        self._given: list[str] = []
        self._variables: dict[str, str] = {}

    def run(self, text: str, given: str = "") -> Result:
        """What comes of the command `text`. `given`: its standard input, of which only `read` takes anything."""
        self._given = given.splitlines()
        self._tokens = list(tokens(text.strip()))
        result = self._list(True, ())
        assert not self._tokens, f"the simulated shell stops at {self._tokens[0].text!r} in {text!r}"
        return result

    def _next(self, *operators: str) -> bool:
        """Takes the next token if it is one of the operators."""
        if self._tokens and self._tokens[0].operator and self._tokens[0].text in operators:
            self._tokens.pop(0)
            return True
        return False

    def _ahead(self) -> str:
        return self._tokens[0].text if self._tokens and self._tokens[0].operator else ""

    def _list(self, runs: bool, ends: tuple[str, ...]) -> Result:
        """Commands one after the other, up to one of the words `ends`; read only where it is not to run."""
        result = Result()
        while self._tokens and self._ahead() not in ends:
            one = self._and_or(runs)
            result = Result(one.status, result.out + one.out, result.err + one.err)
            while self._next(";", "\n"):
                pass
        return result

    def _and_or(self, runs: bool) -> Result:
        result = self._pipe(runs, "")
        while (word := self._ahead()) in ("&&", "||"):
            self._next(word)
            goes_on = runs and (result.status == 0) == (word == "&&")
            one = self._pipe(goes_on, "")
            status = one.status if goes_on else result.status
            result = Result(status, result.out + one.out, result.err + one.err)
        return result

    def _pipe(self, runs: bool, given: str) -> Result:
        negated = self._next("!")
        result = self._command(runs, given)
        while self._next("|"):
            after = self._command(runs, result.out)
            result = Result(after.status, after.out, result.err + after.err)
        return result._replace(status=int(result.status == 0)) if negated else result

    def _command(self, runs: bool, given: str) -> Result:
        if self._next("{"):
            result = self._list(runs, ("}",))
            assert self._next("}"), "a } is missing"
            return result
        if self._next("if"):
            asked = self._list(runs, ("then",))
            assert self._next("then"), "a then is missing"
            result = self._list(runs and asked.status == 0, ("else", "fi"))
            if self._next("else"):
                other = self._list(runs and asked.status != 0, ("fi",))
                result = other if asked.status != 0 else result
            assert self._next("fi"), "a fi is missing"
            return Result(result.status, asked.out + result.out, asked.err + result.err)
        return self._simple(runs, given)

    def _simple(self, runs: bool, given: str) -> Result:
        words: list[str] = []
        target, to_error, silent = None, False, False
        while self._tokens:
            if self._next(">"):
                target = self._tokens.pop(0).text
            elif self._next(">&2"):
                to_error = True
            elif self._next("2>/dev/null"):
                silent = True
            elif self._tokens[0].operator:
                break
            else:
                words.append(self._tokens.pop(0).text)
        if not runs:
            return Result()
        if words[:2] == ["read", "-r"]:
            if self._given:
                self._variables[f"${words[2]}"] = self._given.pop(0)
                return Result()
            return Result(1)
        if named := re.fullmatch(r"([a-z]+)=(.*)", " ".join(words)):
            value = re.sub(r"\$\(date .*\)", TIME, named[2])
            self._variables[f"${named[1]}"] = re.sub(r"\$\(mktemp -u (.*)\)", r"\1", value)
            return Result()
        result = self._program([self._variables.get(word, word) for word in words], given)
        if silent:
            result = result._replace(err="")
        if to_error:
            result = Result(result.status, "", result.err + result.out)
        if target is not None and result.status == 0:
            self._write(self._variables.get(target, target), result.out)
            result = result._replace(out="")
        return result
