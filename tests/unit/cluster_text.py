"""Cluster files for the tests: sound ones, of which a test makes one part another."""

NODES = "server01: 10.10.0.3, server02: 10.10.0.4"
INSTANCE = "virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]"


def cluster(*rest: str, nodes: str = NODES, instance: str = INSTANCE, instances: str = "") -> str:
    """A sound cluster file in which one part is another."""
    return "\n".join([f"nodes: {{{nodes}}}", f"instances: {{{instances or f'VI_1: {{{instance}}}'}}}", *rest])


def instance(virtual_router_id: str = "51", virtual_ipaddress: str = "[10.10.0.2]", rest: str = "") -> str:
    return cluster(
        instance=f"virtual_router_id: {virtual_router_id}, virtual_ipaddress: {virtual_ipaddress}"
        + (f", {rest}" if rest else "")
    )
