"""The digest that the unit's drop-in gives the daemon: it tells which drop-in a daemon was started with. Pure.

No clock is asked: one that is set back would make every daemon look older than its unit.
"""

from __future__ import annotations

import hashlib
import re

VARIABLE = "KEEPALIVED_DROP_IN"


def with_digest(text: str) -> str:
    """The drop-in `text`, with its digest in the daemon's environment. It ends in the section [Service]."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return (
        f"{text}\n# By this the next deploy sees which drop-in the daemon runs with.\nEnvironment={VARIABLE}={digest}\n"
    )


def drop_in_digest(text: str) -> str | None:
    """The digest in a drop-in, or in the environment of a daemon; None: it has none."""
    found = re.search(rf"^(?:Environment=)?{VARIABLE}=(\w+)$", text, re.MULTILINE)
    return found[1] if found else None
