"""Checks of a service, and notify commands, that fail, flap or hang."""

from __future__ import annotations

import time

from faults.cases.case import Phases, case
from faults.phases import Phase
from faults.stage import Stage
from faults.variants import Variant

BROKEN, POOR, HANGS, NOTIFY = "/run/app-broken", "/run/web-broken", "/run/app-hangs", "/run/notify-hangs"
CHECK_SECONDS = 8.0  # until it has failed often enough


def checked(variant: Variant) -> bool:
    """Where the cluster has checks."""
    return variant.kind == "checks"


@case("check-fails", applies=checked)
def check_fails(stage: Stage) -> Phases:
    """A check without weight fails on the holder, and passes again."""
    holder = stage.holder()
    stage.operator.afterwards(holder, f"rm -f {BROKEN}")
    holder.succeed(f"touch {BROKEN}")
    yield Phase("fails", stage.one_each(without=[holder]), silence=stage.failover, within=CHECK_SECONDS, breaks=True)
    holder.succeed(f"rm {BROKEN}")
    yield Phase("passes", stage.one_each(), lasts=False, within=CHECK_SECONDS)


@case("check-fails", applies=checked)
def weighted_check_fails(stage: Stage) -> Phases:
    """A check with a weight fails on the holder, and passes again."""
    holder = stage.holder()
    stage.operator.afterwards(holder, f"rm -f {POOR}")
    holder.succeed(f"touch {POOR}")
    yield Phase("fails", stage.one_each(drained=[holder]), within=CHECK_SECONDS)
    holder.succeed(f"rm {POOR}")
    yield Phase("passes", stage.one_each(), lasts=False, within=CHECK_SECONDS)


@case("check-fails", applies=checked)
def check_fails_everywhere(stage: Stage) -> Phases:
    """A check without weight fails on all nodes: nobody is able to serve, and nobody does. Then it passes again."""
    for host in stage.hosts:
        stage.operator.afterwards(host, f"rm -f {BROKEN}")
    stage.operator.everywhere(f"touch {BROKEN}")
    yield Phase("fails", stage.none(), silence=None, within=CHECK_SECONDS, breaks=True)
    stage.operator.everywhere(f"rm {BROKEN}")
    yield Phase("passes", stage.one_each(), lasts=False, silence=None, within=CHECK_SECONDS + 4, breaks=True)


@case(applies=checked, why_unnamed="at the end it passes; meanwhile status tells what it sees at that moment")
def check_flaps(stage: Stage) -> Phases:
    """A check without weight fails and passes by turns on the holder, every second, six times."""
    holder = stage.holder()
    stage.operator.afterwards(holder, f"rm -f {BROKEN}")
    for _ in range(6):
        holder.succeed(f"touch {BROKEN}")
        time.sleep(1)
        holder.succeed(f"rm -f {BROKEN}")
        time.sleep(1)
    yield Phase("passes", stage.one_each(), lasts=False, silence=stage.failover, within=20, breaks=True)


@case("check-fails", applies=checked)
def check_hangs(stage: Stage) -> Phases:
    """The command of a check without weight hangs on the holder, and ends again."""
    holder = stage.holder()
    stage.operator.afterwards(holder, f"rm -f {HANGS}")
    holder.succeed(f"touch {HANGS}")
    hanging = stage.one_each(without=[holder])
    yield Phase("hangs", hanging, silence=stage.failover, within=CHECK_SECONDS + 6, breaks=True)
    holder.succeed(f"rm {HANGS}")
    yield Phase("ends", stage.one_each(), lasts=False, within=CHECK_SECONDS + 6)


@case(applies=checked, why_unnamed="nobody waits for a notify command")
def notify_hangs(stage: Stage) -> Phases:
    """The notify commands of all nodes hang for 30 s; the holder is drained and restored meanwhile."""
    holder = stage.holder()
    for host in stage.hosts:
        stage.operator.afterwards(host, f"rm -f {NOTIFY}")
    stage.operator.everywhere(f"touch {NOTIFY}")
    stage.drain(holder)
    yield Phase("drained", stage.one_each(drained=[holder]), within=40)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), within=40)
    stage.operator.everywhere(f"rm {NOTIFY}")
    yield Phase("healed", stage.one_each(), lasts=False)
