"""A rollout: what each node needs to run its new configuration, in what order, and the same in words. Pure."""

from keepalived.plan.rollout.due import (
    Work,
    due,
    incompatible,
    missing_scripts,
    must_be_placed,
    needless_scripts,
    reload_carries,
    unit_must_be_placed,
)
from keepalived.plan.rollout.order import RolloutPlan, plan_rollout
from keepalived.plan.rollout.refusals import Refused, under_way, unheld
from keepalived.plan.rollout.words import successors

__all__ = [
    "Refused",
    "RolloutPlan",
    "Work",
    "due",
    "incompatible",
    "missing_scripts",
    "must_be_placed",
    "needless_scripts",
    "plan_rollout",
    "reload_carries",
    "successors",
    "under_way",
    "unheld",
    "unit_must_be_placed",
]
