"""The model of a cluster and the priorities of its nodes. Pure: no pyinfra, no I/O."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from keepalived.spec import paths
from keepalived.spec.fields import (
    Command,
    FlagPath,
    FloatingAddress,
    InstanceName,
    InterfaceName,
    NodeAddress,
    NodeName,
    Password,
    UnitName,
    Within,
)

LOWEST_PRIORITY = 1
HIGHEST_PRIORITY = 254  # 255 means "owner of the address" (RFC 5798, 5.2.4) and keepalived then ignores all tracking
ADVERT_INT_DEFAULTS = {2: 1.0, 3: 0.5}


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class NodeSettings(_Strict):
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


class Authentication(_Strict):
    """VRRPv2's authentication, as weak as it is (RFC 5798, 9); both keywords are keepalived's."""

    auth_type: Literal["PASS", "AH"]
    """`PASS`: everybody on the network can read the password in the adverts. `AH`: IPsec authentication header; only
    with multicast."""
    auth_pass: Password
    """The password, at most 8 characters: keepalived ignores the rest."""


class Instance(_Strict):
    """A VRRP instance: floating addresses that move together."""

    virtual_router_id: Annotated[int, Within(1, 255)]
    """The number of this instance on the network. No other VRRP router of that network may use it."""
    virtual_ipaddress: Annotated[list[FloatingAddress], Field(min_length=1)]
    """The floating addresses, all IPv4 or all IPv6: `10.10.0.2` (means /32; IPv6: /128) or `10.10.0.2/24`."""
    interface: InterfaceName | None = None
    """The network interface that gets the addresses; it has the same name on every node. Default: the interface that
    carries the node's own address."""

    unicast: bool = False
    """`true`: adverts go to each node's own address, for networks without multicast. The peers are the nodes of the
    cluster."""
    authentication: Authentication | None = None
    """A password in the adverts. VRRPv2 only: VRRPv3 has none."""

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
    """How keepalived sees the flag. `script`: a `vrrp_script` looks whether the file is there. `file`: a `track_file`
    reads the number in it, at once."""
    flag: FlagPath = paths.FLAG
    """The file that drains the node while it is there (with `check: file`: while its content begins with `1`)."""
    interval: Annotated[int, Within(1, 3600)] = 1
    """Seconds between two looks at the flag. Only with `check: script`."""
    weight: Annotated[int, Within(1, 253)] = 100
    """How much a node in service adds to the priority that it has while it is drained."""

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
    """The command. If it fails, the run ends."""
    on: Literal["node", "another"] = "node"
    """Where it runs. `node`: on the node that is rebooted or upgraded. `another`: on another node that can serve."""
    timeout: Annotated[int, Within(1, 86400)] = 300
    """Seconds the command may take. After that it is ended and counts as failed."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "the command"}, schema]}


def _read_hook(value: object) -> object:
    return {"command": value} if isinstance(value, str) else value


class Healthy(_Strict):
    """What tells that a node may serve again."""

    command: Command
    """The command. It runs on the node, again and again until it succeeds."""
    timeout: Annotated[int, Within(1, 86400)] = 60
    """Seconds until the command must have succeeded. After that the run ends."""


Hooks = list[Annotated[Hook, BeforeValidator(_read_hook)]]


class Maintenance(_Strict):
    """What belongs to a reboot or an upgrade of a node, beside its floating addresses."""

    before: Hooks = []
    """Commands to run when the node holds no address any more, before it is rebooted or upgraded. Each is a text, or
    the keys below."""
    after: Hooks = []
    """Commands to run when the node is back, before it is restored."""
    healthy: Healthy | None = None
    """A command that must succeed before the node is restored."""
    swarm: bool = False
    """`true`: the nodes are Docker Swarm managers. Their tasks move away before a reboot or upgrade, and the quorum is
    kept."""
    boot_timeout: Annotated[int, Within(10, 86400)] = 600
    """Seconds a reboot may take, from the command until the node answers again; and then until its services are up."""


class Cluster(_Strict):
    """A group of nodes that share floating addresses: one file in group_data."""

    name: SkipJsonSchema[str]
    nodes: Annotated[dict[NodeName, Annotated[NodeSettings, BeforeValidator(_read_node)]], Field(min_length=1)]
    """The nodes in order of preference: the first node in service holds the addresses."""
    instances: Annotated[dict[InstanceName, Instance], Field(min_length=1)]
    """The VRRP instances, by name."""
    vrrp_version: Literal[2, 3] = 3
    """The version of VRRP: 2 or 3."""
    advert_int: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Seconds between two adverts: whole seconds with VRRPv2, hundredths with VRRPv3. Default: `0.5`;
    with VRRPv2 `1`."""
    priority_step: Annotated[int, Within(1, HIGHEST_PRIORITY)] = 1
    """The difference between the priorities of two nodes that follow each other in the list."""
    on_change: Literal["restart", "reload"] = "restart"
    """How a deploy applies a changed configuration. `restart`: a holder hands its addresses over, then keepalived
    restarts. `reload`: no address moves, and established connections live on. What a reload cannot carry is done by
    restart in any case."""
    start_after: list[UnitName] = []
    """The systemd units that keepalived starts after, at each boot. A node that boots takes its addresses back when
    these are up, and not before."""
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
