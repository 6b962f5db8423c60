"""Machines that are no nodes of the cluster, and addresses that come and go without keepalived."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from faults.cases.case import Phases, case
from faults.phases import Allowed, Phase
from faults.stage import Stage
from faults.switch import STRANGERS_OWN, stranger
from faults.variants import own_six
from lab.lab import CHECKOUT
from lab.network import ip
from lab.places import INTERFACE, NAMESPACES


@contextmanager
def speaking(stage: Stage, priority: int) -> Iterator[None]:
    """A stranger sends adverts for the watched address, as long as the `with` lasts."""
    with stranger(stage.lab) as namespace:
        to = stage.advert_targets()
        family = 6 if stage.variant.family == "ipv6" else 4
        source = STRANGERS_OWN[family].partition("/")[0]
        command = [sys.executable, "-m", "faults.speaker", source, stage.address, str(priority), *to]
        process = subprocess.Popen(
            ["nsenter", f"--net={NAMESPACES / namespace}", "setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        try:
            assert process.stdout is not None
            process.stdout.readline()
            stage.begins()
            yield
        finally:
            process.kill()
            process.communicate()


@case("stranger-sends-adverts")
def stranger_of_lower_priority(stage: Stage) -> Phases:
    """A machine that is no node sends adverts of the same virtual_router_id with a lower priority."""
    with speaking(stage, 50):
        yield Phase("speaks", stage.one_each())
    yield Phase("silent", stage.one_each(), lasts=False, within=10)


@case("stranger-sends-adverts", "unknown-master", "address-without-holder")
def stranger_of_higher_priority(stage: Stage) -> Phases:
    """A machine that is no node sends adverts of the same virtual_router_id with a higher priority: it takes all."""
    with speaking(stage, 254):
        yield Phase("speaks", _none_of_first(stage), silence=None, breaks=True)
    yield Phase("silent", stage.any_one(), lasts=False, silence=None, within=10, breaks=True)


def _none_of_first(stage: Stage) -> Allowed:
    """The stranger speaks for the virtual_router_id of the first instance, and so for what is in its sync group."""
    if stage.variant.kind == "sync-group":
        return stage.none()
    return {**stage.one_each(), stage.address: [()]}


@case("two-machines-answer", "stranger-answers")
def address_on_a_third_machine(stage: Stage) -> Phases:
    """A machine that is no node has the floating address too."""
    with stranger(stage.lab) as namespace:
        prefix, last = (128, ["nodad"]) if stage.variant.family == "ipv6" else (32, [])
        ip("-n", namespace, "addr", "add", f"{stage.address}/{prefix}", "dev", "eth0", *last)
        yield Phase("there", stage.one_each(), silence=None, unreached=True, breaks=True)
    yield Phase("gone", stage.one_each(), lasts=False, silence=stage.failover, breaks=True)


@case("two-holders")
def address_on_a_backup(stage: Stage) -> Phases:
    """Somebody adds the floating address to a backup by hand, and takes it off again."""
    holder, backup = stage.holder(), stage.backups()[0]
    remove = f"ip address del {stage.floating()} dev {INTERFACE}"
    stage.operator.afterwards(backup, f"{remove} 2>/dev/null")
    backup.succeed(f"ip address add {stage.floating()} dev {INTERFACE}{stage.nodad()}")
    both = {**stage.one_each(), stage.address: [tuple(sorted([holder.name, backup.name]))]}
    yield Phase("added", both, silence=None, breaks=True)
    backup.succeed(remove)
    yield Phase("taken off", stage.one_each(), lasts=False, silence=stage.failover, breaks=True)


@case(why_unnamed="keepalived sees it and puts the address back")
def address_taken_off(stage: Stage) -> Phases:
    """Somebody takes the floating address off the holder by hand."""
    stage.holder().succeed(f"ip address del {stage.floating()} dev {INTERFACE}")
    yield Phase("taken off", stage.any_one(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case(why_unnamed="keepalived sees it and puts the addresses back")
def addresses_flushed(stage: Stage) -> Phases:
    """All addresses of the holder's interface are flushed and its own put back, as NetworkManager does."""
    holder = stage.holder()
    own = [f"ip address add {holder.address}/24 dev {INTERFACE}"]
    if stage.variant.family == "ipv6":
        number = int(holder.name.removeprefix("server"))
        own += [f"ip address add {own_six(number)}/64 dev {INTERFACE} nodad"]
    holder.succeed(f"ip address flush dev {INTERFACE} scope global; {'; '.join(own)}")
    yield Phase("flushed", stage.any_one(), lasts=False, silence=stage.failover * 2, within=10, breaks=True)
