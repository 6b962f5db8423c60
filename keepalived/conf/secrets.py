"""A configuration without its secrets, to be shown. Pure."""

from __future__ import annotations

import re


def without_secrets(text: str) -> str:
    """The same text, with `***` in place of every auth_pass."""
    return re.sub(r"^(\s*auth_pass\s+).*$", r"\1***", text, flags=re.MULTILINE)
