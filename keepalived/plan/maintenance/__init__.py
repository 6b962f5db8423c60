"""A reboot or an upgrade of a cluster: what an earlier run left, and which nodes it is for, in what order. Pure."""

from keepalived.plan.maintenance.left import (
    begun,
    is_left,
    is_pending,
    is_rebooted,
    noted,
    noted_nodes,
    unfinished,
)
from keepalived.plan.maintenance.order import Plan, Work, in_order, plan, reboots, refusal

__all__ = [
    "Plan",
    "Work",
    "begun",
    "in_order",
    "is_left",
    "is_pending",
    "is_rebooted",
    "noted",
    "noted_nodes",
    "plan",
    "reboots",
    "refusal",
    "unfinished",
]
