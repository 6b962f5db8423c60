"""A rollout: what each node needs to run its new configuration, in what order, and the same in words. Pure."""

from keepalived.plan.rollout.due import Work, due, incompatible, reload_carries
from keepalived.plan.rollout.order import Plan, plan
from keepalived.plan.rollout.refusals import Refused, unheld
from keepalived.plan.rollout.words import successor

__all__ = ["Plan", "Refused", "Work", "due", "incompatible", "plan", "reload_carries", "successor", "unheld"]
