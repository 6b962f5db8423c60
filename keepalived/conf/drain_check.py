"""The check by which this project drains a node, as a keepalived.conf has it: its file is a flag, no other is. Pure."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from keepalived.spec.blocks import parse_blocks, value_of

NAME = "chk_releasevip"
"""Of the vrrp_script or track_file: the name that the blog post has it under from which this project comes."""


class DrainCheck(NamedTuple):
    """`flag`: the path. `check`: how it is looked at, as the cluster file's `drain.check` says it."""

    check: Literal["script", "file"]
    flag: str


def drain_check(text: str) -> DrainCheck | None:
    """The drain's check in a configuration; None: it has none. Raises ValueError where it is no such text."""
    for words, block in parse_blocks(text):
        if words == ["vrrp_script", NAME]:
            script = value_of(block, "script", "")
            if found := re.fullmatch(r"/usr/bin/test ! -e (\S+)", script):
                return DrainCheck("script", found[1])
        if words == ["track_file", NAME] and value_of(block, "weight", "").startswith("-"):
            return DrainCheck("file", value_of(block, "file", ""))
    return None
