"""One host of a lab that is up, with the verbs of a person standing before it."""

import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from lab import boot, cgroup, network
from lab.errors import CommandFailed, LabError
from lab.places import NAMESPACES, HostPlaces, Places
from lab.waiting import wait_for

NSENTER = shutil.which("nsenter") or "/usr/bin/nsenter"
BOOT_SECONDS = 60.0
REBOOT_SECONDS = 5.0  # a host that reboots is on again before
SSH_LISTENS = r"\b00000000:0016 00000000:0000 0A\b"  # in the words of /proc/net/tcp
TIMED_OUT = (124, 137, -signal.SIGKILL)
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "LANG": "C.UTF-8",
}


class Host:
    """One host: what it is told is done as root inside it, without ssh."""

    def __init__(self, lab: Places, places: HostPlaces) -> None:
        self._lab = lab
        self._places = places
        self.name = places.name
        self.address = places.address

    @property
    def is_up(self) -> bool:
        """Whether the machine runs: from when it was switched on until it is off."""
        return cgroup.is_populated(self._places.cgroup)

    @property
    def pid(self) -> int:
        """The host's first process, as this machine numbers it. Raises LabError if it is down."""
        found = cgroup.processes(self._places.cgroup / "payload/init.scope")
        if not found:
            raise LabError(f"{self.name} is down")
        return found[0]

    def execute(self, command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root in the host, whatever its exit status.

        A command that still runs when the host shuts down delays that by 10 s. Raises LabError when
        the host is down or `timeout` seconds have passed.
        """
        enter = [NSENTER, "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"]
        # Ended from within: a process whose parent outside was killed would keep the host from dying.
        bounded = ["/usr/bin/timeout", "--kill-after=1", f"{timeout}", "/bin/sh", "-c", command]
        start = time.monotonic()
        with subprocess.Popen(
            [*enter, *bounded],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
        ) as running:
            while True:
                try:
                    output, complaints = running.communicate(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    # A host that shuts down stops all processes before it kills them. That stops
                    # nsenter too, which would then never see the end.
                    running.send_signal(signal.SIGCONT)
                    if time.monotonic() > start + timeout + 5:
                        running.kill()
        if running.returncode in TIMED_OUT and time.monotonic() - start >= timeout:
            said = (output + complaints).strip()
            raise LabError(f"{self.name}: `{command}` took more than {timeout:g} s; it said: {said!r}")
        return subprocess.CompletedProcess(command, running.returncode, output, complaints)

    def succeed(self, command: str, timeout: float = 60) -> str:
        """Run a command that must succeed, and return its stdout. Raises CommandFailed."""
        done = self.execute(command, timeout)
        if done.returncode != 0:
            raise CommandFailed(self.name, command, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def fail(self, command: str, timeout: float = 60) -> str:
        """Run a command that must fail, and return its stdout and stderr. Raises CommandFailed."""
        done = self.execute(command, timeout)
        if done.returncode == 0:
            raise CommandFailed(self.name, command, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def addresses(self) -> list[str]:
        """The addresses on the host's interfaces but the loopback, as the kernel has them, be they up or down.

        ['10.10.0.3', '10.10.0.2', 'fe80::2c5c:8aff:fe3f:a5a3']
        """
        return network.addresses(self._places)

    def follow_addresses(self) -> "subprocess.Popen[str]":
        """A process that writes a line for each address that comes or goes; see `network.follow_addresses`."""
        return network.follow_addresses(self._places)

    def network(self) -> int | None:
        """What tells the host's network namespace from that of another boot; None while there is none."""
        try:
            return (NAMESPACES / self._places.namespace).stat().st_ino
        except FileNotFoundError:
            return None

    def switch_on(self) -> None:
        """Begin to boot, unless it runs. Raises LabError when the lab's keeper cannot do it."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as keeper:
                keeper.settimeout(60)
                keeper.connect(str(self._lab.socket))
                keeper.sendall(f"boot {self.name}".encode())
                answer = keeper.recv(4000).decode()
        except OSError as error:
            raise LabError(f"the keeper of the lab does not answer: {error}") from None
        if answer != "ok":
            raise LabError(f"{self.name} does not boot: {answer}")

    def wait_until_ready(self, seconds: float = BOOT_SECONDS) -> None:
        """Return when an operator can log in.

        Raises LabError after `seconds`, or when the host is off and not about to reboot.
        """
        last_on = time.monotonic()

        def look() -> str:
            nonlocal last_on
            if self.is_up:
                last_on = time.monotonic()
            elif time.monotonic() > last_on + REBOOT_SECONDS:
                raise LabError(f"{self.name} is off: {self._last_words()}")
            return self._readiness()

        wait_for(f"a login on {self.name}", look, seconds=seconds, until=lambda seen: seen == "ready")

    def boot(self, seconds: float = BOOT_SECONDS) -> None:
        """Switch on a host that is down, and return when an operator can log in."""
        self.switch_on()
        self.wait_until_ready(seconds)

    def crash(self) -> None:
        """Cut the power. The network goes first: a process that is killed would still close its connections."""
        network.disconnect(self._places)
        cgroup.kill(self._places.cgroup)

    def poweroff(self, seconds: float = 120) -> None:
        """Shut down in order, and return when it is off."""
        self.execute("systemctl poweroff")
        cgroup.wait_until_empty(self._places.cgroup, seconds=seconds)
        network.disconnect(self._places)

    def fresh(self, seconds: float = BOOT_SECONDS) -> None:
        """Make it the machine it was after `up`: nothing installed, nothing written; and boot it."""
        self.crash()
        boot.wipe(self._places)
        self.plug()
        self.boot(seconds)

    def save(self) -> None:
        """Keep what is on its disk, for `put_back`. It is shut down for it and boots again."""
        self.poweroff()
        boot.save(self._places)
        self.boot()

    def put_back(self, seconds: float = BOOT_SECONDS) -> None:
        """Make it the machine that was saved, and boot it."""
        self.crash()
        boot.put_back(self._places)
        self.plug()
        self.boot(seconds)

    def unplug(self) -> None:
        """Pull the cable: the host loses its carrier."""
        network.set_cable(self._lab, self._places, plugged=False)

    def freeze(self, *, ends: bool = False) -> None:
        """Have all its processes stand still; its kernel goes on. `ends`: have them go on."""
        (self._places.cgroup / "cgroup.freeze").write_text("0" if ends else "1")

    def plug(self) -> None:
        """Plug the cable in."""
        network.set_cable(self._lab, self._places, plugged=True)

    def version(self, package: str) -> str | None:
        """The version of a package, None if it is not installed or the host is down."""
        query = f"dpkg-query --show --showformat='${{db:Status-Abbrev}}${{Version}}' {shlex.quote(package)}"
        done = self.execute(query) if self.is_up else None
        found = done.stdout if done and done.returncode == 0 else ""
        return found[3:] if found.startswith(("ii ", "hi ")) else None  # installed, or held as well

    def up_since(self) -> float | None:
        """When it booted, in seconds since the epoch; None if it is down."""
        try:
            after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except (LabError, OSError):
            return None
        ticks_per_second = 100
        since_boot = int(after_name[19]) / ticks_per_second
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot

    def _readiness(self) -> str:
        """`ready`, or what an operator who logs in meets instead."""
        try:
            inside = Path("/proc", str(self.pid))
            # A connection to see whether sshd answers would leave an error in the host's journal.
            if not re.search(SSH_LISTENS, (inside / "net/tcp").read_text()):
                return "no sshd yet"
            # While it exists, sshd answers but lets nobody in.
            return "still booting" if (inside / "root/run/nologin").exists() else "ready"
        except (LabError, OSError) as error:
            return str(error)

    def _last_words(self) -> str:
        said = self._places.console.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(said) if line.strip()), "no word of why")
