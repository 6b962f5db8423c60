"""What is known of one node. Pure: no pyinfra, no I/O.

Everywhere here None means unknown, never "no".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from keepalived.conf.adverts import AdvertSettings
from keepalived.conf.interfaces import Links
from keepalived.observed.checkpoint import Checkpoint
from keepalived.observed.connections import KeptConnections
from keepalived.observed.host import HostState
from keepalived.spec.flag import Flag

VrrpState = Literal["INIT", "BACKUP", "MASTER", "FAULT"]
VRRP_STATES: tuple[VrrpState, ...] = ("INIT", "BACKUP", "MASTER", "FAULT")  # in the order of the dump's numbers


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json")


class Unit(_Frozen):
    """keepalived.service according to systemd. `current`: the daemon was started by the unit and drop-ins on disk."""

    load_state: str
    active_state: str
    sub_state: str
    enabled: bool
    since: datetime | None
    needs_reload: bool
    current: bool | None
    drop_in: str | None = Field(default=None, exclude=True)
    """The SHA-256 of our drop-in on disk; None: there is none, or not with owner and mode as we give them."""
    running_drop_in: str | None = Field(default=None, exclude=True)
    """The digest of the drop-in with which the daemon was started (conf/drop_in.py)."""

    @property
    def runs(self) -> bool:
        """Whether the daemon is up."""
        return self.active_state in ("active", "reloading")


class InstanceState(_Frozen):
    """A VRRP instance according to the running daemon."""

    state: VrrpState | None
    base_priority: int
    effective_priority: int
    virtual_router_id: int
    version: int
    master_priority: int | None
    """What the master announces, by the last advert that this node has received."""
    addresses: list[str]
    last_transition: datetime | None
    nopreempt: bool | None = None
    """Whether it leaves a holder of lower priority its addresses."""
    preempt_delay: int | None = None
    """Seconds until it takes over from such a holder."""


class Configuration(_Frozen):
    """keepalived.conf on disk. `sha256` of its text; `applied`: the daemon runs what lies there."""

    sha256: str | None = Field(exclude=True)
    applied: bool | None
    running: str | None = Field(exclude=True)
    """The fingerprint of what the daemon runs."""
    running_but_election: str | None = Field(default=None, exclude=True)
    """The same without what decides the election alone: priorities, `nopreempt`, `preempt_delay`."""
    applied_but_nopreempt: bool | None = Field(default=None, exclude=True)
    """`applied`, where lines of `nopreempt` do not count."""
    as_placed: bool | None = Field(default=None, exclude=True)
    """Whether owner and mode of the file are those that deploy.py gives it."""
    origin: Literal["deployed", "edited", "foreign"] | None = None
    """As deploy.py wrote it, changed since by somebody else, or never written by deploy.py; None: no file."""
    advert_settings: dict[str, AdvertSettings] | None = Field(default=None, exclude=True)
    """What the daemon runs with, by instance."""
    runs_scripts: bool = Field(default=False, exclude=True)
    """Whether the daemon runs scripts of this repository."""
    drain_obstacles: dict[str, str] = Field(default={}, exclude=True)
    """By instance, what in the running configuration keeps a drain from working, in words."""
    contents: list[str] | None = Field(default=None, exclude=True)
    """What the file on disk has (conf/contents.py); None: there is none, or it cannot be understood."""
    large: bool = Field(default=False, exclude=True)
    """Whether the file or the daemon's copy is larger than what is read of it: what is told of it is unknown."""


class Transition(_Frozen):
    """A change of state that keepalived has told the journal."""

    time: datetime
    instance: str
    state: str


class Journal(_Frozen):
    """What keepalived told the node's journal."""

    last_change: Transition | None
    adverts_from: list[str]
    """The addresses of other senders of adverts that it complained about within the last seconds."""


class CheckResult(_Frozen):
    """What the script of a check has said last: its exit status, since when it ends so, and its words."""

    status: int
    since: datetime
    words: str

    @property
    def passes(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0


class NodeState(_Frozen):
    """All that a node tells in one round trip."""

    version: str | None
    """keepalived's version; None when it is not installed."""
    unit: Unit
    instances: dict[str, InstanceState] | None
    """By name; None when the daemon does not run or did not answer."""
    own_names: dict[str, str] = Field(default={}, exclude=True)
    """What the node calls the instances that have another name in the cluster file, by that name."""
    holds: list[str]
    """Those of the cluster's floating addresses that the kernel has."""
    interfaces: dict[str, list[str]]
    """The kernel's addresses by network interface."""
    networks: dict[str, list[str]] = Field(default={}, exclude=True)
    """The networks of the node's own addresses by network interface: `10.10.0.0/24`."""
    macs: dict[str, str] = {}
    """The link-layer addresses by network interface."""
    drained: bool
    """By the cluster's flag, looked at as the cluster file says."""
    flag: Flag
    flag_seconds: float | None = Field(default=None, exclude=True)
    """How old the flag is by the node's own clock."""
    running_flag: Flag | None = None
    """The flag that the running daemon looks at, which may be another one; None when it is not known to have any."""
    running_drained: bool | None = None
    """What that flag means to the running daemon."""
    running_check: Literal["script", "file"] | None = Field(default=None, exclude=True)
    """How it looks at that flag."""
    flag_seen: bool | None = None
    """Whether the daemon sees the flag that is there: not in a file system namespace of its own, for one."""
    flag_open: bool | None = None
    """Whether everybody on the node may make or remove the flag."""
    configuration: Configuration
    journal: Journal | None = None
    """None when it was not asked for, or cannot be read."""
    checks: dict[str, CheckResult] = {}
    """The last results of the checks that the daemon has run since its start, by name."""
    scripts: dict[str, int] = Field(default={}, exclude=True)
    """The scripts of this repository on disk that are root's own and can be run, by name, with their size in bytes."""
    host: HostState = Field(default=HostState(), exclude=True)
    """What the node has beside keepalived, of what the cluster file asks for."""
    connections: dict[str, KeptConnections] = {}
    """What the node does for established connections to addresses that have moved, or are about to, by address."""
    tools: list[str] = Field(default=[], exclude=True)
    """What is installed of what it needs for that (observed/connections.py)."""
    links_down: list[str] = []
    """The network interfaces that are not up."""
    boot: str | None = None
    """Another one after each boot (`boot.IDENTITY`)."""
    checkpoint: Checkpoint | None = None
    """How far a reboot or upgrade of the node has come; None: none is under way."""

    @property
    def applied(self) -> bool | None:
        """Whether the daemon runs the configuration and the unit that lie on disk."""
        parts = (self.configuration.applied, self.unit.current)
        return False if False in parts else None if None in parts else True

    @property
    def draining_flag(self) -> Flag | None:
        """What drains the node: the cluster's flag, or another one that the running daemon looks at; None: nothing."""
        if self.drained:
            return self.flag
        return self.running_flag if self.running_drained else None

    @property
    def links(self) -> Links:
        """What it tells of its network interfaces, to find one for each instance."""
        return Links(self.interfaces, self.networks, self.configuration.advert_settings or {})

    def meets(self, interface: str, other: NodeState, others: str) -> bool | None:
        """Whether the interface `interface` of this node and `others` of the `other` one are on the same network, by
        their own addresses. None where one of them has none: unknown."""
        one, two = self.networks.get(interface), other.networks.get(others)
        if self is other and interface == others:
            return True
        return bool(set(one) & set(two)) if one and two else None

    @property
    def serves(self) -> int:
        """How many connections the node serves to addresses that it does not hold."""
        return sum(one.serves or 0 for address, one in self.connections.items() if address not in self.holds)

    def interface_of(self, address: str) -> str | None:
        """The network interface that carries `address`."""
        return next((name for name, addresses in self.interfaces.items() if address in addresses), None)
