"""A configuration without its secrets, to be shown. Pure."""

from __future__ import annotations

import re

AUTH_PASS = re.compile(r"^(\s*auth_pass\s+)(.*)$", re.MULTILINE)


def without_secrets(text: str, other: str = "") -> str:
    """The same text, with `***` in place of every auth_pass; `*** (another one)` where `other` has others."""
    secrets = [found[1] for found in AUTH_PASS.findall(text)]
    same = not other or secrets == [found[1] for found in AUTH_PASS.findall(other)]
    return AUTH_PASS.sub(r"\1***" if same else r"\1*** (another one)", text)
