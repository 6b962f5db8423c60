"""A node of a cluster, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from keepalived.spec.fields import InstanceName, InterfaceName, NodeAddress, Within
from keepalived.spec.priorities import HIGHEST_PRIORITY, LOWEST_PRIORITY
from keepalived.spec.strict import Strict


class NodeInstance(Strict):
    """What an instance has of its own on one node."""

    interface: InterfaceName | None = None
    """The network interface of this instance on this node."""
    priority: Annotated[int, Within(LOWEST_PRIORITY, HIGHEST_PRIORITY)] | None = None
    """Pins the priority that the node has in this instance while it is drained."""
    unicast_src_ip: NodeAddress | None = None
    """The address from which the node sends its adverts of this instance, and to which the others send theirs, with
    `unicast: true`. With `mcast_src_ip: true` the address from which it sends. Default: the node's own address."""


class NodeSettings(Strict):
    """A server: its address, or more keys. `server01: 10.10.0.3` is short for `server01: {address: 10.10.0.3}`."""

    address: NodeAddress
    """The node's own IP address: pyinfra connects to it."""
    priority: Annotated[int, Within(LOWEST_PRIORITY, HIGHEST_PRIORITY)] | None = None
    """Pins the priority that the node has while it is drained. Default: by its place in the list: the last node has
    `priority_step`, each node before it `priority_step` more."""
    interface: InterfaceName | None = None
    """The network interface of all instances on this node."""
    instances: dict[InstanceName, NodeInstance] = {}
    """What single instances have of their own on this node, by the name of the instance."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "its IP address"}, schema]}


def _read_node(value: object) -> object:
    return {"address": value} if isinstance(value, str | int | float) else value


NodeEntry = Annotated[NodeSettings, BeforeValidator(_read_node)]
