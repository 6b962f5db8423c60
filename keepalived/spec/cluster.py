"""The model of a cluster and the priorities of its nodes. Pure: no pyinfra, no I/O."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from keepalived.spec.check import PACKAGES, Check
from keepalived.spec.drain import Drain
from keepalived.spec.fields import Address, CheckName, InstanceName, NodeName, UnitName, Within
from keepalived.spec.global_defs import GlobalDefs
from keepalived.spec.host import HostSettings
from keepalived.spec.instance import Instance
from keepalived.spec.maintenance import Maintenance
from keepalived.spec.node import NodeEntry, NodeInstance
from keepalived.spec.notify import Smtp
from keepalived.spec.priorities import HIGHEST_PRIORITY
from keepalived.spec.probe import ProbeSettings
from keepalived.spec.raw import Raw
from keepalived.spec.strict import Strict
from keepalived.spec.sync_group import SyncGroup
from keepalived.spec.vrrp import DOWN_TIMER_ADVERTS

FOR_CONNECTIONS = ("nftables", "conntrack")
"""The Debian packages with which established connections live through a move."""

ADVERT_INT_DEFAULTS = {2: 1.0, 3: 0.5}
VMAC_INTERVAL = 0.001  # seconds


class Cluster(Strict):
    """A group of nodes that share floating addresses: one file in group_data."""

    name: SkipJsonSchema[str]
    nodes: Annotated[dict[NodeName, NodeEntry], Field(min_length=1)]
    """The nodes in order of preference: the first node in service holds the addresses."""
    instances: Annotated[dict[InstanceName, Instance], Field(min_length=1)]
    """The VRRP instances, by name."""
    sync_groups: dict[InstanceName, SyncGroup] = {}
    """Instances that one node holds together, by the name of the group."""
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
    connections: Literal["cut", "keep"] = "cut"
    """What becomes of established TCP connections when a planned move takes an address to another node. `cut`: they
    end. `keep`: the node on which they began serves them to their end, new ones go to the new holder. Needs the
    packages nftables and conntrack on the nodes, which a deploy then installs."""
    start_after: list[UnitName] = []
    """The systemd units that keepalived starts after, at each boot. A node that boots takes its addresses back when
    these are up, and not before."""
    drain: Drain = Drain()
    checks: dict[CheckName, Check] = {}
    """What must be in order for a node to serve, by name."""
    smtp: Smtp | None = None
    """Who gets the mail of the instances that have `smtp_alert`."""
    maintenance: Maintenance = Maintenance()
    probe: ProbeSettings = ProbeSettings()
    global_defs: GlobalDefs = GlobalDefs()
    host: HostSettings = HostSettings()
    raw: Raw = Raw()

    def version(self, instance: str) -> Literal[2, 3]:
        """The version of VRRP that `instance` speaks."""
        return self.instances[instance].version or self.vrrp_version

    def advert_seconds(self, instance: str) -> float:
        """The interval of the adverts of `instance` in seconds, whether set or not."""
        settings, version = self.instances[instance], self.version(instance)
        if settings.advert_int is not None:
            return settings.advert_int
        if self.advert_int is not None and version == self.vrrp_version:
            return self.advert_int
        return ADVERT_INT_DEFAULTS[version]

    def members(self, instance: str) -> list[str]:
        """The nodes that take part in `instance`, in the order of the list."""
        named = self.instances[instance].nodes
        return [node for node in self.nodes if named is None or node in named]

    def instances_of(self, node: str) -> dict[str, Instance]:
        """The instances that `node` takes part in."""
        return {name: instance for name, instance in self.instances.items() if node in self.members(name)}

    def on_node(self, instance: str, node: str) -> NodeInstance:
        """What `instance` has of its own on `node`."""
        return self.nodes[node].instances.get(instance) or NodeInstance()

    def interface(self, instance: str, node: str) -> str | None:
        """The network interface that the file sets for `instance` on `node`; None: it is found on the node."""
        return (
            self.on_node(instance, node).interface or self.nodes[node].interface or self.instances[instance].interface
        )

    def interface_path(self, instance: str, node: str) -> str:
        """Where the file sets it."""
        if self.on_node(instance, node).interface:
            return f"nodes.{node}.instances.{instance}.interface"
        return f"nodes.{node}.interface" if self.nodes[node].interface else f"instances.{instance}.interface"

    def advert_source(self, instance: str, node: str) -> Address:
        """The address of `node` in the adverts of `instance`: its own one, unless the file names another."""
        return self.on_node(instance, node).unicast_src_ip or self.nodes[node].address

    def order(self, instance: str) -> list[str]:
        """The nodes by preference: the first in service holds `instance`. By the list, unless priorities are pinned."""
        return sorted(self.members(instance), key=lambda node: self.drained_priority(instance, node), reverse=True)

    def pinned_priority(self, instance: str, node: str) -> int | None:
        """The priority that the file pins for a drained `node` in `instance`."""
        own = self.on_node(instance, node).priority
        return self.nodes[node].priority if own is None else own

    def drained_priority(self, instance: str, node: str) -> int:
        """What a drained `node` announces in `instance` while all checks fail: pinned, or by its place in the list."""
        pinned = self.pinned_priority(instance, node)
        if pinned is not None:
            return pinned
        prefer = self.instances[instance].prefer
        order = [*prefer, *(name for name in self.members(instance) if name not in prefer)]
        return (len(order) - order.index(node)) * self.priority_step

    def priorities(self, of: Collection[str]) -> dict[tuple[tuple[str, int, int], ...], list[str]]:
        """For each order of nodes those of the instances that have it: each node with its priority in service, and
        drained."""
        found: dict[tuple[tuple[str, int, int], ...], list[str]] = {}
        for instance in of:
            rows = tuple(
                (
                    node,
                    self.effective_priority(instance, node, drained=False),
                    self.effective_priority(instance, node, drained=True),
                )
                for node in self.order(instance)
            )
            found.setdefault(rows, []).append(instance)
        return found

    def base_priority(self, instance: str, node: str) -> int:
        """The keyword `priority` of `node` in `instance`: what its checks contribute comes on top."""
        lowest = self.drain.contribution(drained=True) + self.checks_contribution(instance, self.checks)
        return self.drained_priority(instance, node) - lowest

    def effective_priority(self, instance: str, node: str, *, drained: bool, failing: Collection[str] = ()) -> int:
        """What `node` announces in its adverts for `instance`, 1..254, while the checks `failing` fail."""
        checks = self.checks_contribution(instance, failing)
        return self.base_priority(instance, node) + self.drain.contribution(drained=drained) + checks

    def checks_of(self, instance: str) -> dict[str, Check]:
        """The checks that count for `instance`, by name."""
        group = self.group_of(instance)
        named = (self.sync_groups[group] if group else self.instances[instance]).checks
        return {name: check for name, check in self.checks.items() if named is None or name in named}

    def checks_of_group(self, group: str) -> dict[str, Check]:
        """The checks that count for all instances of `group`, by name."""
        return self.checks_of(self.sync_groups[group].group[0])

    def checks_on(self, node: str) -> dict[str, Check]:
        """The checks that count for an instance that `node` takes part in, by name."""
        count = {name for instance in self.instances_of(node) for name in self.checks_of(instance)}
        return {name: check for name, check in self.checks.items() if name in count}

    def group_of(self, instance: str) -> str | None:
        """The sync group that `instance` is in; None: it moves by itself."""
        return next((name for name, group in self.sync_groups.items() if instance in group.group), None)

    @property
    def notifying(self) -> dict[str, Instance | SyncGroup]:
        """Who may have notify commands and mail, by the place in the file."""
        return {
            **{f"instances.{name}": instance for name, instance in self.instances.items()},
            **{f"sync_groups.{name}": group for name, group in self.sync_groups.items()},
        }

    def checks_contribution(self, instance: str, failing: Collection[str]) -> int:
        """What the checks add to the base priority in `instance` while those of `failing` fail."""
        return sum(check.contribution(passes=name not in failing) for name, check in self.checks_of(instance).items())

    def checks_contributions(self, instance: str) -> dict[int, tuple[str, ...]]:
        """All that the checks may add to the base priority in `instance`, each with the checks that then fail."""
        found: dict[int, tuple[str, ...]] = {0: ()}
        for name, check in self.checks_of(instance).items():
            if check.weight:
                passing = {total + check.contribution(passes=True): failing for total, failing in found.items()}
                failed = {
                    total + check.contribution(passes=False): (*failing, name) for total, failing in found.items()
                }
                found = failed | passing
        return found

    @property
    def check_seconds(self) -> int:
        """How long it takes at worst until a change of what the checks look at counts."""
        return max((check.seconds for check in self.checks.values()), default=0)

    @property
    def packages(self) -> list[str]:
        """The Debian packages that a node needs beside keepalived: for checks and connections, and those asked for."""
        for_checks = {PACKAGES[check.kind] for check in self.checks.values() if check.kind in PACKAGES}
        for_connections = FOR_CONNECTIONS if self.connections == "keep" else ()
        return sorted(for_checks | set(for_connections) | set(self.host.packages))

    def preference(self, node: str) -> int:
        """How much `node` is preferred over all instances: where one order is needed for several."""
        return sum(self.drained_priority(instance, node) for instance in self.instances_of(node))

    @property
    def global_lines(self) -> dict[str, str]:
        """The lines of `global_defs`.

        Where a virtual MAC address moves, the old holder's last answer may teach a switch its old place again: the ARPs
        that follow a moment later correct that.
        """
        found = self.global_defs.lines
        if any(instance.use_vmac for instance in self.instances.values()):
            for keyword in ("vrrp_garp_interval", "vrrp_gna_interval"):
                found.setdefault(keyword, f"{keyword} {VMAC_INTERVAL:f}")
        return found

    @property
    def addresses(self) -> list[str]:
        """All floating addresses, without prefix length."""
        return [address for instance in self.instances.values() for address in instance.addresses]

    def held(self, instance: str) -> list[str]:
        """What the holder of `instance` holds: its floating addresses; without any, the instance itself by its name."""
        return self.instances[instance].addresses or [instance]

    @property
    def all_held(self) -> list[str]:
        """What is held of all instances."""
        return [held for instance in self.instances for held in self.held(instance)]

    @property
    def move_seconds(self) -> float:
        """How long a move of an address takes at worst, from the flag to the new holder's first advert.

        The look at the flag (`check: script`: up to an interval), the holder's next advert with the new priority, then
        three adverts (`down_timer_adverts`) and the skew until a backup takes over (RFC 5798, 6.1): at most a second in
        v2, an advert in v3. `preempt_delay` begins with the first advert of lower priority.
        """
        look = self.drain.interval if self.drain.check == "script" else 0
        delay = max(instance.preempt_delay or 0 for instance in self.instances.values())
        return look + delay + max(self._takeover_seconds(instance) for instance in self.instances) + 1

    def _takeover_seconds(self, instance: str) -> float:
        return (2 + self._down_timer_adverts(instance)) * self.advert_seconds(instance)

    def soonest_takeover_seconds(self, instance: str) -> float:
        """How long a backup takes at best to take over from a holder whose adverts have a lower priority from now on.

        It has received the last advert of a higher one an interval ago at most (RFC 5798, 6.4.2).
        """
        return (self._down_timer_adverts(instance) - 1) * self.advert_seconds(instance)

    def _down_timer_adverts(self, instance: str) -> int:
        return self.instances[instance].down_timer_adverts or DOWN_TIMER_ADVERTS

    @property
    def start_seconds(self) -> int:
        """How much longer it takes where a node has just started that is to take over."""
        return self.global_defs.vrrp_startup_delay or 0

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's own JSON output of host data."""
        return self.model_dump(mode="json")
