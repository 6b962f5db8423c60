"""A simulated server: its files, its keepalived, and the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keepalived.spec import paths
from tests.fake.connections import Connections
from tests.fake.daemon import Daemon
from tests.fake.shell import Result

if TYPE_CHECKING:
    from tests.fake.world import World

EPOCH = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
AGAIN_SECONDS = 1.0  # RestartSec= of the drop-in


@dataclass(frozen=True)
class Content:
    """What lies in a file, and since when."""

    text: str
    time: float


class Died(Exception):
    """The server died under a command."""


@dataclass
class Server:
    """One server. What it runs, it runs in `world`."""

    world: World
    name: str
    address: str
    interface: str = "enp0s3"
    files: dict[str, Content] = field(default_factory=dict)
    kernel: list[str] = field(default_factory=list)
    """The floating addresses that it carries."""
    up: bool = True
    answers_ssh: bool = True
    boots: int = 1
    boots_in: float | None = 30.0
    """How long a reboot takes; None: it does not come back."""
    reboots_when_told: bool = True
    installed: str | None = None
    offered: list[str] = field(default_factory=lambda: ["1:2.2.7-1+b2"])
    pending: list[str] = field(default_factory=list)
    broken: bool = False
    held: bool = False
    """Whether apt leaves keepalived alone."""
    stale: list[str] = field(default_factory=list)
    kernel_asks: bool = False
    system: str = "running"
    failed: list[str] = field(default_factory=list)
    fails_at_boot: list[str] = field(default_factory=list)
    enabled: bool = False
    active: str = "inactive"
    unit_read: str | None = None
    """The drop-in as systemd has read it."""
    starts: bool = True
    """Whether a keepalived that is started, or reloads, lives."""
    network: bool = True
    """Without it an instance is in state FAULT."""
    silent_until: float = 0.0
    """Its daemon does not tell its state until then."""
    daemon: Daemon | None = None
    connections: Connections = field(default_factory=Connections)

    @property
    def reachable(self) -> bool:
        """Whether the operator gets an answer."""
        return self.up and self.answers_ssh

    @property
    def identity(self) -> str:
        """Of its boot."""
        return f"{self.boots:08x}-0000-4000-8000-000000000000/{self.boots}"

    def write(self, path: str, text: str) -> None:
        """Writes a file."""
        self.files[path] = Content(text, self.world.now)

    def read(self, path: str) -> str | None:
        """What is in a file; None: there is none."""
        return self.files[path].text if path in self.files else None

    # keepalived

    def start(self) -> Result:
        """Starts keepalived."""
        self.kernel.clear()
        if self.read(paths.DRAINED_THIS_BOOT) is None and self.unit_read is not None:
            flags = {self.world.cluster.drain.flag} & self.files.keys()
            for path in flags:  # ExecStartPre= of the drop-in
                if "until: reboot" in (self.read(path) or "").splitlines():
                    del self.files[path]
        text = self.read(paths.CONFIGURATION)
        if not self.starts or self.installed is None or not text:
            self.active = "failed"
            return Result(1, err="Job for keepalived.service failed\n")
        self.daemon = Daemon(text, self.world.now, self.unit_read)
        self.active = "active"
        self.daemon.seen = self.read(self.daemon.check.path) if self.daemon.check else None
        self.daemon.start(self.world.now)
        return Result()

    def restart(self) -> Result:
        """Stops keepalived and starts it anew."""
        self.stop()
        self.world.settle()
        self.world.advance(0.3)
        return self.start()

    def stop(self) -> None:
        """Ends keepalived, which tells the others that it goes."""
        if self.daemon:
            self.world.released(self)
        self.daemon, self.active = None, "inactive"
        self.kernel.clear()

    def preempt(self, instances: list[str]) -> Result:
        """Has keepalived run without `nopreempt` in these instances, as scripts/preempt.sh does."""
        whole = self.files[paths.CONFIGURATION]
        blocks = re.split(r"^(?=vrrp_instance )", whole.text, flags=re.M)
        less = [
            re.sub(r"^ *nopreempt\n", "", block, flags=re.M) if block.split()[1:2][0] in instances else block
            for block in blocks
        ]
        if less == blocks:
            return Result(1, err="keepalived.conf has no nopreempt\n")
        self.files[paths.CONFIGURATION] = Content("".join(less), whole.time)
        result = self.reload()
        self.files[paths.CONFIGURATION] = whole
        return result

    def reload(self) -> Result:
        """Has keepalived read its configuration again."""
        if self.daemon is None:
            return Result(1, err="keepalived.service is not active, cannot reload.\n")
        if not self.starts:
            self.world.cause = "fault"
            self.stop()
            self.active = "failed"
            return Result(1, err="keepalived.service failed\n")
        self.daemon.reload(self.read(paths.CONFIGURATION) or "", self.world.now)
        self.keep_what_is_held()
        return Result()

    def keep_what_is_held(self) -> None:
        """Carries the addresses of those instances that are master, and no others."""
        instances = self.daemon.instances.values() if self.daemon else ()
        masters = [one for one in instances if one.state == "MASTER"]
        self.kernel = [address for one in masters for address in one.wanted.addresses]

    def kill_daemon(self) -> None:
        """keepalived is killed: the addresses stay, until systemd starts it again."""
        self.daemon, self.active = None, "failed"
        if self.unit_read is not None:
            self.world.later(AGAIN_SECONDS, lambda: None if self.daemon or not self.up else self.start())

    # The machine

    def install(self, version: str) -> None:
        """Installs a version of keepalived; Debian's package restarts the daemon."""
        self.installed = version
        if self.daemon:
            self.restart()

    def power_off(self) -> None:
        """The machine is dead at once."""
        self.up, self.daemon, self.active = False, None, "inactive"
        self.kernel.clear()
        self.world.swarm.lost(self)

    def reboot(self) -> None:
        """Goes down in order, and comes back if it does."""
        self.stop()
        self.world.settle()
        self.power_off()
        if self.boots_in is not None:
            self.world.later(self.boots_in, self.boot)

    def boot(self) -> None:
        """The machine starts."""
        if self.up:
            return
        self.up, self.boots, self.kernel_asks = True, self.boots + 1, False
        self.files = {path: file for path, file in self.files.items() if not path.startswith("/run/")}
        self.connections = Connections(tools=self.connections.tools)
        self.unit_read = self.read(paths.DROP_IN)
        self.failed, self.stale = list(self.fails_at_boot), []
        if self.enabled:
            self.start()
        self.world.swarm.found(self)
