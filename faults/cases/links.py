"""Cables and the switch."""

from __future__ import annotations

import time

from faults.bad_cable import Options
from faults.cases.case import Phases, case
from faults.phases import Phase
from faults.stage import Stage
from faults.switch import bad_cable, split

VRRP = 112


@case("node-unreadable")
def holder_cut(stage: Stage) -> Phases:
    """The holder's cable is cut, and plugged in again."""
    holder = stage.holder()
    holder.unplug()
    yield Phase("cut", stage.one_each(without=[holder]), silence=stage.failover, breaks=True)
    holder.plug()
    yield Phase("plugged in", stage.one_each(), lasts=False, silence=stage.failover)


@case("node-unreadable")
def backup_cut(stage: Stage) -> Phases:
    """The cable of the first backup is cut, and plugged in again."""
    backup = stage.backups()[0]
    backup.unplug()
    yield Phase("cut", stage.one_each(without=[backup]), silence=_own(stage, backup.name))
    backup.plug()
    yield Phase("plugged in", stage.one_each(), lasts=False, silence=_own(stage, backup.name))


def _own(stage: Stage, name: str) -> float:
    """A backup of the watched address holds nothing that is watched."""
    return 0.0 if name != stage.holder().name else stage.failover


@case("node-unreadable", "address-without-holder")
def every_cable_cut(stage: Stage) -> Phases:
    """All cables are cut, as by a switch without power, and plugged in again."""
    for host in stage.hosts:
        host.unplug()
    yield Phase("cut", stage.none(), silence=None, breaks=True)
    for host in stage.hosts:
        host.plug()
    yield Phase("plugged in", stage.any_one(), lasts=False, silence=None, within=10, breaks=True)


@case(why_unnamed="each cut is over before anybody can look")
def holder_flaps(stage: Stage) -> Phases:
    """The holder's cable is cut and plugged in five times within three seconds."""
    holder = stage.holder()
    for _ in range(5):
        holder.unplug()
        time.sleep(0.3)
        holder.plug()
        time.sleep(0.3)
    yield Phase("plugged in", stage.any_one(), lasts=False, silence=2 * stage.failover, within=10, breaks=True)


@case("node-unreadable")
def split_in_two(stage: Stage) -> Phases:
    """The network splits: the operator, clients and the holder on one side, all others on the other one."""
    holder, backups = stage.holder(), stage.backups()
    with split(stage.lab, backups):
        yield Phase("split", stage.both_sides([[holder], backups]), unreached=True, within=stage.failover)
    yield Phase("healed", stage.any_one(), lasts=False, silence=stage.failover, within=10)


@case("two-holders", "holder-unreadable", "node-unreadable")
def split_from_the_holder(stage: Stage) -> Phases:
    """The network splits: the operator, clients and all backups on one side, the holder alone on the other one."""
    holder, backups = stage.holder(), stage.backups()
    with split(stage.lab, [holder]):
        both = stage.both_sides([[holder], backups])
        yield Phase("split", both, silence=stage.failover, unreached=True, breaks=True)
    yield Phase("healed", stage.any_one(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case("two-holders")
def adverts_lost_one_way(stage: Stage) -> Phases:
    """No advert reaches the first backup; all else does, and its own adverts reach the others."""
    backup = stage.backups()[0]
    with bad_cable(stage.lab, backup, Options(drops_back=(VRRP,))):
        both = {
            address: [tuple(sorted({*names, backup.name})) for names in allowed]
            for address, allowed in stage.one_each().items()
        }
        yield Phase("dropped", both, silence=None, within=stage.failover, breaks=True)
    yield Phase("healed", stage.one_each(), lasts=False, silence=stage.failover, breaks=True)


@case(why_unnamed="nobody misses the adverts of a backup")
def adverts_of_a_backup_lost(stage: Stage) -> Phases:
    """The first backup's adverts do not leave it; it receives those of the others."""
    with bad_cable(stage.lab, stage.backups()[0], Options(drops_there=(VRRP,))):
        yield Phase("dropped", stage.one_each())
    yield Phase("healed", stage.one_each(), lasts=False)


@case(why_unnamed="status does not measure the network")
def packets_lost(stage: Stage) -> Phases:
    """The holder's cable loses 30 % of all packets, both ways."""
    with bad_cable(stage.lab, stage.holder(), Options(loss=0.3, seed=stage.seed)):
        yield Phase("lossy", stage.any_one(), silence=None, within=20, breaks=True, unreached=True)
    yield Phase("healed", stage.any_one(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case(why_unnamed="status does not measure the network")
def packets_late(stage: Stage) -> Phases:
    """The holder's cable delays each packet by 200 ms, and by up to 100 ms more."""
    with bad_cable(stage.lab, stage.holder(), Options(delay=0.2, jitter=0.1, seed=stage.seed)):
        yield Phase("late", stage.one_each(), silence=stage.failover, breaks=True, unreached=True)
    yield Phase("healed", stage.one_each(), lasts=False, silence=1.0)
