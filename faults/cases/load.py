"""A node that is short of something. Each load is bounded by its own number, size and time."""

from __future__ import annotations

import time

from faults.cases.case import Phases, case
from faults.cases.daemon import ANEW, CHILD
from faults.phases import Phase
from faults.stage import Stage

HOGS, HOG_SECONDS = 4, 6
JOURNAL = "/run/log/journal"


@case(why_unnamed="keepalived runs in real time and does not notice")
def processor_starved(stage: Stage) -> Phases:
    """Four processes on the holder take all the processor that they get, for six seconds."""
    began = time.monotonic()
    hog = f"timeout {HOG_SECONDS} sh -c 'while :; do :; done' >/dev/null 2>&1 </dev/null &"
    stage.holder().succeed(f"for one in $(seq {HOGS}); do {hog} done")
    yield Phase("starved", stage.one_each(), silence=0.5)
    time.sleep(max(0.0, began + HOG_SECONDS - time.monotonic()))
    yield Phase("over", stage.one_each(), lasts=False, silence=0.5, within=10)


@case(why_unnamed=ANEW)
def memory_short(stage: Stage) -> Phases:
    """The VRRP process of the holder gets no more memory (its address space is limited), and ends."""
    holder = stage.holder()
    holder.succeed(f"prlimit --as=1 --pid {CHILD}; kill -HUP $(systemctl show -P MainPID keepalived)")
    anyone = stage.any_one()
    yield Phase("no memory", anyone, lasts=False, silence=stage.failover, within=10, breaks=True)


@case(why_unnamed="nothing that status looks at needs the journal")
def journal_full(stage: Stage) -> Phases:
    """The holder's journal takes no more lines. A drain and a restore work all the same."""
    holder = stage.holder()
    undo = f"umount -l {JOURNAL}; systemctl restart systemd-journald"
    stage.operator.afterwards(holder, undo)
    holder.succeed(
        f"mkdir -p {JOURNAL}; mount -t tmpfs -o size=64k tmpfs {JOURNAL}; systemctl restart systemd-journald; "
        f"dd if=/dev/zero of={JOURNAL}/full bs=1k 2>/dev/null; true"
    )
    yield Phase("full", stage.one_each())
    stage.drain(holder)
    yield Phase("drained", stage.one_each(drained=[holder]), within=30)
    stage.restore(holder)
    yield Phase("restored", stage.one_each(), within=30)
    holder.succeed(undo)
    yield Phase("healed", stage.one_each(), lasts=False)
