"""A second network for lab hosts and their operator, on a wire of its own."""

from __future__ import annotations

from lab.operator import Operator
from lab.places import INTERFACE, OPERATOR_INTERFACE

OVERLAY = "ip link add outside type vxlan id 20 group 239.1.1.1 dev {} dstport 4789 && ip link set outside up"


def add_network(operator: Operator) -> None:
    """192.0.2.0/24 on the interface `outside`: 192.0.2.11 for server01, and so on; 192.0.2.100 for the operator."""
    ours = f"{OVERLAY.format(OPERATOR_INTERFACE)} && ip address add 192.0.2.100/24 dev outside"
    operator.lab.operator(["sh", "-c", ours], check=True)
    operator.everywhere(
        f"{OVERLAY.format(INTERFACE)} && ip address add 192.0.2.1$(hostname | tail -c 2)/24 dev outside"
    )
