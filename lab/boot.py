"""Starts the machine of one host: its disk, its namespaces and the systemd in it."""

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from lab import cgroup
from lab.places import HostPlaces

REBOOTED = 133  # how nspawn says that the host wants to be started again

# Runs in namespaces of its own with $1 options of the overlay, $2 where to mount it, $3... the
# command that boots. All mounts made here vanish with the host.
ENTER = r"""
set -e
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
mount -t overlay overlay -o "$1" "$2"
shift 2
exec "$@"
"""


def make_seed(host: HostPlaces, base: Path, authorized_key: str) -> str:
    """Make what is the host's own: name, identity, keys. Returns its public host key.

    The key is like `ssh-ed25519 AAAA...`.
    """
    seed = host.seed
    ssh = seed / "etc/ssh"
    ssh.mkdir(parents=True)
    (seed / "etc/hostname").write_text(f"{host.name}\n")
    (seed / "etc/hosts").write_text(
        f"127.0.0.1\tlocalhost\n127.0.1.1\t{host.name}\n\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
    )
    (seed / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    make_key(ssh / "ssh_host_ed25519_key", f"root@{host.name}")

    account = (base / "home/admin").stat()
    home = seed / "home/admin"
    for directory in (home, home / ".ssh"):
        directory.mkdir(parents=True)
        directory.chmod(0o700)
        os.chown(directory, account.st_uid, account.st_gid)
    authorized = home / ".ssh/authorized_keys"
    authorized.write_text(authorized_key)
    authorized.chmod(0o600)
    os.chown(authorized, account.st_uid, account.st_gid)

    # Directories of an upper layer hide the attributes of those below.
    for directory in (seed, seed / "etc", ssh, seed / "home"):
        directory.chmod(0o755)
    host.directory.joinpath("root").mkdir()
    return " ".join((ssh / "ssh_host_ed25519_key.pub").read_text().split()[:2])


def make_key(path: Path, comment: str) -> None:
    """Make an ed25519 key pair without a passphrase at `path` and `path`.pub."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def wipe(host: HostPlaces) -> None:
    """Throw away all the host has written; it is not running."""
    if host.disk.exists():
        shutil.rmtree(host.disk)


def save(host: HostPlaces) -> None:
    """Keep a copy of all the host has written; it is not running."""
    _copy(host.disk, host.saved)


def put_back(host: HostPlaces) -> None:
    """Let the host have written what was saved, and nothing else; it is not running."""
    _copy(host.saved, host.disk)


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    # With what an overlay keeps beside the files: attributes, and devices that stand for removed files.
    subprocess.run(["cp", "--archive", "--reflink=auto", str(source), str(target)], check=True)


def start(host: HostPlaces, base: Path) -> subprocess.Popen[bytes]:
    """Switch the host on. The process ends when the host does, with REBOOTED if it shall come again."""
    cgroup.remove(host.cgroup)
    host.cgroup.mkdir(parents=True)
    upper, work = host.disk / "upper", host.disk / "work"
    upper.mkdir(parents=True, exist_ok=True)
    # The mark of an overlay mounted `volatile` whose machine has crashed. Only the host's power was
    # cut, not this machine's: what the host had written is still there.
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    # Volatile: nobody needs this disk after a crash of the machine, and dpkg syncs a lot.
    layers = f"lowerdir={host.seed}:{base},upperdir={upper},workdir={work},volatile"
    root = host.directory / "root"
    nspawn = ["systemd-nspawn", "--quiet", f"--directory={root}", "--boot"]
    nspawn += [f"--machine={host.machine}", f"--hostname={host.name}"]
    nspawn += [f"--network-namespace-path=/run/netns/{host.namespace}", "--capability=all"]
    # What only a machine with a kernel of its own may do; systemd would try and fail.
    nspawn += ["--drop-capability=CAP_SYS_MODULE"]
    nspawn += ["--system-call-filter=@keyring bpf"]  # what Docker's containers are started with
    nspawn += ["--register=no", "--keep-unit", "--console=read-only"]
    nspawn += ["--settings=no", "--link-journal=no", "--resolv-conf=off", "--timezone=off"]
    namespaces = ["unshare", "--mount", "--cgroup", "--pid", "--fork", "--mount-proc"]
    enter = [*namespaces, "--kill-child", "sh", "-c", ENTER, "sh", layers, str(root), *nspawn]
    into_cgroup = 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"'
    with host.console.open("ab") as console:
        return subprocess.Popen(
            ["sh", "-c", into_cgroup, "sh", str(host.cgroup), *enter],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            # keepalived and Docker set switches below /proc/sys/net.
            env={"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
        )
