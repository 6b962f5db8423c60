"""A reboot or an upgrade of a cluster: what an earlier run left, and which nodes it is for, in what order. Pure."""

from keepalived.plan.maintenance.left import (
    begun,
    finished_reboots,
    is_left,
    is_pending,
    is_rebooted,
    unfinished,
    with_checkpoint,
)
from keepalived.plan.maintenance.order import (
    MaintenancePlan,
    TurnPart,
    in_order,
    plan_maintenance,
    reboots,
    run_refusal,
)

__all__ = [
    "MaintenancePlan",
    "TurnPart",
    "begun",
    "finished_reboots",
    "in_order",
    "is_left",
    "is_pending",
    "is_rebooted",
    "plan_maintenance",
    "reboots",
    "run_refusal",
    "unfinished",
    "with_checkpoint",
]
