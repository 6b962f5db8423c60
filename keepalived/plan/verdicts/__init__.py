"""What a command waits for, as one verdict on the nodes' reports: status, waits and rollouts ask the same. Pure."""

from keepalived.plan.verdicts.change import (
    fit,
    healthy,
    may_leave,
    may_stop,
    preempts_as_due,
    settled,
    taken_over,
)
from keepalived.plan.verdicts.drain import handed_over, in_service, out_of_service, taken_back
from keepalived.plan.verdicts.verdict import Judge, Verdict

__all__ = [
    "Judge",
    "Verdict",
    "fit",
    "handed_over",
    "healthy",
    "in_service",
    "may_leave",
    "may_stop",
    "out_of_service",
    "preempts_as_due",
    "settled",
    "taken_back",
    "taken_over",
]
