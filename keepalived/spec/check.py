"""A check of what the addresses are for, as the cluster file has it. Pure."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from keepalived.spec.fields import (
    CheckAddress,
    Command,
    FilePath,
    InterfaceName,
    PingAddress,
    ProcessName,
    UnitName,
    Url,
    UserName,
    Within,
)
from keepalived.spec.strict import Strict

KINDS = ("command", "process", "port", "http", "unit", "ping", "interface", "file")
PACKAGES = {"http": "curl", "ping": "iputils-ping"}
TIMED = ("interval", "timeout", "rise", "fall", "user", "init_fail")
"""The keys that an `interface` check has no use for: keepalived is told by the kernel."""


class Check(Strict):
    """Something that must be in order for a node to serve. It has one of `command`, `process`, `port`, `http`, `unit`,
    `ping`, `interface`, `file`."""

    command: Command | None = None
    """A command, run by sh: `curl -fsS localhost:8080/health | grep -q ok`. Exit status 0: the check passes."""
    process: ProcessName | None = None
    """Passes while a process of this name runs: `haproxy`."""
    port: CheckAddress | None = None
    """Passes while something accepts TCP connections: `443`, on 127.0.0.1, or `192.0.2.10:443`."""
    http: Url | None = None
    """Passes while curl gets this address with a status below 400: `http://127.0.0.1:8080/health`."""
    unit: UnitName | None = None
    """Passes while this systemd unit is active: `haproxy.service`."""
    ping: PingAddress | None = None
    """Passes while this address answers a ping: `10.10.0.1`."""
    interface: InterfaceName | None = None
    """Passes while this network interface is up. keepalived sees it at once."""
    file: FilePath | None = None
    """Passes while this file is not there, as with the flag of a drain."""

    weight: Annotated[int, Within(-253, 253)] | None = None
    """What the check counts in the election: above 0 it adds this to the priority while it passes, below 0 it takes it
    away while it fails. Default: none, and a node on which the check fails takes no part (state FAULT)."""
    interval: Annotated[int, Within(1, 3600)] = 2
    """Seconds between two runs."""
    timeout: Annotated[int, Within(1, 3600)] = 3
    """Seconds a run may take. After that it is ended and counts as failed."""
    fall: Annotated[int, Within(1, 100)] = 2
    """So many runs must fail one after the other for the check to fail."""
    rise: Annotated[int, Within(1, 100)] = 2
    """So many runs must succeed one after the other for the check to pass again. The first run after a start counts
    alone."""
    user: UserName = "root"
    """Who runs it."""
    init_fail: bool = False
    """`true`: after a start the check counts as failed until it has passed `rise` times."""

    @property
    def kind(self) -> str:
        """Which of KINDS it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def what(self) -> str:
        """What is looked at, as the file has it."""
        return str(getattr(self, self.kind))

    @property
    def is_script(self) -> bool:
        """Whether keepalived runs a script for it."""
        return self.kind != "interface"

    @property
    def outer_timeout(self) -> int:
        """keepalived's own time-out, for a script that does not end although it ends its command in time."""
        return self.timeout + 3

    @property
    def seconds(self) -> int:
        """How long it takes at worst until a change of what is looked at counts."""
        return max(self.fall, self.rise) * self.interval + self.timeout if self.is_script else 0

    def contribution(self, *, passes: bool) -> int:
        """What the check adds to the base priority."""
        weight = self.weight or 0
        return weight if passes == (weight > 0) else 0


class CheckCommand(NamedTuple):
    """What a script of a check runs: a `shell` with -c, and the `command`."""

    shell: str
    command: str


def command_of(check: Check) -> CheckCommand:
    """The command of a check that keepalived runs a script for. By their types the values are safe in a shell."""
    what = check.what
    match check.kind:
        case "process":  # the kernel's names have 15 characters; hundreds of files are read faster than ps starts
            look = f'read -r name < "$name" && [ "$name" = {what[:15]} ] && exit 0'
            every = f"{{ for name in /proc/[0-9]*/comm; do {look}; done; }} 2>/dev/null"
            return CheckCommand("sh", f"{every}; echo 'no process {what} runs'; exit 1")
        case "port":
            host, port = what.rsplit(":", 1)
            return CheckCommand("bash", f"exec 3<>/dev/tcp/{host.strip('[]')}/{port}")
        case "http":
            return CheckCommand("sh", f"exec curl --fail --silent --show-error --output /dev/null '{what}'")
        case "unit":
            return CheckCommand("sh", f"exec systemctl is-active '{what}'")
        case "ping":
            return CheckCommand("sh", f"exec ping -n -q -c 1 -W {check.timeout} {what}")
        case "file":
            return CheckCommand("sh", f"test ! -e {what} || {{ echo '{what} is there'; exit 1; }}")
    return CheckCommand("sh", what)
