"""States of clusters for the tests: nodes as they report themselves, of which a test makes one part another."""

import hashlib
from typing import Any, TypeVar

from pydantic import BaseModel

from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.fingerprint import fingerprint
from keepalived.conf.render import drop_in
from keepalived.observed.cluster import ClusterState
from keepalived.observed.node import Configuration, InstanceState, NodeState, Unit
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from keepalived.spec.flag import Flag


def drop_in_of(cluster: Cluster, *, runs: bool = True) -> dict[str, Any]:
    """What a node's unit tells where the drop-in is in place, and in force in a daemon that runs."""
    text = drop_in(cluster)
    return {
        "drop_in": hashlib.sha256(text.encode()).hexdigest(),
        "running_drop_in": drop_in_digest(text) if runs else None,
    }


Model = TypeVar("Model", bound=BaseModel)

ONE = """\
nodes: {server01: 10.10.0.3, server02: 10.10.0.4, server03: 10.10.0.5}
instances:
  VI_1: {virtual_router_id: 51, virtual_ipaddress: [10.10.0.2]}
"""
TWO = f"{ONE}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}\n"
ALONE = ONE.replace(", server02: 10.10.0.4, server03: 10.10.0.5", "")
TEXT = "vrrp_instance VI_1 {\n}\n"
FLAG = "/var/lib/keepalived/releasevip"
VIP = "10.10.0.2"


def node(
    priority: int | None,
    *holds: str,
    drained: bool = False,
    active: str = "active",
    says: str = "",
    instances: tuple[str, ...] = ("VI_1",),
    runs: str = TEXT,
) -> NodeState:
    """A node that announces `priority` in its instances (None: it does not tell), and holds the addresses `holds`."""
    up = active == "active"
    state: Any = says or ("MASTER" if holds else "BACKUP")
    instance = InstanceState(
        state=state,
        base_priority=(priority or 0) % 100,  # out of service
        effective_priority=priority or 0,
        virtual_router_id=51,
        version=3,
        master_priority=None,
        addresses=[],
        last_transition=None,
    )
    return NodeState(
        version="2.2.7",
        unit=Unit(
            load_state="loaded",
            active_state=active,
            sub_state="",
            enabled=True,
            since=None,
            needs_reload=False,
            current=up or None,
        ),
        instances=None if priority is None else dict.fromkeys(instances, instance),
        holds=list(holds),
        interfaces={},
        drained=drained,
        flag=Flag(path=FLAG, present=drained),
        configuration=Configuration(
            sha256="", applied=up or None, running=fingerprint(runs) if up else None, origin="deployed"
        ),
    )


def but(one: Model, **changed: Any) -> Model:
    """`one` with other values in some fields."""
    return one.model_copy(update=changed)


def saying(one: NodeState, **changed: Any) -> NodeState:
    """`one` with other values in what its daemon tells of each instance."""
    return but(one, instances={name: but(said, **changed) for name, said in (one.instances or {}).items()})


def state(*nodes: NodeState | None, text: str = ONE, name: str = "managers") -> ClusterState:
    """server01, server02 and server03; None could not be read."""
    cluster: Cluster = parse(text, name)
    return ClusterState(cluster, dict(zip(cluster.nodes, nodes, strict=True)))


UNREAD = None
FIRST, SECOND, THIRD = node(103, VIP), node(102), node(101)  # at rest
STOPPED = node(None, active="inactive")
AT_REST = state(FIRST, SECOND, THIRD)
DRAINED = node(3, drained=True)
HOLDING = node(3, VIP, drained=True)
