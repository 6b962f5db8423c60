"""A VRRP instance, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from keepalived.spec.address import AddressEntry, FloatingAddress
from keepalived.spec.fields import CheckName, InterfaceName, NodeName, Password, Within, wrong
from keepalived.spec.notify import Notify, NotifyCommand, commands_of
from keepalived.spec.raw import InstanceLines
from keepalived.spec.route import RouteLine, RuleLine
from keepalived.spec.strict import Strict
from keepalived.spec.vrrp import VrrpSettings


class Authentication(Strict):
    """VRRPv2's authentication, as weak as it is (RFC 5798, 9); both keywords are keepalived's."""

    auth_type: Literal["PASS", "AH"]
    """`PASS`: everybody on the network can read the password in the adverts. `AH`: IPsec authentication header; only
    with multicast."""
    auth_pass: Password
    """The password, at most 8 characters: keepalived ignores the rest. Or where it is kept: `{env: NAME}`,
    `{file: PATH}` or `{command: "pass show vrrp"}`, on the machine that runs pyinfra."""


def _read_names(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _read_addresses(value: list[FloatingAddress], info: ValidationInfo) -> list[FloatingAddress]:
    none = info.data.get("no_virtual_ipaddress")
    if not value and not none:
        raise wrong("is empty: at least one is needed")
    if value and none:
        raise wrong("no_virtual_ipaddress says that there are none: leave one of the two out")
    return value


class Instance(VrrpSettings):
    """A VRRP instance: floating addresses that move together."""

    virtual_router_id: Annotated[int, Within(1, 255)]
    """The number of this instance on the network. No other VRRP router of that network may use it."""
    no_virtual_ipaddress: bool = False
    """`true`: the adverts name no address. For a floating address that a cloud's API moves, called by
    `notify_master`. keepalived 2.2.8 or newer."""
    virtual_ipaddress: Annotated[list[AddressEntry], AfterValidator(_read_addresses)]
    """The floating addresses, all IPv4 or all IPv6, each as text or keys. None with `no_virtual_ipaddress`."""
    virtual_ipaddress_excluded: list[AddressEntry] = []
    """More floating addresses, IPv4 and IPv6, that move with the others and are not named in the adverts."""
    virtual_routes: list[RouteLine] = []
    """Routes that the holder has, each a line as in keepalived.conf: `10.30.0.0/16 via 10.10.0.1 dev eth1`."""
    virtual_rules: list[RuleLine] = []
    """Routing rules that the holder has, each a line: `from 10.30.0.0/16 table 100 priority 100`."""
    promote_secondaries: bool = False
    """`true`: when the kernel loses the first address of a network on the interface, it keeps the others."""
    interface: InterfaceName | None = None
    """The network interface that gets the addresses, where it has the same name on every node. Default: the interface
    whose network the addresses are in; else the one that carries the node's own address."""
    nodes: Annotated[list[NodeName], Field(min_length=1)] | None = None
    """The nodes that take part in this instance. The others do not run it. Default: all."""

    prefer: Annotated[list[NodeName], BeforeValidator(_read_names)] = []
    """The nodes that hold these addresses rather than the others, the first one first: `prefer: server02`. The rest
    follow in the order of `nodes`. Default: the order of `nodes`."""
    active_active: bool = False
    """`true`: every node holds an address of its own. Each address is an instance with the next virtual_router_id, and
    the order of the nodes begins with the next node."""
    nopreempt: bool = False
    """`true`: a node that comes back leaves the addresses where they are; they move when their holder is drained or
    fails. A check with `weight` then moves nothing."""
    preempt_delay: Annotated[int, Within(1, 1000)] | None = None
    """Seconds that a node waits before it takes over from a holder of lower priority, which a drained one is too.
    Default: it does not wait."""
    disable: bool = False
    """`true`: the instance stays in the file and runs on no node."""
    version: Literal[2, 3] | None = None
    """The version of VRRP of this instance. Default: `vrrp_version`."""
    advert_int: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Seconds between two adverts of this instance. Default: that of the cluster."""

    unicast: bool = False
    """`true`: adverts go to each node's own address, for networks without multicast. The peers are the nodes of the
    cluster."""
    checks: list[CheckName] | None = None
    """The checks that count for this instance, by name. Default: all."""
    authentication: Authentication | None = None
    """A password in the adverts. VRRPv2 only: VRRPv3 has none."""
    raw: InstanceLines | None = None
    """Lines of keepalived.conf for this instance, put in as they are."""

    notify_master: Notify | None = None
    """A command that keepalived runs when the node has become the holder: a text, or the keys below."""
    notify_backup: Notify | None = None
    """The same for a node that does not hold the addresses: it has given them up, or has just started."""
    notify_fault: Notify | None = None
    """The same for a node that takes no part any more: a check without weight fails, or its interface is down."""
    notify_stop: Notify | None = None
    """The same for a daemon that stops. After one second it is killed."""
    notify_master_rx_lower_pri: Notify | None = None
    """The same for a holder that hears a lower priority: another node has held the addresses too."""
    notify: Notify | None = None
    """The same for every change of state, run after the one that is for this state alone."""
    smtp_alert: bool = False
    """`true`: keepalived sends a mail at every change of state. See `smtp`."""

    @model_validator(mode="before")
    @classmethod
    def _without_addresses(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("no_virtual_ipaddress") is True:
            return {"virtual_ipaddress": [], **data}
        return data

    @property
    def family(self) -> int:
        """The IP version of its addresses: 4 or 6. Without any its adverts are IPv4."""
        return self.virtual_ipaddress[0].version if self.virtual_ipaddress else 4

    @property
    def notify_commands(self) -> dict[str, NotifyCommand]:
        """The commands for changes of state, by keyword."""
        return commands_of(self)

    @property
    def floating(self) -> list[FloatingAddress]:
        """All its floating addresses, whether the adverts name them or not."""
        return [*self.virtual_ipaddress, *self.virtual_ipaddress_excluded]

    @property
    def addresses(self) -> list[str]:
        """All its floating addresses without prefix length, as the kernel writes them."""
        return [str(floating.ip) for floating in self.floating]
