"""What must hold between the VRRP keywords of an instance: what keepalived refuses, or what would part nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from keepalived.spec.cluster import Cluster
from keepalived.spec.fault import Fault
from keepalived.spec.instance import Instance

UNICAST_KEYS = ("unicast_ttl", "check_unicast_src", "min_ttl", "max_ttl")
MULTICAST_KEYS = ("mcast_src_ip", "mcast_dst_ip")
VMAC_KEYS = ("vmac_xmit_base", "use_vmac_addr")
NOT_STRICT = {
    "garp_lower_prio_delay": 0,
    "garp_lower_prio_repeat": 0,
    "lower_prio_no_advert": True,
    "higher_prio_send_advert": False,
    "down_timer_adverts": 3,
    "vmac_xmit_base": False,
    "preempt_delay": None,
}
"""What strict mode leaves of these keywords."""
TTL4 = 255


def vrrp_faults(cluster: Cluster) -> Iterator[Fault]:
    """What is wrong with the VRRP keywords of the instances of a cluster."""
    for name, instance in cluster.instances.items():
        path = f"instances.{name}"
        yield from _cast_faults(path, instance)
        yield from _ttl_faults(path, instance)
        yield from _source_faults(cluster, name)
        if instance.strict_mode:
            yield from _strict_faults(cluster, name)
    yield from _vmac_faults(cluster)
    yield from _accept_faults(cluster)


def _accept_faults(cluster: Cluster) -> Iterator[Fault]:
    """Where a holder takes no packets, no connection ends at it."""
    takes = {
        name: not instance.strict_mode if instance.accept is None else instance.accept
        for name, instance in cluster.instances.items()
        if instance.addresses
    }
    closed = next((name for name, accepts in takes.items() if not accepts), None)
    if closed is None:
        return
    keys = ("accept", "strict_mode")
    basis = tuple(f"instances.{name}.{key}" for name in takes for key in keys)
    why = "accept: false" if cluster.instances[closed].accept is False else "strict_mode without accept: true"
    if cluster.probe.port is not None:
        says = f"{closed} has {why}: its holder takes no packets, and no connection to it comes about: leave it out"
        yield Fault("probe.port", says, basis)
    if cluster.connections == "keep" and not any(takes.values()):
        says = f"keep: {closed} has {why}: its holder takes no packets, and there is no connection to keep: use cut"
        yield Fault("connections", says, basis)


def _cast_faults(path: str, instance: Instance) -> Iterator[Fault]:
    unicast = (f"{path}.unicast",)
    for key in UNICAST_KEYS:
        if getattr(instance, key) and not instance.unicast:
            yield Fault(f"{path}.{key}", "is for unicast: set unicast: true, or leave it out", unicast)
    for key in MULTICAST_KEYS:
        if getattr(instance, key) and instance.unicast:
            yield Fault(f"{path}.{key}", "is for multicast: leave it out, or leave out unicast", unicast)
    if (group := instance.mcast_dst_ip) and (":" in group) != (instance.family == 6):
        yield Fault(f"{path}.mcast_dst_ip", f"{group} is no group for IPv{instance.family} addresses")


def _ttl_faults(path: str, instance: Instance) -> Iterator[Fault]:
    """A node drops the adverts of all its peers when they are sent with another TTL than it takes."""
    if not instance.unicast or not instance.ttl_limits:
        return
    low, high, sent = instance.min_ttl or 0, instance.max_ttl or 255, instance.unicast_ttl
    basis = tuple(f"{path}.{key}" for key in ("unicast_ttl", "min_ttl", "max_ttl"))
    key = "min_ttl" if instance.min_ttl else "max_ttl"
    if low > high:
        yield Fault(f"{path}.min_ttl", f"{low} is above max_ttl {high}: no advert would count", basis)
    elif sent is None and instance.family == 6:
        yield Fault(f"{path}.{key}", "with IPv6 each node's kernel sets the TTL: set unicast_ttl as well", basis)
    elif low > (sent or TTL4):
        yield Fault(f"{path}.min_ttl", f"{low} is above the TTL of the nodes' own adverts, {sent or TTL4}", basis)
    elif high < (sent or TTL4):
        yield Fault(
            f"{path}.max_ttl",
            f"{high} is below the TTL of the nodes' own adverts, {sent or TTL4}"
            + ("" if sent else ": set unicast_ttl as well"),
            basis,
        )


def _source_faults(cluster: Cluster, name: str) -> Iterator[Fault]:
    instance = cluster.instances[name]
    if not instance.mcast_src_ip:
        return
    for node in cluster.members(name):
        source, own = cluster.advert_source(name, node), cluster.on_node(name, node).unicast_src_ip
        key = f"nodes.{node}.instances.{name}.unicast_src_ip"
        if own is not None and str(own) in cluster.addresses:
            yield Fault(key, f"{own} is a floating address: give one that stays on {node}")
        if own is not None and own.version != instance.family:
            yield Fault(key, f"{own} is not IPv{instance.family}, as the addresses of {name} are")
        elif source.version != instance.family:
            why = f"the address of {node} is IPv{source.version}, those of the instance are not: leave it out"
            yield Fault(f"instances.{name}.mcast_src_ip", why, ("nodes",))
            return


def _strict_faults(cluster: Cluster, name: str) -> Iterator[Fault]:
    instance, path = cluster.instances[name], f"instances.{name}"
    if instance.unicast:
        yield Fault(f"{path}.strict_mode", "strict mode has no unicast: leave one of them out")
    if instance.authentication:
        yield Fault(f"{path}.strict_mode", "strict mode has no authentication: leave one of them out")
    for key, allowed in NOT_STRICT.items():
        value = getattr(instance, key)
        if value is not None and value != allowed:
            yield Fault(f"{path}.{key}", "strict mode has it not: leave it out", (f"{path}.strict_mode",))
    if instance.accept and cluster.version(name) == 2:
        yield Fault(f"{path}.accept", "strict mode has it with VRRPv3 alone: leave it out, or set vrrp_version: 3")
    if instance.family == 6 and not instance.virtual_ipaddress[0].ip.is_link_local:
        yield Fault(f"{path}.virtual_ipaddress", "strict mode wants a link-local address first: fe80::1")


def _vmac_faults(cluster: Cluster) -> Iterator[Fault]:
    named: dict[str, str] = {}
    for name, instance in cluster.instances.items():
        path = f"instances.{name}"
        basis = (f"{path}.use_vmac",)
        if not instance.use_vmac:
            for key in VMAC_KEYS:
                if getattr(instance, key):
                    yield Fault(f"{path}.{key}", "does nothing without use_vmac: leave it out", basis)
            continue
        if instance.unicast and not instance.vmac_xmit_base:
            why = "unicast adverts cannot leave by the virtual interface: set vmac_xmit_base: true"
            yield Fault(f"{path}.use_vmac", why, (f"{path}.vmac_xmit_base", f"{path}.unicast"))
        if instance.promote_secondaries:
            yield Fault(f"{path}.promote_secondaries", "use_vmac has it always: leave it out", basis)
        interface = _vmac_interface(instance)
        own = {cluster.interface(name, node) for node in cluster.members(name)}
        if isinstance(instance.use_vmac, str) and interface in own:
            yield Fault(f"{path}.use_vmac", f"{interface} is the interface of the instance: give it another name")
        if (other := named.setdefault(interface, name)) != name:
            # keepalived itself finds another name where two have it by default
            at, of = (name, other) if isinstance(instance.use_vmac, str) else (other, name)
            if isinstance(cluster.instances[at].use_vmac, str):
                yield Fault(f"instances.{at}.use_vmac", f"{interface} is that of {of}: give it another name")


def _vmac_interface(instance: Instance) -> str:
    if isinstance(instance.use_vmac, str):
        return instance.use_vmac
    return f"vrrp{'6' if instance.family == 6 else ''}.{instance.virtual_router_id}"
