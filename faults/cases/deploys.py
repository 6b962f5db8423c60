"""Nodes on which a deploy or an upgrade meets something that is not as it should be."""

from __future__ import annotations

import time

from faults.cases.case import Phases, case
from faults.cases.power import BOOT_SECONDS, COMMAND_SECONDS
from faults.phases import Phase
from faults.stage import Stage
from keepalived.spec.paths import CONFIGURATION
from lab.debian import NEWER
from lab.errors import LabError
from lab.operator import UPGRADE

ETC = "/etc/keepalived"
FULL = (
    f"cp -a {ETC} /run/kept; mount -t tmpfs -o size=64k tmpfs {ETC}; cp -a /run/kept/. {ETC}/; rm -r /run/kept; "
    f"dd if=/dev/zero of={ETC}/full bs=1k 2>/dev/null; true"
)
KILL_SSHD = (
    "systemctl stop ssh.socket ssh 2>/dev/null; "
    'for one in /proc/[0-9]*; do case $(cat "$one/comm") in sshd*) kill -KILL "${one#/proc/}";; esac; done; true'
)
LOCKED_SECONDS = 8
LOCKS = ("/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/cache/apt/archives/lock")
HOLD = (
    'use Fcntl; for my $path (@ARGV) { open(my $one, "+>>", $path) or die; push @all, $one; '
    'my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0); fcntl($one, F_SETLK, $lock) or die }; '
    f"sleep {LOCKED_SECONDS}"
)


def _deployed_at_last(stage: Stage) -> Phase:
    stage.types_deploy()
    return Phase("deployed again", stage.back(), lasts=False, within=COMMAND_SECONDS * 3)


@case("configuration-differs")
def disk_full_in_a_deploy(stage: Stage) -> Phases:
    """A deploy of a change meets a full disk on the first backup; then there is room again, and it is typed again."""
    backup = stage.backups()[0]
    stage.operator.afterwards(backup, f"umount -l {ETC} 2>/dev/null")
    backup.succeed(FULL)
    stage.change()
    stage.deploy_fails()
    yield Phase("the deploy stopped", stage.any_one(), within=COMMAND_SECONDS * 3)
    backup.succeed(f"umount -l {ETC}")
    yield _deployed_at_last(stage)


@case("configuration-differs")
def etc_read_only(stage: Stage) -> Phases:
    """A deploy of a change meets a read-only /etc on the first backup; then it may write, and it is typed again."""
    backup = stage.backups()[0]
    stage.operator.afterwards(backup, "umount -l /etc 2>/dev/null")
    backup.succeed("mount --bind /etc /etc; mount -o remount,bind,ro /etc")
    stage.change()
    stage.deploy_fails()
    yield Phase("the deploy stopped", stage.any_one(), within=COMMAND_SECONDS * 3)
    backup.succeed("umount -l /etc")
    yield _deployed_at_last(stage)


@case("node-unreadable")
def sshd_dies_in_a_rollout(stage: Stage) -> Phases:
    """sshd of the first backup dies while a change is rolled out; then it runs again, and the deploy is typed again."""
    backup = stage.backups()[0]
    stage.operator.afterwards(backup, "systemctl start ssh")
    stage.change()
    run = stage.begins_deploy()
    backup.succeed(KILL_SSHD)
    stage.ends_in_failure(run)
    yield Phase("the deploy stopped", stage.any_one(), within=COMMAND_SECONDS * 3)
    backup.succeed("systemctl start ssh")
    yield _deployed_at_last(stage)


@case("different-versions")
def apt_locked(stage: Stage) -> Phases:
    """apt and dpkg of a backup are locked for eight seconds while it is upgraded: the run waits, and ends well. Then
    the node is made what it was before."""
    backup = stage.backups()[-1]
    backup.succeed(f"echo 'deb [trusted=yes lang=none] file:{NEWER} ./' > /etc/apt/sources.list.d/newer.list")
    backup.succeed(f"perl -e '{HOLD}' {' '.join(LOCKS)} >/dev/null 2>&1 </dev/null &")
    began = time.monotonic()
    stage.operator.types(f"{UPGRADE} --limit {backup.name}")
    if time.monotonic() < began + LOCKED_SECONDS:
        raise LabError("the upgrade has not waited for the locks")
    yield Phase("upgraded", stage.one_each(), within=COMMAND_SECONDS * 2)
    backup.put_back()
    yield Phase("as before", stage.one_each(), lasts=False, within=BOOT_SECONDS)


@case("configuration-differs", "restart-pending")
def back_with_an_old_configuration(stage: Stage) -> Phases:
    """A backup is without power while the others are changed, boots with the old configuration, and is deployed to."""
    backup = stage.backups()[-1]
    backup.crash()
    stage.change()
    stage.types_deploy(f"--exclude {backup.name}")
    backup.boot()
    yield Phase("booted", stage.back(), within=BOOT_SECONDS + COMMAND_SECONDS * 2)
    yield _deployed_at_last(stage)


@case("node-unreadable")
def host_key_changed(stage: Stage) -> Phases:
    """A backup has another SSH host key: no command trusts it, and a deploy stops. Then it has its own again."""
    backup = stage.backups()[-1]
    undo = "mv /root/key /etc/ssh/ssh_host_ed25519_key; mv /root/key.pub /etc/ssh/ssh_host_ed25519_key.pub"
    stage.operator.afterwards(backup, f"test ! -e /root/key || {{ {undo}; systemctl restart ssh; }}")
    backup.succeed(
        "cd /etc/ssh; cp -p ssh_host_ed25519_key /root/key; cp -p ssh_host_ed25519_key.pub /root/key.pub; "
        "rm ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; systemctl restart ssh"
    )
    stage.change()
    stage.deploy_fails()
    yield Phase("the deploy stopped", stage.one_each(), within=COMMAND_SECONDS)
    backup.succeed(f"{undo}; systemctl restart ssh")
    yield _deployed_at_last(stage)


@case("configuration-edited")
def configuration_edited(stage: Stage) -> Phases:
    """Somebody edits keepalived.conf of the holder by hand and reloads; a deploy puts it right."""
    stage.holder().succeed(
        f"sed -i 's/^\\( *\\)interval 1$/\\1interval 2/' {CONFIGURATION}; systemctl reload keepalived"
    )
    yield Phase("edited", stage.one_each())
    yield _deployed_at_last(stage)


@case("configuration-missing")
def configuration_removed(stage: Stage) -> Phases:
    """Somebody removes keepalived.conf of a backup; a deploy puts it back."""
    stage.backups()[0].succeed(f"rm {CONFIGURATION}")
    yield Phase("removed", stage.one_each())
    yield _deployed_at_last(stage)


@case("configuration-edited", "instance-missing", "keepalived-stopped", "configuration-foreign")
def configuration_broken(stage: Stage) -> Phases:
    """Somebody breaks keepalived.conf of a backup and restarts it; a deploy puts it right."""
    backup = stage.backups()[0]
    backup.execute(
        f"sed -i 's/^vrrp_instance.*/vrrp_instnace broken {{/' {CONFIGURATION}; systemctl --no-block restart keepalived"
    )
    yield Phase("broken", stage.one_each(without=[backup]))
    yield _deployed_at_last(stage)
