"""keepalived itself: stopped, killed, hanging."""

from __future__ import annotations

from faults.cases.case import Phases, case
from faults.phases import Allowed, Phase
from faults.stage import Stage
from lab.host import Host
from lab.operator import BROKEN_UNIT

MAIN = "$(systemctl show -P MainPID keepalived)"
CHILD = f"$(cat /proc/{MAIN}/task/*/children)"
ANEW = "systemd starts it again before anybody looks"
STAYS_DOWN = f"printf '[Service]\\nRestart=no\\n' > {BROKEN_UNIT}; systemctl daemon-reload"


def beside(stage: Stage, host: Host) -> Allowed:
    """`host` goes on holding what it holds, and the others elect another one."""
    held = stage.held()
    return {
        address: [tuple(sorted({*names, *([host.name] if host.name in held[address] else [])})) for names in allowed]
        for address, allowed in stage.one_each(without=[host]).items()
    }


@case("keepalived-stopped")
def holder_stopped(stage: Stage) -> Phases:
    """keepalived of the holder is stopped in order, and started again."""
    holder = stage.holder()
    holder.succeed("systemctl stop keepalived")
    yield Phase("stopped", stage.one_each(without=[holder]), silence=stage.failover, breaks=True)
    holder.succeed("systemctl start keepalived")
    yield Phase("started", stage.one_each(), lasts=False, silence=0.0, breaks=True)


@case("keepalived-stopped")
def backup_stopped(stage: Stage) -> Phases:
    """keepalived of the first backup is stopped in order, and started again."""
    backup = stage.backups()[0]
    backup.succeed("systemctl stop keepalived")
    yield Phase("stopped", stage.one_each(without=[backup]))
    backup.succeed("systemctl start keepalived")
    yield Phase("started", stage.one_each(), lasts=False)


@case(why_unnamed=ANEW)
def parent_killed(stage: Stage) -> Phases:
    """The parent process of keepalived on the holder is killed (SIGKILL)."""
    stage.holder().succeed(f"kill -KILL {MAIN}")
    yield Phase("killed", stage.back(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case(why_unnamed=ANEW)
def child_killed(stage: Stage) -> Phases:
    """The VRRP process of keepalived on the holder is killed (SIGKILL); its parent starts another one."""
    stage.holder().succeed(f"kill -KILL {CHILD}")
    yield Phase("killed", stage.back(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case(why_unnamed=ANEW)
def parent_and_child_killed(stage: Stage) -> Phases:
    """All processes of keepalived on the holder are killed (SIGKILL)."""
    stage.holder().succeed(f"kill -KILL {CHILD} {MAIN}")
    yield Phase("killed", stage.back(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case("address-left-behind")
def killed_for_good(stage: Stage) -> Phases:
    """All processes of keepalived on the holder are killed, and systemd is told not to start it again."""
    holder = stage.holder()
    stage.operator.afterwards(holder, "systemctl start keepalived")
    holder.succeed(STAYS_DOWN)
    stage.begins()
    holder.succeed(f"kill -KILL {CHILD} {MAIN}")
    both = beside(stage, holder)
    yield Phase("killed", both, silence=stage.failover, breaks=True)
    holder.succeed(f"rm {BROKEN_UNIT}; systemctl daemon-reload; systemctl reset-failed keepalived")
    stage.begins()
    holder.succeed("systemctl start keepalived")
    yield Phase("started", stage.any_one(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case("keepalived-silent")
def child_stopped_and_continued(stage: Stage) -> Phases:
    """The VRRP process of the holder hangs (SIGSTOP) for longer than the others wait, and goes on (SIGCONT)."""
    holder = stage.holder()
    child = holder.succeed(f"echo {CHILD}").strip()
    stage.operator.afterwards(holder, f"kill -CONT {child}")
    holder.succeed(f"kill -STOP {child}")
    yield Phase("hangs", beside(stage, holder), silence=stage.failover, breaks=True)
    holder.succeed(f"kill -CONT {child}")
    yield Phase("goes on", stage.any_one(), lasts=False, silence=stage.failover, within=10, breaks=True)


@case("keepalived-silent")
def backup_stopped_and_continued(stage: Stage) -> Phases:
    """The VRRP process of the first backup hangs (SIGSTOP), and goes on (SIGCONT)."""
    backup = stage.backups()[0]
    child = backup.succeed(f"echo {CHILD}").strip()
    stage.operator.afterwards(backup, f"kill -CONT {child}")
    backup.succeed(f"kill -STOP {child}")
    yield Phase("hangs", beside(stage, backup))
    backup.succeed(f"kill -CONT {child}")
    yield Phase("goes on", stage.one_each(), lasts=False, within=10)


@case(why_unnamed="it is over before anybody looks")
def all_restarted_at_once(stage: Stage) -> Phases:
    """keepalived is restarted by hand on all nodes at the same time."""
    stage.operator.everywhere("systemctl restart keepalived")
    yield Phase("restarted", stage.back(), lasts=False, silence=stage.failover + 1, within=10, breaks=True)


@case("keepalived-not-enabled")
def not_enabled(stage: Stage) -> Phases:
    """Somebody disables keepalived on a backup: it would not start at the next boot."""
    backup = stage.backups()[-1]
    stage.operator.afterwards(backup, "systemctl enable --quiet keepalived")
    backup.succeed("systemctl disable --quiet keepalived")
    yield Phase("disabled", stage.one_each())
    stage.types_deploy()
    yield Phase("deployed", stage.one_each(), lasts=False, within=30)
