"""A node of a cluster, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from keepalived.spec.fields import NodeAddress, Within
from keepalived.spec.priorities import HIGHEST_PRIORITY, LOWEST_PRIORITY
from keepalived.spec.strict import Strict


class NodeSettings(Strict):
    """A server: its address, or more keys. `server01: 10.10.0.3` is short for `server01: {address: 10.10.0.3}`."""

    address: NodeAddress
    """The node's own IP address: pyinfra connects to it."""
    priority: Annotated[int, Within(LOWEST_PRIORITY, HIGHEST_PRIORITY)] | None = None
    """Pins the priority that the node has while it is drained. Default: by its place in the list: the last node has
    `priority_step`, each node before it `priority_step` more."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "its IP address"}, schema]}


def _read_node(value: object) -> object:
    return {"address": value} if isinstance(value, str | int | float) else value


NodeEntry = Annotated[NodeSettings, BeforeValidator(_read_node)]
