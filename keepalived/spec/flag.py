"""The file that drains a node: what it says, and what that means. Pure.

    1
    by: alice@notebook
    reason: kernel upgrade
    until: reboot

keepalived's track_file reads the number and no further (tested on 2.2.7 and 2.3.3), vrrp_script only whether the file
is there; the lines below are for people. Made by hand it has none of them. `run: deploy`: a deploy has drained the node
to change it, and will restore it; likewise `run: reboot` and `run: upgrade`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

RunKind = Literal["deploy", "reboot", "upgrade"]
"""What drains a node on its own account, and restores it; each run ends the drains of its own kind only."""

LONGEST = 200  # characters of a reason or a name


class Flag(BaseModel):
    """The flag as it was found."""

    model_config = ConfigDict(frozen=True)

    path: str
    present: bool
    content: str | None = None
    since: datetime | None = None

    def _said(self, key: str) -> str | None:
        found = re.search(rf"^{key}: (.+)$", self.content or "", re.MULTILINE)
        return found[1].strip() or None if found else None

    @property
    def by(self) -> str | None:
        """Who drained the node; None: unknown, it was made by hand."""
        return self._said("by")

    @property
    def reason(self) -> str | None:
        """Why; None: unknown."""
        return self._said("reason")

    @property
    def until_reboot(self) -> bool:
        """Whether the next boot ends it."""
        return self._said("until") == "reboot"

    @property
    def run(self) -> RunKind | None:
        """The kind of run that has drained the node and means to restore it; None: an operator has."""
        said = self._said("run") if self.present else None
        return next((run for run in get_args(RunKind) if run == said), None)

    @property
    def id(self) -> str | None:
        """Which run has drained the node; None: unknown, or no run."""
        return self._said("id")

    @property
    def words(self) -> str:
        """`since 2026-01-31 10:11:12 UTC by alice@notebook (kernel upgrade), until its next boot`"""
        parts = [f"since {self.since:%Y-%m-%d %H:%M:%S} UTC"] if self.since else []
        if self.run:
            whose = f"{self.by}'s {self.run}" if self.by else f"{'an' if self.run == 'upgrade' else 'a'} {self.run}"
            parts.append(f"by {whose} that is under way or did not end")
            if self.reason:
                parts.append(f"({self.reason})")
        else:
            parts.append(f"by {self.by}" if self.by else "by hand")
            parts.append(f"({self.reason or ('no reason given' if self.by else 'reason unknown')})")
        return " ".join(parts) + (", until its next boot" if self.until_reboot else "")


def content(
    by: str | None = None,
    reason: str | None = None,
    *,
    until_reboot: bool = False,
    run: RunKind | None = None,
    id: str | None = None,
) -> str:
    """What an operator's flag says, or that of a `run`; `id` tells which one."""
    said = {"run": run, "id": id, "by": by, "reason": reason, "until": "reboot" if until_reboot else None}
    return "1\n" + "".join(f"{key}: {value}\n" for key, value in said.items() if value)


def carried_over(old: Flag) -> str:
    """What a flag must say to drain as the flag `old` does, however it is looked at. What is not ours is left behind:
    everybody may read the new one."""
    return content(old.by, old.reason, until_reboot=old.until_reboot, run=old.run, id=old.id)


def fault_of(words: str) -> str | None:
    """Why `words` cannot stand in a flag as a reason; None when they can."""
    if not words.strip() or not words.isprintable():
        return "must be one line of words"
    if len(words) > LONGEST:
        return f"has {len(words)} characters, {LONGEST} at most are kept"
    return None


def is_drained(check: str, flag: Flag) -> bool:
    """What the flag means: its presence (`check: script`), or the number in it (`file`, keepalived's track_file)."""
    if check == "script" or not flag.present:
        return flag.present
    number = re.match(r"\s*[+-]?[0-9]+", flag.content or "")
    return number is not None and int(number.group()) > 0
