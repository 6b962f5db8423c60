"""What apt tells of a server's packages, and whether an upgrade has something to do there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict


class PackagesState(BaseModel):
    """keepalived as it is installed and offered, and the rest of the system."""

    model_config = ConfigDict(frozen=True)

    installed: str | None
    """keepalived's version in Debian's words: `1:2.2.7-1+b2`."""
    offered: list[str]
    """The versions apt knows, the best one first."""
    pending: list[str]
    """The packages that an upgrade of the whole system would install."""
    broken: bool
    """Whether an earlier installation was cut short."""
    held: bool = False
    """Whether apt was told to leave keepalived alone (`apt-mark hold`)."""
    stale: list[str]
    """Services that still run with files an upgrade has replaced."""

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json")

    def chosen(self, version: str | None) -> str | None:
        """The version of keepalived to be installed: the best one, or the best that `version`, a pattern, matches."""
        return next((one for one in self.offered if version is None or fnmatchcase(one, version)), None)

    def due(self, version: str | None, *, everything: bool, held_too: bool = False) -> str | None:
        """What there is to upgrade, in words; None: nothing. `held_too`: apt leaves a held keepalived out."""
        if self.broken:
            return "an installation that was cut short"
        if everything:
            newer = self.held and held_too and self.chosen(None) not in (None, self.installed)
            count = len(self.pending) + newer
            return f"{count} package{'s' * (count != 1)}" if count else None
        chosen = self.chosen(version)
        return f"keepalived {self.installed} → {chosen}" if chosen not in (None, self.installed) else None


def read_packages(parts: Mapping[str, str]) -> PackagesState:
    """What the parts of the report of `facts.Packages` say. Raises LookupError when one is missing."""
    policy = parts["policy"]
    installed = re.search(r"^  Installed: (\S+)$", policy, re.MULTILINE)
    candidate = re.search(r"^  Candidate: (\S+)$", policy, re.MULTILINE)
    table = re.findall(r"^ (?:\*\*\*|   ) (\S+) \d+(?: .*)?$", policy, re.MULTILINE)  # below 0: never to be installed
    best = [candidate[1]] if candidate else []
    # What dpkg says of installations; the rest of what it audits (checksums, architectures) no installation repairs.
    broken = re.search(r"^The following packages (?!are missing|do not have|have an )", parts["audit"], re.MULTILINE)
    if not broken and not re.search(r"^\d+ upgraded, ", parts["pending"], re.MULTILINE):
        raise ValueError("apt-get has not come to an end")
    return PackagesState(
        installed=installed[1] if installed and installed[1] != "(none)" else None,
        offered=[one for one in dict.fromkeys([*best, *table]) if one != "(none)"],
        pending=re.findall(r"^Inst (\S+)", parts["pending"], re.MULTILINE),
        broken=bool(broken),
        held=parts.get("status", "").startswith("h"),
        stale=parts["stale"].split(),
    )
