"""How far a reboot or an upgrade has come, written on the node until it ends: the next run continues there. Pure.

    run: reboot
    by: alice@notebook
    begun: 2026-01-31 10:11:12 UTC
    boot: 5a1c…/21
    nodes: server01 server02 server03
    failed: certbot.service
    availability: Active
    waiting: web=1

`boot` is the boot that the run means to end: once the node has another, it has been rebooted for this run. `nodes` are
all that the run is for, `failed` the units that had failed before it.
`availability` and `waiting` are there while the node is drained in the swarm: what it had before, and how many tasks
each service lacked then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from keepalived.spec.flag import RunKind

Availability = Literal["Active", "Pause", "Drain"]
"""Of a node in its Docker Swarm."""


class Checkpoint(BaseModel):
    """What one run has written on one node."""

    model_config = ConfigDict(frozen=True)

    run: RunKind
    by: str = "somebody"
    begun: str = "unknown"
    boot: str = ""
    nodes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    availability: Availability | None = None
    waiting: dict[str, int] = {}

    @property
    def content(self) -> str:
        """The content of the file."""
        said = {"run": self.run, "by": self.by, "begun": self.begun, "boot": self.boot}
        said |= {key: " ".join(names) for key, names in (("nodes", self.nodes), ("failed", self.failed)) if names}
        if self.availability:
            said |= {
                "availability": self.availability,
                "waiting": " ".join(f"{service}={count}" for service, count in sorted(self.waiting.items())),
            }
        return "".join(f"{key}: {value}\n" for key, value in said.items())

    def drained_in_swarm(self, availability: Availability, waiting: Mapping[str, int]) -> Checkpoint:
        """The same, with what the swarm must be brought back to."""
        return self.model_copy(update={"availability": availability, "waiting": dict(waiting)})


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the file's `text`. Raises ValueError when it is none."""
    said = dict(re.findall(r"^(\w+): ?(.*)$", text, re.MULTILINE))
    waiting = {
        service: int(count) for service, _, count in (one.partition("=") for one in said.get("waiting", "").split())
    }
    lists = {key: tuple(said.get(key, "").split()) for key in ("nodes", "failed")}
    return Checkpoint.model_validate(said | lists | {"waiting": waiting})
