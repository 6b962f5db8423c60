"""A whole lab: up, down, its hosts, and commands of its operator."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from lab import cgroup, debian, inotify, network, requirements, shell, teardown
from lab.errors import CommandFailed, LabError
from lab.host import BOOT_SECONDS, Host
from lab.locks import held, is_held
from lab.places import MOST_NODES, Places
from lab.progress import Steps, silent
from lab.waiting import wait_for

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """What a lab was made with."""

    nodes: int
    suite: str
    bases: list[str]  # the directories of its base systems, which its hosts get in turn
    owner: int | None = None  # the process it goes down with

    def __str__(self) -> str:
        return f"{self.nodes} {'host' if self.nodes == 1 else 'hosts'} of {self.suite}"


class Lab:
    """A lab by its name; labs of different names live side by side. Needs root."""

    def __init__(self, name: str = "lab") -> None:
        self.name = name
        self.places = Places(name)
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings | None:
        """What the lab was made with, None if there is none."""
        try:
            return Settings(**json.loads(self.places.settings.read_text()))
        except (FileNotFoundError, ValueError, TypeError):  # none, or the making was cut short
            return None

    @property
    def runs(self) -> bool:
        """Whether a process is in it, or makes or removes it. If not, what there is of it only takes up room."""
        return is_held(self.places.lock) or cgroup.is_populated(self.places.cgroup)

    @property
    def is_up(self) -> bool:
        """Whether its hosts have been started and are being kept."""
        return self.places.socket.exists() and cgroup.is_populated(self.places.cgroup / "keeper")

    @property
    def hosts(self) -> dict[str, Host]:
        """The hosts by name, in order. Raises LabError if the lab is not up."""
        settings = self.settings
        if settings is None or not self.is_up:
            raise self._not_up()
        found = self.places.hosts(settings.nodes).values()
        return {places.name: Host(self.places, places) for places in found}

    def up(
        self,
        nodes: int = 3,
        suite: str = "bookworm",
        *,
        owner: int | None = None,
        steps: Steps = silent,
    ) -> bool:
        """Bring up the lab, or those of its hosts that are down. Returns False if all were up.

        When the process `owner` ends, however it does, the lab goes down by itself. Raises LabError
        when the lab cannot be had, or is up with other settings.
        """
        if not 1 <= nodes <= MOST_NODES:
            raise LabError(f"{nodes} hosts: a lab has 1 to {MOST_NODES}")
        if suite not in debian.CHOICES:
            raise LabError(f"no suite {suite}: there are {', '.join(debian.CHOICES)}")
        if (lacking := requirements.missing()) is not None:
            raise LabError(lacking)
        suites = debian.SUITES if suite == debian.MIXED else (suite,)
        wanted = Settings(nodes, suite, [str(debian.base_directory(one)) for one in suites], owner)
        self._refuse_other(wanted)
        for one in suites:
            debian.ensure(one, steps)
        with held(self.places.lock, f"bringing the lab {self.name} up", seconds=120):
            self._refuse_other(wanted)
            if self.is_up:
                return self._repair(steps)
            if teardown.remains(self.places):
                with steps("Removing what is left of a lab that ended badly"):
                    teardown.remove(self.places)
            try:
                with steps(f"Booting {wanted}"):
                    self._make(wanted)
                    self._wait_for_hosts()
            except BaseException:
                self._remove()
                raise
            return True

    def down(self, *, steps: Steps = silent) -> bool:
        """Remove the lab or what is left of it. Returns False if there was none."""
        if not teardown.remains(self.places):
            return False
        if shell.is_inside(self.places):
            raise LabError("this is the lab's own shell: leave it first (exit)")
        with (
            held(self.places.lock, f"taking the lab {self.name} down", seconds=120),
            steps("Taking the lab down"),
        ):
            self._remove()
        return True

    def fresh(self) -> None:
        """Make every host the machine it was when the lab came up, and the operator's network what it was."""
        network.renew_operator(self.places)
        self._each(Host.fresh)

    def save(self) -> None:
        """Keep the disks of all hosts as they are now, for `put_back`."""
        self._each(Host.save)

    def put_back(self) -> None:
        """Make every host the machine that it was when it was saved, and the operator's network what it was."""
        network.renew_operator(self.places)
        self._each(Host.put_back)

    def _each(self, do: Callable[[Host], None]) -> None:
        hosts = self.hosts
        with ThreadPoolExecutor(len(hosts)) as pool:
            list(pool.map(do, hosts.values()))

    def operator(
        self,
        command: Sequence[str],
        *,
        input: str | None = None,
        timeout: float | None = None,
        check: bool = False,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command where `lab shell` stands, with `env` added to its variables.

        Raises LabError after `timeout` seconds, CommandFailed if `check` and it fails.
        """
        try:
            done = subprocess.run(
                self.entering(command),
                input=input,
                # Else it would eat what the caller has on stdin.
                stdin=subprocess.DEVNULL if input is None else None,
                capture_output=True,
                text=True,
                timeout=timeout,
                cwd=cwd,
                env=shell.environment(self.places) | dict(env or {}),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"`{' '.join(command)}` took more than {timeout:g} s") from None
        if check and done.returncode != 0:
            output = done.stdout + done.stderr
            raise CommandFailed("operator", " ".join(command), done.returncode, output)
        return done

    def operator_popen(
        self,
        command: Sequence[str],
        *,
        stdin: int | IO[str] | None = subprocess.DEVNULL,
        stdout: int | IO[str] | None = subprocess.PIPE,
        stderr: int | IO[str] | None = subprocess.PIPE,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        start_new_session: bool = False,
    ) -> subprocess.Popen[str]:
        """Start a command where `lab shell` stands; the process is the command's own."""
        return subprocess.Popen(
            self.entering(command),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            cwd=cwd,
            env=shell.environment(self.places) | dict(env or {}),
            start_new_session=start_new_session,
        )

    def entering(self, command: Sequence[str]) -> list[str]:
        """What to execute, in the environment of `shell.environment`, to run `command` there."""
        if not self.is_up:
            raise self._not_up()
        shell.own_home(self.places)
        return shell.entering(self.places, command)

    def _not_up(self) -> LabError:
        if teardown.remains(self.places):
            return LabError(f"the lab {self.name} ended badly: `lab down`, then `lab up`")
        return LabError(f"the lab {self.name} is not up: `lab up` first")

    def _refuse_other(self, wanted: Settings) -> None:
        found = self.settings if self.is_up else None
        if found and (found.nodes, found.suite) != (wanted.nodes, wanted.suite):
            raise LabError(f"the lab {self.name} is up with {found}: `lab down` first")
        if found and wanted.owner not in (None, found.owner):
            raise LabError(f"the lab {self.name} is up with another owner: `lab down` first")

    def _make(self, settings: Settings) -> None:
        """Start the keeper, which makes all the rest, and return when it has."""
        inotify.make_room(settings.nodes)
        places = self.places
        places.state.mkdir(parents=True, mode=0o755)
        places.settings.write_text(json.dumps(asdict(settings)))
        kept = places.cgroup / "keeper"
        kept.mkdir(parents=True)
        # A descriptor is this very process, where a number may be another's by then.
        owners = [] if settings.owner is None else [_process_descriptor(settings.owner)]
        keeper = [sys.executable, "-B", "-m", "lab.keeper", self.name, *map(str, owners)]
        into_cgroup = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
        try:
            with places.keeper_log.open("wb") as log:
                self._keeper = subprocess.Popen(
                    ["sh", "-c", into_cgroup, str(kept), *keeper],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)},
                    start_new_session=True,
                    pass_fds=owners,
                )
        finally:
            for descriptor in owners:
                os.close(descriptor)
        wait_for("the lab's keeper", self._keeper_listens, seconds=30 + settings.nodes)

    def _keeper_listens(self) -> bool:
        """Whether the keeper has made all. Raises LabError, with its last words, if it never will."""
        if self._keeper is not None and self._keeper.poll() is not None:
            said = self.places.keeper_log.read_text(errors="replace").strip().splitlines()
            raise LabError(f"the lab could not be made: {said[-1] if said else 'killed'}")
        return self.places.socket.exists()

    def _repair(self, steps: Steps) -> bool:
        """Boot hosts that are down. Returns whether there were any."""
        down = [host for host in self.hosts.values() if not host.is_up]
        if down:
            with steps(f"Booting {', '.join(host.name for host in down)}"):
                for host in down:
                    host.switch_on()
                self._wait_for_hosts()
        return bool(down)

    def _wait_for_hosts(self) -> None:
        hosts = self.hosts
        deadline = time.monotonic() + BOOT_SECONDS + 5 * len(hosts)
        for host in hosts.values():
            host.wait_until_ready(max(1.0, deadline - time.monotonic()))

    def _remove(self) -> None:
        shell.hang_up(self.places)
        teardown.remove_in_any_case(self.places)
        if self._keeper is not None:
            with suppress(subprocess.TimeoutExpired):
                self._keeper.wait(5)
            self._keeper = None


def _process_descriptor(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:
        raise LabError(f"there is no process {pid} to own the lab") from None
