"""A configuration without its secrets, to be shown. Pure."""

from __future__ import annotations

import re

WITHOUT_SECRETS = (
    r"s/^([[:space:]]*(@[^[:space:]]+[[:space:]]+)?auth_pass[[:space:]]+).*/\1***/; s/^(# Fingerprint: ).*/\1***/"
)
"""The same as `without_secrets`, for sed -E on a node."""


def without_secrets(text: str) -> str:
    """The same text, with `***` in place of every auth_pass, and of the fingerprint: it is a digest of the lines with
    the password among them, and whoever has all others finds a short one by trying."""
    return re.sub(r"^(\s*(?:@\S+\s+)?auth_pass\s+|# Fingerprint: ).*$", r"\1***", text, flags=re.MULTILINE)
