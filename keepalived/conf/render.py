"""The files of a node: rendered from a checked cluster, and compared by meaning. Reads only the templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from keepalived.conf.drop_in import with_digest
from keepalived.conf.fingerprint import fingerprint
from keepalived.conf.scripts import check_scripts, notify_scripts, scripts_of
from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.notify import STATES


def configuration(cluster: Cluster, node: str, interfaces: Mapping[str, str]) -> str:
    """The text of keepalived.conf on `node`; `interfaces` has the network interface of each instance.

    A comment has its fingerprint, so that a file that somebody has changed can be told from an older one.
    """
    template = environment.get_template("keepalived.conf.j2")

    def render(fingerprint: str) -> str:
        return template.render(
            cluster=cluster,
            node=node,
            interfaces=interfaces,
            scripts=check_scripts(cluster),
            notify=notify_scripts(cluster),
            states=STATES,
            fingerprint=fingerprint,
        )

    return render(str(fingerprint(render(""))))


class NoInterface(Exception):
    """There is no sound network interface for an instance on a node. The text says what to do."""


def interfaces(cluster: Cluster, node: str, carried: Mapping[str, list[str]]) -> dict[str, str]:
    """The network interface of each instance on `node`: as set, or the one that carries the node's own address.

    `carried` has the addresses by interface, as the node reports them. Raises NoInterface.
    """
    own = str(cluster.nodes[node].address)
    found = next((interface for interface, addresses in carried.items() if own in addresses), None)
    for instance, settings in cluster.instances.items():
        if settings.interface is None and found is None:
            raise NoInterface(
                f"{node}: no network interface carries its address {own}: correct nodes.{node} or set "
                f"instances.{instance}.interface in {cluster.name}.yml"
            )
    chosen = {instance: settings.interface or str(found) for instance, settings in cluster.instances.items()}
    for instance, interface in chosen.items():
        for name, check in cluster.checks_of(instance).items():
            if check.interface == interface:
                raise NoInterface(
                    f"{node}: the check {name} looks at {interface}, the own interface of {instance}: keepalived looks "
                    f"at that one anyway, and ignores the check. Take checks.{name} out of {cluster.name}.yml, or give "
                    f"{instance} other checks"
                )
    used: dict[tuple[int, int, str], str] = {}
    for instance, settings in cluster.instances.items():
        other = used.setdefault((settings.family, settings.virtual_router_id, chosen[instance]), instance)
        if other != instance:
            raise NoInterface(
                f"{node}: {other} and {instance} have virtual_router_id {settings.virtual_router_id} on the same "
                f"interface, {chosen[instance]}: give one of them another in {cluster.name}.yml"
            )
    return chosen


def drop_in(cluster: Cluster) -> str:
    """The text of the drop-in for keepalived.service, the same on every node of a cluster, with its own digest."""
    return _drop_in(cluster.drain.flag, tuple(cluster.start_after), bool(scripts_of(cluster)))


@lru_cache
def _drop_in(flag: str, start_after: tuple[str, ...], scripts: bool) -> str:
    template = environment.get_template("keepalived.service.conf.j2")
    text = template.render(flag=flag, start_after=start_after, scripts=scripts, this_boot=paths.DRAINED_THIS_BOOT)
    return with_digest(text)
