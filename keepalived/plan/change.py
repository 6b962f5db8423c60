"""What is done to one node so that its daemon runs a new configuration: a list of steps. Pure.

The rule behind it: an address is not taken from its holder before another node has it, as long as another node can.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """One step of a change; operations/change.py does it."""

    PUT_IN_PLACE = "put the tested configuration in place"
    SEE_TAKEN_OVER = "see whether another node takes the addresses over, with the new settings"
    HAND_OVER = "drain the node for the time of the change"
    SEE_HANDED_OVER = "see another node hold the addresses"
    RESTART = "restart the daemon and see it run the new configuration"
    RELOAD = "reload the daemon and see it run the new configuration"
    WARN_RELOAD = "say that no other node takes over, and what happens should the reload fail"
    REFUSE = "end the run: the address would have no holder"
    TAKE_BACK = "end the drain that HAND_OVER began"


@dataclass(frozen=True)
class Situation:
    """What decides how a running daemon is restarted."""

    holds: bool
    """The node holds an address."""
    incompatible: bool
    """Nodes before and after the change reject each other's adverts."""
    taken_over: bool | None
    """Another node holds the addresses with the new settings; None: nobody has looked yet."""
    can_hand_over: bool
    """Another node can serve, and the daemon looks at a flag that this project knows."""
    drained: bool
    """What the running daemon looks at says that the node is drained."""
    reload_carries: bool
    """A reload brings the daemon to the new configuration with its addresses."""
    force: bool
    """The operator accepts a gap."""


def restart_steps(now: Situation) -> tuple[Step, ...]:
    """The steps of a restart. After SEE_TAKEN_OVER, always the last one, the question is asked again.

    Whether a change parts the nodes, and in which direction, differs between versions of keepalived. So it is seen by
    who takes the addresses over; where the others still accept this node's adverts, it hands over as any holder does.
    """
    if now.holds and now.incompatible and now.taken_over is None:
        return Step.PUT_IN_PLACE, Step.SEE_TAKEN_OVER
    if not now.holds or now.taken_over:
        return (Step.RESTART,)
    if now.can_hand_over and now.drained:
        return Step.SEE_HANDED_OVER, Step.RESTART
    if now.can_hand_over:
        return Step.HAND_OVER, Step.SEE_HANDED_OVER, Step.RESTART, Step.TAKE_BACK
    if now.reload_carries:
        return Step.WARN_RELOAD, Step.RELOAD
    return (Step.RESTART,) if now.force else (Step.REFUSE,)
