"""A keepalived.conf that somebody else wrote, as it lies on a node, and as one text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain
from posixpath import dirname, join, normpath
from typing import NamedTuple

from keepalived.spec import paths
from keepalived.spec.blocks import Block
from keepalived.spec.plain_text import plain

DEEPEST = 10
"""How many files may include each other: more is a circle."""


class Handmade(NamedTuple):
    """What lies on a node. `files` has keepalived.conf and all that it includes, by path."""

    node: str
    files: Mapping[str, str]
    hostname: str = ""
    connected: str = ""
    """The address that pyinfra connects to, where it is one."""
    interfaces: Mapping[str, list[str]] = {}
    """The addresses that each network interface carries, without prefix length."""
    running: str | None = None
    """The daemon's own copy: what it has made of its files."""
    config_id: str = ""
    """What the daemon is called for lines that begin with @, where it was started with -i."""
    programs: Mapping[str, bool] = {}
    """Whether the programs that are named in it are there and can be run."""
    large: Sequence[str] = ()
    """The files that were not read, because they are too large or too many."""


class NotReadable(Exception):
    """A configuration cannot be read. The text says on which node, and what to do."""


def text_of(made: Handmade) -> str:
    """The whole text, as keepalived on that node reads it. Raises NotReadable."""
    if made.large:
        raise NotReadable(
            f"{made.node}: {', '.join(made.large)}: a file above 256 KiB, or more than 64 files: not read"
        )
    if paths.CONFIGURATION not in made.files:
        raise NotReadable(f"{made.node}: there is no {paths.CONFIGURATION}")
    text = "\n".join(_lines(made, paths.CONFIGURATION, DEEPEST))
    code = [re.sub(r'"[^"]*"|[#!].*', "", line) for line in text.splitlines()]
    if not any(re.search(r"\$[A-Za-z_{]|^\s*~", line) for line in code):
        return text
    if made.running is None:
        raise NotReadable(
            f"{made.node}: {paths.CONFIGURATION} has lines with $ or ~, which keepalived alone can resolve: start it "
            "there, and what it has made of them is read"
        )
    return made.running


def _lines(made: Handmade, path: str, depth: int) -> Iterator[str]:
    """The lines of a file and of what it includes, without those that are for other daemons."""
    if depth == 0:
        raise NotReadable(f"{made.node}: {path} includes itself")
    own_id = made.config_id or made.hostname.partition(".")[0] or made.node.partition(".")[0]
    for line in made.files[path].splitlines():
        if condition := re.match(r"\s*@(\^?)(\S+)(.*)", line):
            other, name, rest = condition.groups()
            if (name == own_id) == bool(other):
                continue
            line = rest
        if named := re.match(r'\s*include[a-z]*\s+"?([^"#!]+?)"?\s*([#!].*)?$', line):
            pattern = normpath(join(dirname(path), named[1]))
            found = sorted(name for name in made.files if _matches(name, pattern))
            if not found:
                raise NotReadable(f"{made.node}: {path} includes {plain(named[1])}, which could not be read there")
            yield from chain.from_iterable(_lines(made, name, depth - 1) for name in found)
        else:
            yield line


def _matches(path: str, pattern: str) -> bool:
    """As a shell does it: no * stands for a /."""
    parts, patterns = path.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def written(block: Block, indent: int = 0) -> str:
    """Words and blocks as keepalived.conf again."""
    lines = []
    for words, inner in block:
        shown = words if words[0] != "auth_pass" else ["auth_pass", "***"]  # wherever it stands, nobody is shown it
        line = " " * indent + " ".join(map(_word, shown))
        lines += [f"{line} {{", written(inner, indent + 4), " " * indent + "}"] if inner else [line]
    return "\n".join(lines)


def _word(word: str) -> str:
    return f'"{word}"' if not word or re.search(r"[\s{}#!]", word) else word
