"""The model of a cluster and the priorities of its nodes. Pure: no pyinfra, no I/O."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from keepalived.spec.fields import (
    Command,
    Flag,
    FloatingAddress,
    InstanceName,
    InterfaceName,
    NodeAddress,
    NodeName,
    Password,
    Within,
)

LOWEST_PRIORITY = 1
HIGHEST_PRIORITY = 254  # 255 means "owner of the address" (RFC 5798, 5.2.4) and keepalived then ignores all tracking
ADVERT_INT_DEFAULTS = {2: 1.0, 3: 0.5}


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class Node(_Strict):
    """A server. `server01: 10.10.0.3` is short for `server01: {address: 10.10.0.3}`."""

    address: NodeAddress
    """Its own IP address: the operator's way in and, without `interface`, how the interface is found."""
    priority: Annotated[int, Within(LOWEST_PRIORITY, HIGHEST_PRIORITY)] | None = None
    """Its priority while drained, pinned. Default: by its place in the list, the last one has `priority_step`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "its IP address"}, schema]}


def _read_node(value: object) -> object:
    return {"address": value} if isinstance(value, str | int | float) else value


class Authentication(_Strict):
    """VRRPv2's authentication, as weak as it is (RFC 5798, 9); both keywords are keepalived's."""

    auth_type: Literal["PASS", "AH"]
    """`PASS`: every advert shows the password; `AH`: IPsec authentication header, multicast only."""
    auth_pass: Password
    """The password, at most 8 characters: keepalived cuts off the rest."""


class Instance(_Strict):
    """A VRRP instance: addresses that move together."""

    virtual_router_id: Annotated[int, Within(1, 255)]
    """Its number on the network, 1..255; nobody else there may use it."""
    virtual_ipaddress: Annotated[list[FloatingAddress], Field(min_length=1)]
    """The floating addresses, all IPv4 or all IPv6, with or without a prefix length (without: /32, /128)."""
    interface: InterfaceName | None = None
    """The network interface, the same name on every node. Default: the one that carries the node's own address."""

    unicast: bool = False
    """Adverts to each node's own address, for networks without multicast; the peers are the cluster's nodes."""
    authentication: Authentication | None = None
    """VRRPv2 only."""

    @property
    def family(self) -> int:
        """The IP version of its addresses: 4 or 6."""
        return self.virtual_ipaddress[0].version

    @property
    def addresses(self) -> list[str]:
        """The floating addresses without prefix length, as the kernel writes them."""
        return [str(floating.ip) for floating in self.virtual_ipaddress]


class Drain(_Strict):
    """How a node is taken out of service."""

    check: Literal["script", "file"] = "script"
    """`script`: a vrrp_script tests that the flag is absent; `file`: a track_file reads the number in it, at once."""
    flag: Flag = "/var/lib/keepalived/releasevip"
    """The file whose presence (`check: file`: content `1`) drains the node."""
    interval: Annotated[int, Within(1, 3600)] = 1
    """Seconds between two looks at the flag (`check: script` only)."""
    weight: Annotated[int, Within(1, 253)] = 100
    """What a node in service has more than a drained one."""

    def contribution(self, *, drained: bool) -> int:
        """What the check adds to the base priority: a script awards points, a file takes them away."""
        if self.check == "script":
            return 0 if drained else self.weight
        return -self.weight if drained else 0


class Hook(_Strict):
    """A command of the operator's own. `"systemctl stop app"` is short for `{command: "systemctl stop app"}`.

    It is run by sh as root, with the name and the address of the node that is in maintenance in NODE and NODE_ADDRESS.
    """

    command: Command
    """What is run; its failure ends the run."""
    on: Literal["node", "another"] = "node"
    """`node`: on the node that is in maintenance; `another`: on another node that can serve."""
    timeout: Annotated[int, Within(1, 86400)] = 300
    """Seconds after which it is ended and has failed."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "the command"}, schema]}


def _read_hook(value: object) -> object:
    return {"command": value} if isinstance(value, str) else value


class Healthy(_Strict):
    """What tells that a node may serve again."""

    command: Command
    """Run on the node as a hook is, again and again until it succeeds."""
    timeout: Annotated[int, Within(1, 86400)] = 60
    """Seconds after which the node counts as unhealthy, which ends the run."""


Hooks = list[Annotated[Hook, BeforeValidator(_read_hook)]]


class Maintenance(_Strict):
    """What belongs to a reboot or an upgrade of a node, beside its floating addresses."""

    before: Hooks = []
    """Commands once the node holds nothing any more, before it is rebooted or upgraded."""
    after: Hooks = []
    """Commands once the node is back, before it serves again."""
    healthy: Healthy | None = None
    """A command that must succeed before the node serves again."""
    swarm: bool = False
    """The nodes are Docker Swarm managers: their tasks are moved away and the quorum is kept."""
    boot_timeout: Annotated[int, Within(10, 86400)] = 600
    """Seconds a reboot may take."""


class Cluster(_Strict):
    """A group of nodes that share floating addresses: one file in group_data."""

    name: SkipJsonSchema[str]
    nodes: Annotated[dict[NodeName, Annotated[Node, BeforeValidator(_read_node)]], Field(min_length=1)]
    """The nodes in order of preference: the first one in service holds the addresses."""
    instances: Annotated[dict[InstanceName, Instance], Field(min_length=1)]
    """The VRRP instances by name."""
    vrrp_version: Literal[2, 3] = 3
    """The version of the protocol."""
    advert_int: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Seconds between two adverts. Default: 0.5 with VRRPv3, 1 with VRRPv2 (which knows whole seconds only)."""
    priority_step: Annotated[int, Within(1, HIGHEST_PRIORITY)] = 1
    """The distance between the drained priorities of two neighbours in the list."""
    on_change: Literal["restart", "reload"] = "restart"
    """`restart`: the holder hands its addresses over, then its daemon starts afresh; `reload`: no address moves, so
    established connections live on. What a reload cannot carry is done by restart all the same."""
    drain: Drain = Drain()
    maintenance: Maintenance = Maintenance()

    @property
    def advert_seconds(self) -> float:
        """The interval of the adverts in seconds, whether set or not."""
        return ADVERT_INT_DEFAULTS[self.vrrp_version] if self.advert_int is None else self.advert_int

    # The file has one order for all instances. Those who ask name the instance they mean.

    def order(self, instance: str) -> list[str]:
        """The nodes by preference: the first in service holds `instance`. By the list, unless priorities are pinned."""
        return sorted(self.nodes, key=lambda node: self.drained_priority(instance, node), reverse=True)

    def drained_priority(self, instance: str, node: str) -> int:
        """What a drained `node` announces in `instance`: pinned, or by its place in the list."""
        pinned = self.nodes[node].priority
        if pinned is not None:
            return pinned
        return (len(self.nodes) - list(self.nodes).index(node)) * self.priority_step

    def base_priority(self, instance: str, node: str) -> int:
        """The keyword `priority` of `node` in `instance`: what its checks contribute comes on top."""
        return self.drained_priority(instance, node) - self.drain.contribution(drained=True)

    def effective_priority(self, instance: str, node: str, *, drained: bool) -> int:
        """What `node` announces in its adverts for `instance`, 1..254."""
        return self.base_priority(instance, node) + self.drain.contribution(drained=drained)

    def preference(self, node: str) -> int:
        """How much `node` is preferred over all instances: where one order is needed for several."""
        return sum(self.drained_priority(instance, node) for instance in self.instances)

    @property
    def addresses(self) -> list[str]:
        """All floating addresses, without prefix length."""
        return [address for instance in self.instances.values() for address in instance.addresses]

    @property
    def move_seconds(self) -> float:
        """How long a move of an address takes at worst, from the flag to the new holder's first advert.

        The look at the flag (`check: script`: up to an interval), the holder's next advert with the new priority, then
        three adverts and the skew until a backup takes over (RFC 5798, 6.1): at most a second in v2, an advert in v3.
        """
        look = self.drain.interval if self.drain.check == "script" else 0
        return look + 5 * self.advert_seconds + 1

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's own JSON output of host data."""
        return self.model_dump(mode="json")
