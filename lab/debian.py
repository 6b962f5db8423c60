"""Builds the base system of a Debian suite, with its package repository, once for all labs.

A base is never seen half-built: it is made beside its place, in mounts and processes that end with
the building process, and renamed when whole.
"""

import errno
import hashlib
import os
import shutil
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from lab.errors import LabError
from lab.locks import held
from lab.mirror import machine_mirror
from lab.places import CACHE, LOCKS, STATE
from lab.progress import Detail, Steps, silent

SUITES = ("bookworm", "trixie")
MIXED = "mixed"  # a host of one, a host of the other, and so on
CHOICES = (*SUITES, MIXED)
INSTALLED = (
    *("systemd", "systemd-sysv", "dbus", "openssh-server", "sudo"),
    *("iproute2", "iputils-ping", "ca-certificates"),
)
OFFERED = (
    *("haproxy", "nginx", "libnginx-mod-stream"),  # what people have behind a floating address
    *("keepalived", "nftables", "conntrack", "docker.io", "iptables", "busybox-static"),
    *("curl", "netcat-openbsd", "procps", "psmisc", "redis-server"),  # what people's checks look at, and with
    *("ufw", "firewalld"),
)
RENEWED = ("keepalived", "libnftnl11")  # keepalived, and a library that it has mapped while it runs
# Of disks, consoles and daily work, which a host of the lab has not. Each boot would start them.
MASKED = (
    *("e2scrub_reap.service", "e2scrub_all.timer", "systemd-remount-fs.service", "dev-hugepages.mount"),
    *("sys-kernel-debug.mount", "sys-kernel-tracing.mount", "getty.target"),
    *("systemd-update-utmp.service", "systemd-update-utmp-runlevel.service"),
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer"),
)
NEEDED_BYTES = 1_000_000_000
REPOSITORY = "/srv/packages"
NEWER = "/srv/newer"  # a repository that no host knows by itself: RENEWED as of a higher version, the same inside

# Runs with $1 suite, $2 directory, $3 mirror, $4 packages to install, $5 packages to offer, $6 those to offer anew,
# $7 units to mask.
BUILD = r"""
set -eu
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
debootstrap --variant=minbase --include="$4" "$1" "$2" "$3"

mount -t proc proc "$2/proc"
echo "deb $3 $1 main" >"$2/etc/apt/sources.list"
chroot "$2" apt-get -o Acquire::Check-Valid-Until=false update
chroot "$2" apt-get clean
chroot "$2" apt-get install --yes --download-only --no-install-recommends $5
mkdir "$2/srv/packages" "$2/srv/newer"
mv "$2"/var/cache/apt/archives/*.deb "$2/srv/packages/"
for name in $6; do
    dpkg-deb --raw-extract "$2/srv/packages/$name"_*.deb "$2/srv/$name"
    sed -i 's/^Version: .*/&+newer/' "$2/srv/$name/DEBIAN/control"
    dpkg-deb -Znone --root-owner-group --build "$2/srv/$name" "$2/srv/newer/$name.deb"
    rm -r "$2/srv/$name"
done
for repository in packages newer; do
    cd "$2/srv/$repository"
    for package in *.deb; do
        dpkg-deb --field "$package"
        echo "Filename: ./$package"
        echo "Size: $(stat --format=%s "$package")"
        echo "SHA256: $(sha256sum "$package" | cut -d ' ' -f 1)"
        echo
    done >Packages
    # Without it apt looks for every kind of compressed index, and complains.
    echo "Suite: $1
Date: $(date --utc --rfc-email)
SHA256:
 $(sha256sum Packages | cut -d ' ' -f 1) $(stat --format=%s Packages) Packages" >Release
done
cd /

chroot "$2" useradd --create-home --shell /bin/bash admin
echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' >"$2/etc/sudoers.d/admin"
chmod 0440 "$2/etc/sudoers.d/admin"
echo 'deb [trusted=yes lang=none] file:/srv/packages ./' >"$2/etc/apt/sources.list"
# What keepalived depends on is there already: dozens of first deploys install it alone.
chroot "$2" apt-get update
chroot "$2" apt-get install --yes --no-install-recommends keepalived
chroot "$2" apt-get purge --yes keepalived
for unit in $7; do ln -s /dev/null "$2/etc/systemd/system/$unit"; done
# The same for generators, which run at each reload of systemd too; but for the one that a package may need.
mkdir -p "$2/etc/systemd/system-generators"
for generator in "$2"/lib/systemd/system-generators/*; do
    name=${generator##*/}
    [ $name = systemd-sysv-generator ] || ln -s /dev/null "$2/etc/systemd/system-generators/$name"
done
# The hosts know neither the mirror nor this machine's resolver, and each has keys of its own.
rm -rf "$2"/var/lib/apt/lists/* "$2"/var/cache/apt/*.bin "$2"/etc/ssh/ssh_host_*
: >"$2/etc/resolv.conf"
: >"$2/etc/machine-id"
rm -f "$2/var/lib/dbus/machine-id" "$2/etc/hostname"
umount "$2/proc"
"""


def base_directory(suite: str) -> Path:
    """Where the base system of `suite` is, or will be: a changed recipe has another place."""
    recipe = hashlib.sha256("\n".join((*INSTALLED, *OFFERED, *RENEWED, *MASKED, BUILD)).encode()).hexdigest()[:12]
    return CACHE / f"{suite}-{recipe}"


def ensure(suite: str, steps: Steps = silent) -> Path:
    """Return the directory of the base system of `suite`, built first if need be.

    Raises LabError when it cannot be built.
    """
    base = base_directory(suite)
    if base.is_dir():
        return base
    mirror = machine_mirror()
    try:
        with (
            steps(f"Building the base system of {suite}, once") as detail,
            being_built(suite),
        ):
            if not base.is_dir():
                _check_space()
                _build(suite, base, mirror, detail)
                _remove_outdated(suite)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise _no_space() from error
    return base


def being_built(suite: str) -> AbstractContextManager[None]:
    """Hold the right to build or remove the base systems of `suite`."""
    return held(LOCKS / f".{suite}.lock", f"building the base system of {suite}", seconds=600)


def _build(suite: str, base: Path, mirror: str, detail: Detail) -> None:
    beside = base.with_name(f"{base.name}.new")
    log = CACHE / f"{suite}.log"
    shutil.rmtree(beside, ignore_errors=True)
    # Everything mounted or started on the way is in namespaces of its own and dies with us.
    contained = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork"]
    contained += ["--kill-child", "--mount-proc"]
    arguments = [suite, str(beside), mirror, ",".join(INSTALLED), " ".join(OFFERED), " ".join(RENEWED)]
    arguments += [" ".join(MASKED)]
    last = ""
    with (
        log.open("w") as written,
        subprocess.Popen(
            [*contained, "sh", "-c", BUILD, "sh", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ | _proxy(),
        ) as build,
    ):
        assert build.stdout is not None
        try:
            for line in build.stdout:
                written.write(line)
                if "No space left on device" in line:
                    raise _no_space()
                if line.strip():
                    last = line.strip().removeprefix("I: ")
                    detail(last)
        except BaseException:
            build.kill()
            raise
    if build.returncode != 0:
        raise LabError(f"the base system of {suite} could not be built: {last} (see {log})")
    beside.rename(base)


def _remove_outdated(suite: str) -> None:
    """Remove base systems of other recipes, but for those a lab stands on."""
    in_use = " ".join(settings.read_text() for settings in STATE.glob("*/settings.json"))
    for other in CACHE.glob(f"{suite}-*"):
        if other != base_directory(suite) and str(other) not in in_use:
            shutil.rmtree(other)


def _proxy() -> dict[str, str]:
    """The proxy this machine's apt uses, for programs that do not read apt's configuration."""
    command = ["apt-config", "shell", "proxy", "Acquire::http::Proxy"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    address = found.strip().removeprefix("proxy=").strip("'")
    return {"http_proxy": address} if address else {}


def _check_space() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(CACHE).free < NEEDED_BYTES:
        raise _no_space()


def _no_space() -> LabError:
    gigabytes = NEEDED_BYTES / 1e9
    return LabError(f"no space: a base system needs about {gigabytes:g} GB free in {CACHE}")
