"""What a run watches as a client besides whether the addresses answer, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated

from keepalived.spec.fields import Within
from keepalived.spec.strict import Strict


class ProbeSettings(Strict):
    """What a run watches as a client, besides whether the addresses answer."""

    port: Annotated[int, Within(1, 65535)] | None = None
    """A TCP port of the service: 20 connections to each address are kept open meanwhile, and the run tells how many
    lived. Nothing is said on them."""
