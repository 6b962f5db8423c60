"""Servers that run keepalived, simulated: what they hold after each step of a rollout. It shares no code with the plan.

Rules of keepalived that it knows: a node ignores adverts whose settings differ from its own; of those it receives, the
highest priority wins, equal ones do not preempt; a falling priority moves an address without a gap, a stop does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from keepalived.conf.adverts import advert_settings
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_election
from keepalived.conf.render import configuration
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import Configuration, InstanceState, NodeState, Unit
from keepalived.plan.rollout import due
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import Flag, content
from tests.unit.cluster_states import drop_in_of

FLAG = "/var/lib/keepalived/releasevip"


def text_of(cluster: Cluster, name: str) -> str:
    return configuration(cluster, name, dict.fromkeys(cluster.instances, "enp0s3"))


@dataclass
class Server:
    """`runs`: the cluster whose configuration its daemon runs; None: it is stopped, or was never installed.

    `drained` by an operator; `ours`: drained by a deploy that is under way or did not end.
    """

    name: str
    runs: Cluster | None
    drained: bool = False
    ours: bool = False
    installed: bool = True
    holds: set[str] = field(default_factory=set)
    text: str = ""
    touched: int = 0

    def __post_init__(self) -> None:
        if self.runs:
            self.start(self.runs)
            self.touched = 0

    def start(self, cluster: Cluster) -> None:
        self.runs, self.text, self.installed = cluster, text_of(cluster, self.name), True
        self.touched += 1

    @property
    def out(self) -> bool:
        return self.drained or self.ours

    def priority(self, instance: str) -> int:
        assert self.runs
        return self.runs.effective_priority(instance, self.name, drained=self.out)

    def sends_to(self, other: Server, instance: str) -> bool:
        """Whether `other` receives and accepts its adverts."""
        assert self.runs
        own, others = (advert_settings(server.text).get(instance) for server in (self, other))
        if not other.runs or own is None or others is None or not others.accepts(own):
            return False
        return not self.runs.instances[instance].unicast or other.name in self.runs.nodes


class Gap(AssertionError):
    """An address lost its last holder while another node could have served it."""


class Servers:
    """All servers, also those that are no longer in the file."""

    def __init__(self, *servers: Server) -> None:
        self.all = {server.name: server for server in servers}
        self.most_holders = 1
        self.settle()

    def holders(self, address: str) -> list[str]:
        return [server.name for server in self.all.values() if address in server.holds]

    def running(self) -> list[Server]:
        return [server for server in self.all.values() if server.runs]

    def settle(self) -> None:
        """Elections, until nobody takes over from anybody."""
        won: dict[str, set[str]] = {server.name: set() for server in self.running()}
        instances = {instance for server in self.running() for instance in server.runs.instances if server.runs}
        for instance in instances:
            parts = [server for server in self.running() if server.runs and instance in server.runs.instances]

            def strength(server: Server, instance: str = instance) -> tuple[int, bool, str]:
                held = bool(server.runs and server.holds & set(server.runs.instances[instance].addresses))
                return server.priority(instance), held, server.name  # the names are in the order of the IP addresses

            masters: list[Server] = []
            for server in sorted(parts, key=strength, reverse=True):
                if not any(master.sends_to(server, instance) for master in masters):
                    masters.append(server)
                    assert server.runs
                    won[server.name] |= set(server.runs.instances[instance].addresses)
        for server in self.all.values():
            server.holds = won.get(server.name, set())
        known = {address for server in self.running() for address in server.holds}
        self.most_holders = max([self.most_holders, *(len(self.holders(address)) for address in known)])

    def could_serve(self, address: str, but: str) -> list[str]:
        """The nodes other than `but` that are in service and have `address` in what they run."""
        return [
            server.name
            for server in self.running()
            if server.name != but and not server.out and server.runs and address in server.runs.addresses
        ]

    def stop(self, *names: str, wanted: Collection[str]) -> None:
        """At once. A node that holds an address drops it: if it is `wanted`, another one must hold it."""
        for name in names:
            dropped, self.all[name].holds = self.all[name].holds & set(wanted), set()
            self.all[name].runs = None
            for address in dropped:
                if not self.holders(address) and (others := self.could_serve(address, name)):
                    raise Gap(f"{name} drops {address}, nobody holds it, and {', '.join(others)} could")
        self.settle()

    def change(self, batch: Collection[str], cluster: Cluster) -> None:
        """The turns of a batch, side by side: those that hold something wait for the others."""
        waiting = []
        restarting = []
        for name in batch:
            server = self.all[name]
            match due(cluster, self.node(name, cluster), text_of(cluster, name)):
                case "restart" if server.holds:
                    waiting.append(name)
                case "restart" | "start":
                    restarting.append(name)
                case "reload":
                    server.start(cluster)  # it keeps what it holds, unless a better one has it
                    server.ours = False
                    self.settle()
                case "restore":
                    server.text, server.ours = text_of(cluster, name), False
                    server.touched += 1
                    self.settle()
                case "replace":
                    server.text = text_of(cluster, name)
                    server.touched += 1
                case None:
                    pass
        self.stop(*(name for name in restarting if self.all[name].runs), wanted=cluster.addresses)
        for name in restarting:
            self.all[name].start(cluster)
            self.all[name].ours = False
        self._count_race([self.all[name] for name in restarting])
        self.settle()
        for name in waiting:
            self._restart_holder(name, cluster)

    def _count_race(self, started: Collection[Server]) -> None:
        """Of several that start at the same time and receive no adverts of a holder, each may take the addresses."""
        for server in started:
            for instance, settings in (server.runs.instances if server.runs else {}).items():
                masters = [one for one in self.running() if one.holds & set(settings.addresses)]
                if not any(
                    master.sends_to(server, instance) for master in masters if instance in master.runs.instances
                ):
                    racing = [one for one in started if one.sends_to(server, instance)]
                    self.most_holders = max(self.most_holders, len({one.name for one in [*racing, *masters]}))

    def _restart_holder(self, name: str, cluster: Cluster) -> None:
        """As a turn does it: once another node holds all of it, or by handing over, or else by a reload."""
        server = self.all[name]
        wanted = server.holds & set(cluster.addresses)  # what the file no longer has may go
        if not server.out and not all(len(self.holders(address)) > 1 for address in wanted):
            server.ours = True
            if all(self.could_serve(address, name) for address in wanted):
                self.settle()
            else:
                server.ours = False
        if any(self.holders(address) == [name] for address in wanted):
            old, new = advert_settings(server.text), advert_settings(text_of(cluster, name))
            assert all(old[one].reload_carries(new[one]) for one in old.keys() & new.keys()), f"{name} cannot change"
            server.start(cluster)
        else:
            self.stop(name, wanted=cluster.addresses)
            server.start(cluster)
        self.settle()
        server.ours = False
        self.settle()

    def state(self, cluster: Cluster) -> ClusterState:
        """What the nodes of `cluster` report."""
        return ClusterState(cluster, {name: self.node(name, cluster) for name in cluster.nodes})

    def node(self, name: str, cluster: Cluster) -> NodeState:
        server = self.all[name]
        up, own = server.runs is not None, server.text
        return NodeState(
            version="2.2.7" if server.installed else None,
            unit=Unit(
                load_state="loaded" if server.installed else "not-found",
                active_state="active" if up else "inactive",
                sub_state="",
                enabled=server.installed,
                since=None,
                needs_reload=False,
                current=True if up else None,
                **drop_in_of(cluster, runs=up),
            ),
            instances=self._instances(server) if up else None,
            holds=sorted(server.holds & set(cluster.addresses)),
            interfaces={},
            drained=server.out,
            flag=Flag(path=FLAG, present=server.out, content=content(run="deploy") if server.ours else "1\n"),
            running_flag=Flag(path=FLAG, present=server.out) if up else None,
            configuration=Configuration(
                sha256=hashlib.sha256(own.encode()).hexdigest() if own else None,
                applied=up or None,
                running=fingerprint(own) if up else None,
                running_but_election=fingerprint_but_election(own) if up else None,
                advert_settings=advert_settings(own) if up else None,
            ),
        )

    def _instances(self, server: Server) -> Mapping[str, InstanceState]:
        assert server.runs
        return {
            instance: InstanceState(
                state="MASTER" if server.holds & set(settings.addresses) else "BACKUP",
                base_priority=server.runs.base_priority(instance, server.name),
                effective_priority=server.priority(instance),
                virtual_router_id=settings.virtual_router_id,
                version=server.runs.vrrp_version,
                master_priority=None,
                addresses=settings.addresses,
                last_transition=None,
            )
            for instance, settings in server.runs.instances.items()
        }
