"""What every part of a cluster file has in common. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A mapping of the file: it knows its keys, takes no other, and makes no text a number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
