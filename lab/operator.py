"""The operator of a lab: somebody at a terminal, in a copy of this repository with a cluster file of their own.

Tests, the measurements and the demo all type through it.
"""

from __future__ import annotations

import itertools
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from lab.boot import REBOOTED
from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.waiting import wait_for
from lab.witness import Witness, holders

DEPLOY = "pyinfra inventory.py deploy.py -y"
DRAIN = "pyinfra inventory.py tasks/drain.py -y"
RESTORE = "pyinfra inventory.py tasks/restore.py -y"
REBOOT = "pyinfra inventory.py tasks/reboot.py -y"
UPGRADE = "pyinfra inventory.py tasks/upgrade.py -y"
REMOVE = "pyinfra inventory.py tasks/remove.py -y"
STATUS = "pyinfra inventory.py tasks/status.py"
NODE = "pyinfra inventory.py fact keepalived.facts.Node"

ASKS = "Detected changes displayed above"  # what pyinfra says before it waits for Enter

CLUSTER_FILE = "group_data/managers.yml"
SHIPPED = (CHECKOUT / CLUSTER_FILE).read_text()
ADDRESS = "10.10.0.2"
FLAG = "/var/lib/keepalived/releasevip"
CHECKPOINT = "/var/lib/keepalived/maintenance"
BROKEN_UNIT = "/etc/systemd/system/keepalived.service.d/zz-broken.conf"
LINKED = ("keepalived", "tasks", "templates", "deploy.py", "inventory.py", "config.py")
COMMAND_SECONDS = 180.0
CHECK_SECONDS = 1.2  # until a keepalived has surely seen whether its flag is there
LOOK_SECONDS = 0.1  # each look at who holds an address starts a program for each host

Seen = TypeVar("Seen")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Unexpected(LabError):
    """A command ended otherwise than the caller claimed it would, or said something else."""


class Typed:
    """What a command of the operator ended with: `status`, and all it wrote."""

    def __init__(self, command: str, done: subprocess.CompletedProcess[str]) -> None:
        self.command = command
        self.status = done.returncode
        self.stdout = done.stdout
        self.is_read = False
        """Whether somebody has looked at what it wrote."""
        self._text = done.stderr + done.stdout

    @property
    def text(self) -> str:
        """All it wrote, to its error output first."""
        self.is_read = True
        return self._text

    def line(self, words: str) -> str:
        """The one line in which `words` stand. Raises Unexpected."""
        found = [line.strip() for line in self.text.splitlines() if words in line]
        if len(found) != 1:
            raise Unexpected(f"{self.command}: {len(found)} lines with {words!r} in:\n{self.text}")
        return found[0]


def copy_repository(folder: Path) -> Path:
    """Makes `folder` a copy of this repository whose cluster files may be changed; the code is linked to."""
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    shutil.copytree(CHECKOUT / "group_data", folder / "group_data")
    return folder


class Operator:
    """Somebody before a lab. `project` is where the commands are typed: a copy of the repository.

    `deployed`: the cluster file that every node runs by, as far as that is known. `run`: how a command is run to its
    end there, if not by `Lab.operator`.
    """

    def __init__(self, lab: Lab, project: Path, *, deployed: str | None = None, run: Run | None = None) -> None:
        self.lab = lab
        self._run = run or lab.operator
        self.project = project
        self.hosts = lab.hosts
        self._changes = itertools.count()
        self._refusals: list[Typed] = []
        self._cleanups: list[Callable[[], object]] = []
        self._deployed = deployed and _content(deployed)

    def __getattr__(self, name: str) -> Host:
        try:
            return self.__dict__["hosts"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    # The cluster file.

    def writes(self, cluster: str, name: str = "managers") -> None:
        """Replaces group_data/NAME.yml."""
        (self.project / f"group_data/{name}.yml").write_text(cluster)

    def configures(self, cluster: str) -> None:
        """Has the nodes run by a cluster file where its deploy is not what matters: by reload, which moves nothing."""
        if _content(cluster) != self._deployed:
            self.writes(f"{_content(cluster)}on_change: reload\n")
            self.types(f"{DEPLOY} --data probe=off")
        self.writes(cluster)

    def is_deployed(self, cluster: str | None) -> None:
        """Says which cluster file every node runs by; None: nobody knows."""
        self._deployed = cluster and _content(cluster)

    def changed(self) -> str:
        """The shipped cluster file with a change that no configuration has had before: another `advert_int`."""
        return f"{SHIPPED}advert_int: {0.3 + next(self._changes) / 100:.2f}\n"

    # Commands.

    def attempts(self, command: str, *, answer: str | None = None, timeout: float = COMMAND_SECONDS) -> Typed:
        """Types a command and takes whatever comes. `answer`: to what it asks; without one it meets no terminal."""
        deploys = "deploy.py" in command and "--dry" not in command
        if deploys or "remove.py" in command:
            self._deployed = None
        done = self._run(shlex.split(command), input=answer, timeout=timeout, cwd=self.project)
        if deploys and done.returncode == 0 and "--limit" not in command and "--exclude" not in command:
            self._deployed = _content((self.project / CLUSTER_FILE).read_text())
        return Typed(command, done)

    def types(self, command: str, *, answer: str | None = None, timeout: float = COMMAND_SECONDS) -> Typed:
        """Types a command that succeeds. Raises Unexpected."""
        run = self.attempts(command, answer=answer, timeout=timeout)
        if run.status != 0:
            raise Unexpected(f"{command}: exit status {run.status}\n{run.text}")
        return run

    def confirms(self, command: str) -> Typed:
        """Types a command that asks whether to go on, presses Enter, and succeeds."""
        assert " -y" not in command
        return self.types(command, answer="\n")

    def is_refused(self, command: str) -> Typed:
        """Types a command that fails, without a traceback. Its words must be looked at, see `overlooked`."""
        run = self.attempts(command)
        self._refusals.append(run)
        if run.status == 0 or "Traceback" in run._text:
            raise Unexpected(f"{command}: exit status {run.status}\n{run.text}")
        return run

    def overlooked(self) -> list[str]:
        """The refused commands since the last call whose words nobody has looked at: any failure would do."""
        unread = [run.command for run in self._refusals if not run.is_read]
        self._refusals.clear()
        return unread

    def starts(self, command: str, *, asks: bool = False, apart: bool = False) -> subprocess.Popen[str]:
        """Types a command and does not wait for its end. `asks`: it is to be answered, at its standard input. `apart`:
        in a group of processes of its own, which can be killed with all that it has started."""
        self._deployed = None
        return self.lab.operator_popen(
            shlex.split(command),
            cwd=self.project,
            stdin=subprocess.PIPE if asks else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=apart,
        )

    def begins(self, command: str, *words: str) -> subprocess.Popen[str]:
        """Types a command, and looks on until it writes a line with all the `words` in it. Raises Unexpected."""
        run = self.starts(command, asks=" -y" not in command)
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if all(word in line for word in words):
                return run
        raise Unexpected(f"{command} never said {words}:\n{''.join(said)}")

    def ends(self, run: subprocess.Popen[str], signal: int | None = None, *, answer: str | None = None) -> Typed:
        """Sends a signal to a command that was begun, or answers it, and takes whatever comes."""
        if signal:
            run.send_signal(signal)
        stdout, _ = run.communicate(answer, timeout=COMMAND_SECONDS)
        return Typed(f"pyinfra, pid {run.pid}", subprocess.CompletedProcess(run.args, run.returncode, stdout, ""))

    def kills(self, command: str, *words: str) -> None:
        """Types a command, and its process is killed when it writes a line with all the `words` in it."""
        run = self.begins(command, *words)
        run.kill()
        run.communicate()
        if run.returncode != -signal.SIGKILL:
            raise Unexpected(f"{command}: exit status {run.returncode}, before it could be killed")

    def shows(self, command: str) -> None:
        """Types a command whose output is for whoever looks on. Raises Unexpected."""
        status = self.lab.operator_popen(shlex.split(command), stdout=None, stderr=None, cwd=self.project).wait()
        if status != 0:
            raise Unexpected(
                f"`{command}` ended with status {status}: see above; the lab stays up (`lab shell`, `lab down`)"
            )

    # The hosts.

    def everywhere(self, command: str) -> list[str]:
        """What a command writes on each host, in order."""
        with ThreadPoolExecutor(len(self.hosts)) as pool:
            return list(pool.map(lambda host: host.succeed(command), self.hosts.values()))

    def reboots(self, since: dict[str, int] | None = None) -> dict[str, int]:
        """How often each host has rebooted since the lab is up, or since it had done so as often as in `since`."""
        told = self.lab.places.keeper_log.read_text()
        counts = {name: told.count(f"{name} ended with status {REBOOTED}\n") for name in self.hosts}
        return {name: count - (since or {}).get(name, 0) for name, count in counts.items()}

    def holders(self, address: str = ADDRESS) -> list[str]:
        """The hosts whose kernel has `address`."""
        return holders(self.lab, address)

    def sees(
        self,
        what: str,
        look: Callable[[], Seen],
        expected: Seen,
        seconds: float = 20,
        *,
        pause_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Looks until it is as expected. Raises LabError with what was seen last."""
        until: Callable[[Seen], bool] = lambda seen: bool(seen == expected)  # noqa: E731
        wait_for(f"{what}: {expected}", look, seconds=seconds, until=until, pause_seconds=pause_seconds)

    def sees_holder(self, *names: str, seconds: float = 20) -> None:
        """Waits until 10.10.0.2 is on exactly these hosts."""
        self.sees(f"holders of {ADDRESS}", self.holders, list(names), seconds)

    @contextmanager
    def watching(self, address: str = ADDRESS) -> Iterator[Witness]:
        """A client that asks for the address every millisecond, and a look at who holds it as often as can be."""
        with Witness(self.lab, address) as witness:
            yield witness
        print(witness)

    def afterwards(self, host: Host, command: str) -> None:
        """What `repairs` is to run on a host, whether it succeeds or not: it undoes what is about to be done there."""
        self._cleanups.append(lambda: host.execute(command))

    def forgets(self) -> None:
        """Drops what `afterwards` has asked for: the hosts are made anew."""
        self._cleanups.clear()

    def repairs(self) -> None:
        """Undoes what may have been done to the hosts: cables, power, flags, daemons, and what `afterwards` says."""
        for host in self.hosts.values():
            host.plug()
            if not host.is_up:
                host.boot()
        while self._cleanups:
            self._cleanups.pop()()
        # The drain's check looks once a second: until then the node has the priority of a drained one.
        self.everywhere(
            f"test ! -e {FLAG} -a ! -e /tmp/releasevip || seen={CHECK_SECONDS}; "
            f"rm -f {FLAG} {CHECKPOINT} /tmp/releasevip; "
            f"test ! -e {BROKEN_UNIT} || {{ rm {BROKEN_UNIT}; systemctl daemon-reload; }}; "
            "! command -v keepalived || systemctl --quiet is-active keepalived || "
            f"{{ systemctl reset-failed keepalived; systemctl start keepalived; seen={CHECK_SECONDS}; }}; "
            "sleep ${seen:-0}"
        )


def _content(cluster: str) -> str:
    """A cluster file but for what changes no node: how a change is brought about."""
    return "".join(line for line in cluster.splitlines(keepends=True) if not line.startswith("on_change:"))
