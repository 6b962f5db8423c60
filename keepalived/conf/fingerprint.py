"""Configurations compared by meaning, and who wrote one. Pure."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal


def origin(text: str) -> Literal["deployed", "edited", "foreign"]:
    """Who wrote a keepalived.conf: deploy.py, deploy.py and then somebody else, or only somebody else."""
    found = re.search(r"^# Written by pyinfra deploy\.py .*\n(?:#.*\n)*?# Fingerprint: (\w+)\r?$", text, re.MULTILINE)
    if not found:
        return "foreign"
    return "deployed" if found[1] == fingerprint(text) else "edited"


def fingerprint_but_election(text: str) -> str | None:
    """The same for all but what decides the election alone: equal where two texts differ at most in the nodes'
    priorities and in whether and when they preempt. A reload carries these, and they are no reason to move an address.
    """
    text = re.sub(r"^(\s*priority) \d+", r"\1", text, flags=re.MULTILINE)
    return fingerprint_but_nopreempt(re.sub(r"^\s*preempt_delay [\d.]+", "", text, flags=re.MULTILINE))


def fingerprint_but_nopreempt(text: str) -> str | None:
    """The same for all but the lines of `nopreempt`, those with a comment too."""
    return fingerprint(re.sub(r"^\s*nopreempt[^\S\n]*(?=[}#!]|$)", "", text, flags=re.MULTILINE))


@lru_cache(maxsize=64)  # a run looks at the same few texts time and again
def fingerprint(text: str) -> str | None:
    """A digest of what keepalived reads in `text`: without comments, indents and empty lines.

    Equal digests, equal configurations; so a file on disk can be compared with the copy that a running daemon keeps
    (memory file "consolidated_configuration", lib/parser.c in keepalived 2.2 and 2.3). None when the text pulls in more
    than itself (include, definitions, conditions), which only keepalived can resolve.
    """
    lines = []
    for line in text.splitlines():
        words = re.sub(
            r'("[^"]*")|[#!].*|\s+', lambda part: part[1] or (" " if part[0].isspace() else ""), line
        ).strip()
        if re.match(r"include|[@$~]", words):
            return None
        if words:
            lines.append(words)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sha256_of(text: str) -> str:
    """The digest of a file's text, comments included."""
    return hashlib.sha256(text.encode()).hexdigest()
