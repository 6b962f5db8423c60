"""What the speakers of a VRRP instance must agree on to hear each other, read from keepalived.conf. Pure.

Nodes of different terms drop each other's adverts: each group then has a holder of its own (keepalived, vrrp/vrrp.c,
vrrp_check_packet). Everything else, priorities included, may differ while a change is under way.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

Block = list[tuple[list[str], "Block"]]
"""A block of keepalived.conf: its lines in order, each as words and the block that follows it (empty for most)."""


class Token(NamedTuple):
    """A `word`, a `quoted` one, a `brace`, or the end of a line."""

    kind: str
    text: str


class Terms(NamedTuple):
    """The terms of one instance. `authentication` is a digest; `advert_int` counts in v2 only."""

    version: int
    virtual_router_id: int
    interface: str
    unicast: bool
    addresses: frozenset[str]
    authentication: str | None
    advert_int: float | None

    def reload_carries(self, new: Terms) -> bool:
        """Whether a reload takes the daemon from these terms to `new` without giving the addresses up.

        It does not when the socket or the instance itself must be made anew (vrrp/vrrp_scheduler.c, vrrp_reload.c), and
        the version is a global setting here.
        """
        return self[:4] == new[:4]


def terms(text: str) -> dict[str, Terms]:
    """The terms of each vrrp_instance in a configuration, by its name. Raises ValueError where it is no such text."""
    top = parse(text)
    version = int(_value(_first(top, "global_defs"), "vrrp_version", "2"))
    found = {}
    for words, block in top:
        if words[:1] != ["vrrp_instance"] or len(words) < 2:
            continue
        own = int(_value(block, "version", str(version)))
        authentication = _first(block, "authentication")
        found[words[1]] = Terms(
            version=own,
            virtual_router_id=int(_value(block, "virtual_router_id", "0")),
            interface=_value(block, "interface", ""),
            unicast=any(words[0] == "unicast_peer" for words, _ in block),
            addresses=frozenset(words[0].split("/")[0] for words, _ in _first(block, "virtual_ipaddress")),
            authentication=_digest(authentication) if authentication else None,
            advert_int=float(_value(block, "advert_int", "1")) if own == 2 else None,
        )
    return found


def hindrances(text: str) -> dict[str, str]:
    """By instance, what in a configuration keeps a drain from working (keepalived.conf(5)), in words."""
    top = parse(text)
    words = {line[0] for line, _ in _first(top, "global_defs")}
    scripts = {line[1]: block for line, block in top if line[0] == "vrrp_script" and len(line) > 1}
    files = {line[1] for line, _ in top if line[0] in ("track_file", "vrrp_track_file") and len(line) > 1}
    found = {}
    for line, block in top:
        if line[:1] != ["vrrp_instance"] or len(line) < 2:
            continue
        tracked = {name for kind in ("track_script", "track_file") for (name, *_), _ in _first(block, kind)}
        users = [line[0] for name in tracked & scripts.keys() for line, _ in scripts[name]]
        if any(line[0] == "nopreempt" for line, _ in block):
            found[line[1]] = "nopreempt: a node that is not MASTER does not take over from one of lower priority"
        elif float(_value(block, "preempt_delay", "0")) > 0:
            found[line[1]] = "preempt_delay: a node waits before it takes over from one of lower priority"
        elif not tracked & (scripts.keys() | files):
            found[line[1]] = "no check that looks at a flag"
        elif tracked & scripts.keys() and "script_user" not in words and "user" not in users:
            found[line[1]] = "a check without script_user: keepalived may have removed it for want of a user"
    return found


def parse(text: str) -> Block:
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


def _first(block: Block, keyword: str) -> Block:
    return next((inner for words, inner in block if words[0] == keyword), [])


def _value(block: Block, keyword: str, default: str) -> str:
    return next((words[1] for words, _ in block if words[0] == keyword and len(words) > 1), default)


def _digest(block: Block) -> str:
    return hashlib.sha256(repr(sorted(words for words, _ in block)).encode()).hexdigest()[:16]
