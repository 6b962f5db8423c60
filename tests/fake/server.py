"""A simulated server: its files, its systemd, its packages, and what it reports of itself."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from keepalived.conf.adverts import advert_settings
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_priorities, origin
from keepalived.observed.boot import IDENTITY, Boot
from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.observed.node import Configuration, InstanceState, NodeState, Unit
from keepalived.observed.packages import Packages
from keepalived.spec import paths
from keepalived.spec.flag import Flag, is_drained
from tests.fake.daemon import Daemon
from tests.fake.shell import Result, Shell

if TYPE_CHECKING:
    from tests.fake.world import World

EPOCH = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
AGAIN_SECONDS = 1.0  # RestartSec= of the drop-in
LOOKS = {"printf", "echo", "sha256sum", "grep", "true", "exit", "journalctl", "logger", "test", "tail"}
"""Commands that change nothing."""


@dataclass(frozen=True)
class File:
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
    files: dict[str, File] = field(default_factory=dict)
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

    @property
    def reachable(self) -> bool:
        """Whether the operator gets an answer."""
        return self.up and self.answers_ssh

    @property
    def identity(self) -> str:
        """Of its boot."""
        return f"{self.boots:08x}-0000-4000-8000-000000000000/{self.boots}"

    # What the shell does to it

    def run(self, text: str) -> Result:
        """A command of a shell as root."""
        if text == IDENTITY:
            return Result(out=f"{self.identity}\n")
        if "dpkg " in text and "--configure -a" in text:  # a loop that waits for the lock
            self.world.step(self, text)
            return self._configure_packages()
        return Shell(self._program, self.write).run(text)

    def write(self, path: str, text: str) -> None:
        """Writes a file."""
        self.files[path] = File(text, self.world.now)

    def read(self, path: str) -> str | None:
        """What is in a file; None: there is none."""
        return self.files[path].text if path in self.files else None

    def _program(self, words: list[str], given: str) -> Result:
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.S):
            words = words[1:]
        name, *rest = words
        run = getattr(self, f"_run_{name.replace('-', '_')}", None)
        assert run, f"the simulated server does not know the command {' '.join(words)!r}"
        if name not in LOOKS and (refused := self.world.step(self, " ".join(words))) is not None:
            return refused
        result = run(rest, given)
        assert isinstance(result, Result)
        self.world.settle()
        return result

    def _run_true(self, words: list[str], given: str) -> Result:
        return Result()

    def _run_exit(self, words: list[str], given: str) -> Result:
        return Result(int(words[0]))

    def _run_printf(self, words: list[str], given: str) -> Result:
        form, *values = words
        end = "\n" if form.endswith("\\n") else ""
        assert form in ("%s", "%s\\n"), f"printf {form}"
        return Result(out="".join(f"{value}{end}" for value in values))

    def _run_echo(self, words: list[str], given: str) -> Result:
        return Result(out=f"{' '.join(words)}\n")

    def _run_logger(self, words: list[str], given: str) -> Result:
        assert words == ["--journald"]
        self.world.journal.extend((self.name, line[8:]) for line in given.splitlines() if line.startswith("MESSAGE="))
        return Result()

    def _run_journalctl(self, words: list[str], given: str) -> Result:
        return Result(out=f"the last words of keepalived on {self.name}\n")

    def _run_sha256sum(self, words: list[str], given: str) -> Result:
        assert words == ["--check", "--status"]
        digest, path = given.split()
        text = self.read(path)
        return Result(int(text is None or hashlib.sha256(text.encode()).hexdigest() != digest))

    def _run_tail(self, words: list[str], given: str) -> Result:
        assert words[0] == "-n"
        return Result(out=given)

    def _run_grep(self, words: list[str], given: str) -> Result:
        if words[0] == "-v":
            return Result(out="".join(line for line in given.splitlines(keepends=True) if words[1] not in line))
        options, wanted, path = words
        assert options == "-qsx", f"grep {options}"
        return Result(int(wanted not in (self.read(path) or "").splitlines()))

    def _run_test(self, words: list[str], given: str) -> Result:
        match words:
            case ["-e", path]:
                return Result(int(path not in self.files))
        raise AssertionError(f"test {words}")

    def _run_mkdir(self, words: list[str], given: str) -> Result:
        assert words[0] == "-p"
        return Result()

    def _run_rmdir(self, words: list[str], given: str) -> Result:
        assert words[0] == "--ignore-fail-on-non-empty"
        return Result()

    def _run_chown(self, words: list[str], given: str) -> Result:
        return Result(int(words[-1] not in self.files))

    def _run_chmod(self, words: list[str], given: str) -> Result:
        return Result(int(words[-1] not in self.files))

    def _run_touch(self, words: list[str], given: str) -> Result:
        match words:
            case ["-r", like, path]:
                if like not in self.files:
                    return Result(1, err=f"touch: failed to get attributes of '{like}': No such file or directory\n")
                self.files[path] = File(self.read(path) or "", self.files[like].time)
            case [path]:
                self.write(path, self.read(path) or "")
            case _:
                raise AssertionError(f"touch {words}")
        return Result()

    def _run_mv(self, words: list[str], given: str) -> Result:
        options, source, target = words
        assert options in ("-f", "-fT", "-nT"), f"mv {options}"
        if source not in self.files:
            return Result(1, err=f"mv: cannot stat '{source}': No such file or directory\n")
        if options == "-nT" and target in self.files:
            return Result()
        self.files[target] = self.files.pop(source)
        return Result()

    def _run_rm(self, words: list[str], given: str) -> Result:
        assert words[0] == "-f"
        for path in words[1:]:
            self.files.pop(path, None)
        return Result()

    def _run_install(self, words: list[str], given: str) -> Result:
        raise AssertionError(f"install {words}: what is staged is staged by pyinfra")

    def _run_env(self, words: list[str], given: str) -> Result:
        """A command of the operator's own."""
        node, address, timeout, kill_after, seconds, *shell, command = words
        assert timeout == "timeout", words
        assert kill_after == "--kill-after=5", words
        assert shell == ["sh", "-c"], words
        assert float(seconds) > 0, words
        about = node.removeprefix("NODE=")
        assert address == f"NODE_ADDRESS={self.world.servers[about].address}", words
        self.world.hooks.append((self.name, about, command))
        return Result()

    def _run_docker(self, words: list[str], given: str) -> Result:
        match words:
            case ["node", "update", "--availability", availability, node]:
                return self.world.swarm.update(self, availability, node)
        raise AssertionError(f"docker {words}")

    def _run_apt_get(self, words: list[str], given: str) -> Result:
        words = [word for word in words if not word.startswith(("-", "Dpkg", "DPkg"))]
        match words:
            case ["install", package] if package.startswith("keepalived="):
                self.install(package.removeprefix("keepalived="))
            case ["upgrade"]:
                if "keepalived" in self.pending:
                    self.install(self.offered[0])
                self.pending = []
            case _:
                raise AssertionError(f"apt-get {words}")
        return Result()

    def _configure_packages(self) -> Result:
        self.broken = False
        return Result()

    def _run_systemctl(self, words: list[str], given: str) -> Result:
        words = [word for word in words if word != "--quiet"]
        unit = "keepalived.service"
        match words:
            case ["start", name] if name == unit:
                return Result() if self.daemon else self._start()
            case ["restart", name] if name == unit:
                return self.restart()
            case ["reload", name] if name == unit:
                return self._reload()
            case ["stop", name] if name == unit:
                self.stop()
            case ["enable", name] if name == unit:
                self.enabled = True
            case ["disable", "--now", name] if name == unit:
                self.enabled = False
                self.stop()
            case ["try-restart", name]:
                self.stale = [one for one in self.stale if one != name]
                return self.restart() if name == unit and self.daemon else Result()
            case ["daemon-reload"]:
                self.unit_read = self.read(paths.DROP_IN)
            case ["reboot"]:
                if not self.reboots_when_told:
                    return Result(1, err="Call to Reboot failed: Operation inhibited\n")
                self.reboot()
                raise Died
            case _:
                raise AssertionError(f"systemctl {words}")
        return Result()

    # keepalived

    def _start(self) -> Result:
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
        return self._start()

    def stop(self) -> None:
        """Ends keepalived, which tells the others that it goes."""
        if self.daemon:
            self.world.released(self)
        self.daemon, self.active = None, "inactive"
        self.kernel.clear()

    def _reload(self) -> Result:
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
            self.world.later(AGAIN_SECONDS, lambda: None if self.daemon or not self.up else self._start())

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
        self.unit_read = self.read(paths.DROP_IN)
        self.failed, self.stale = list(self.fails_at_boot), []
        if self.enabled:
            self._start()
        self.world.swarm.found(self)

    # What it reports

    def state(self) -> NodeState:
        """What the fact Node reads."""
        cluster, daemon = self.world.cluster, self.daemon
        flag = self._flag(cluster.drain.flag)
        running_flag = self._flag(daemon.check.path) if daemon and daemon.check else None
        disk, running = self.read(paths.CONFIGURATION), daemon.text if daemon else None
        return NodeState(
            version=re.sub(r"^\d+:|-.*", "", self.installed) if self.installed else None,
            unit=self._unit(),
            instances=self._instances(daemon) if daemon and self.silent_until <= self.world.now else None,
            holds=[address for address in self.world.addresses if address in self.kernel],
            interfaces={"lo": ["127.0.0.1"], self.interface: [self.address, *self.kernel]},
            drained=is_drained(cluster.drain.check, flag),
            flag=flag,
            running_flag=running_flag,
            running_drained=is_drained(daemon.check.kind, running_flag)
            if daemon and daemon.check and running_flag
            else None,
            flag_seen=True if flag.present and daemon else None,
            flag_open=False,
            configuration=configuration(disk, running),
            boot=self.identity,
            checkpoint=self.checkpoint,
        )

    @property
    def checkpoint(self) -> Checkpoint | None:
        """How far a run has come here."""
        with suppress(ValueError, LookupError):
            return read_checkpoint(self.files[paths.CHECKPOINT].text)
        return None

    def _flag(self, path: str) -> Flag:
        if path not in self.files:
            return Flag(path=path, present=False)
        since = (EPOCH + timedelta(seconds=self.files[path].time)).replace(microsecond=0)
        return Flag(path=path, present=True, content=self.files[path].text, since=since)

    def _unit(self) -> Unit:
        needs_reload = self.unit_read != self.read(paths.DROP_IN)
        return Unit(
            load_state="loaded" if self.installed else "not-found",
            active_state=self.active,
            sub_state="running" if self.daemon else "dead",
            enabled=self.enabled,
            since=EPOCH + timedelta(seconds=int(self.daemon.started)) if self.daemon else None,
            needs_reload=needs_reload,
            current=self.daemon.drop_in == self.unit_read and not needs_reload if self.daemon else None,
        )

    def _instances(self, daemon: Daemon) -> dict[str, InstanceState]:
        return {
            name: InstanceState(
                state=one.state,
                base_priority=one.wanted.priority,
                effective_priority=daemon.priority(name),
                virtual_router_id=one.wanted.settings.virtual_router_id,
                version=one.wanted.settings.version,
                master_priority=one.heard,
                addresses=list(one.wanted.addresses),
                last_transition=EPOCH + timedelta(seconds=int(one.since)),
            )
            for name, one in daemon.instances.items()
        }

    def boot_state(self) -> Boot:
        """What the fact Boot reads."""
        return Boot(
            kernel="6.1.0-27-amd64",
            newest_kernel="6.1.0-28-amd64" if self.kernel_asks else None,
            reboot_required=False,
            system=self.system,
            failed=list(self.failed),
        )

    def packages(self) -> Packages:
        """What the fact Packages reads."""
        return Packages(
            installed=self.installed,
            offered=list(self.offered),
            pending=list(self.pending),
            broken=self.broken,
            stale=list(self.stale),
        )


_configurations: dict[tuple[str | None, str | None], Configuration] = {}


def configuration(disk: str | None, running: str | None) -> Configuration:
    """What a report tells of the two texts."""
    if (disk, running) not in _configurations:
        prints = [fingerprint(text) if text else None for text in (disk, running)]
        _configurations[disk, running] = Configuration(
            sha256=hashlib.sha256(disk.encode()).hexdigest() if disk is not None else None,
            applied=None if None in prints else prints[0] == prints[1],
            running=prints[1],
            running_but_priorities=fingerprint_but_priorities(running) if running else None,
            origin=origin(disk) if disk is not None else None,
            advert_settings=advert_settings(running) if running else None,
            drain_obstacles=drain_obstacles(running) if running else {},
        )
    return _configurations[disk, running]
