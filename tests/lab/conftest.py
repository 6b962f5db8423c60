"""The stage of the lab tests: real hosts, the operator before them, and what is told when a test fails."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.boot import REBOOTED
from lab.errors import LabError
from lab.host import Host
from lab.lab import Lab
from lab.requirements import missing
from lab.waiting import wait_for
from lab.witness import Witness, holders

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "group_data/managers.yml").read_text()
GAP_SECONDS = 0.02  # at a hand-over the old holder may be a moment quicker than the new one: no packet's worth
TOGETHER_SECONDS = 3  # two holders: 2 s, and a second for a busy machine
JOURNAL = "journalctl -u keepalived -o short-precise --no-pager | grep -v 'Printing VRRP as json' | tail -n 40"
FLAG = "/var/lib/keepalived/releasevip"
RECORD = "/var/lib/keepalived/maintenance"
BROKEN_UNIT = "/etc/systemd/system/keepalived.service.d/zz-broken.conf"


def on(*suites: str) -> pytest.MarkDecorator:
    """On hosts of these Debian suites. What is on the same suite shares its hosts with the rest of its file."""
    return pytest.mark.parametrize("suite", suites, indirect=True, scope="module")


@dataclass(frozen=True)
class Run:
    """What a command of the operator ended with: `status`, and all it wrote."""

    command: str
    status: int
    text: str
    stdout: str

    def line(self, words: str) -> str:
        """The one line in which `words` stand."""
        found = [line.strip() for line in self.text.splitlines() if words in line]
        assert len(found) == 1, f"{len(found)} lines with {words!r} in:\n{self.text}"
        return found[0]


class Operator:
    """Somebody at a terminal before a lab, in a copy of the repository with a cluster file of their own."""

    def __init__(self, lab: Lab, project: Path) -> None:
        self.lab = lab
        self.project = project
        self.hosts = lab.hosts
        self._changes = itertools.count()

    def __getattr__(self, name: str) -> Host:
        try:
            return self.hosts[name]
        except KeyError:
            raise AttributeError(name) from None

    def writes(self, cluster: str) -> None:
        """Replaces group_data/managers.yml."""
        (self.project / "group_data/managers.yml").write_text(cluster)

    def configures(self, cluster: str) -> None:
        """Deploys a cluster file where that is not what a test is about: by reload, which moves nothing."""
        self.writes(f"{cluster}on_change: reload\n")
        self.types("pyinfra inventory.py deploy.py -y --data probe=off")
        self.writes(cluster)

    def changed(self) -> str:
        """The shipped cluster file with a change that no configuration has had before: another `advert_int`."""
        return f"{SHIPPED}advert_int: {0.3 + next(self._changes) / 100:.2f}\n"

    def attempts(self, command: str) -> Run:
        """Types a command, presses Enter where pyinfra asks, and takes whatever comes."""
        done = self.lab.operator(shlex.split(command), input="\n", timeout=120, cwd=self.project)
        return Run(command, done.returncode, done.stderr + done.stdout, done.stdout)

    def types(self, command: str) -> Run:
        """Types a command that succeeds."""
        run = self.attempts(command)
        assert run.status == 0, f"{command}: exit status {run.status}\n{run.text}"
        return run

    def is_refused(self, command: str) -> Run:
        """Types a command that fails, without a traceback."""
        run = self.attempts(command)
        assert run.status not in (0, None), f"{command}: exit status 0\n{run.text}"
        assert "Traceback" not in run.text
        return run

    def begins(self, command: str, *words: str) -> subprocess.Popen[str]:
        """Types a command, and looks on until it writes a line with all the `words` in it."""
        run = self.lab.operator_popen(
            shlex.split(command), cwd=self.project, stdin=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if all(word in line for word in words):
                return run
        raise AssertionError(f"{command} never said {words}:\n{''.join(said)}")

    def kills(self, command: str, *words: str) -> None:
        """Types a command, and its process is killed when it writes a line with all the `words` in it."""
        run = self.begins(command, *words)
        run.kill()
        run.communicate()
        assert run.returncode == -signal.SIGKILL

    def reboots(self, since: dict[str, int] | None = None) -> dict[str, int]:
        """How often each host has rebooted since the lab is up, or since it had done so as often as in `since`."""
        told = self.lab.places.keeper_log.read_text()
        counts = {name: told.count(f"{name} ended with status {REBOOTED}\n") for name in self.hosts}
        return {name: count - (since or {}).get(name, 0) for name, count in counts.items()}

    def everywhere(self, command: str) -> list[str]:
        """What a command writes on each host, in order."""
        with ThreadPoolExecutor(len(self.hosts)) as pool:
            return list(pool.map(lambda host: host.succeed(command), self.hosts.values()))

    def holders(self, address: str = "10.10.0.2") -> list[str]:
        """The hosts whose kernel has `address`."""
        return holders(self.lab, address)

    def sees(self, what: str, look: Callable[[], Any], expected: Any, seconds: float = 20) -> None:
        """Looks until it is as expected; fails with what was seen last."""
        wait_for(f"{what}: {expected}", look, seconds=seconds, until=lambda seen: bool(seen == expected))

    def sees_holder(self, *names: str, seconds: float = 20) -> None:
        """Waits until 10.10.0.2 is on exactly these hosts."""
        self.sees("holders of 10.10.0.2", self.holders, list(names), seconds)

    @contextmanager
    def watching(self, address: str = "10.10.0.2") -> Iterator[Witness]:
        """A client that asks for the address every millisecond, and a look at who holds it as often as can be."""
        with Witness(self.lab, address) as witness:
            yield witness
        print(witness)

    def everything_in_service(self) -> None:
        """Mends whatever a test has done: cables, power, flags, daemons."""
        for host in self.hosts.values():
            host.plug()
            if not host.is_up:
                host.boot()
        self.everywhere(
            f"rm -f {FLAG} {RECORD} /tmp/releasevip {BROKEN_UNIT}; systemctl daemon-reload; "
            "systemctl reset-failed keepalived; systemctl start keepalived"
        )
        self.sees_holder("server01")


def _without_lab() -> str | None:
    return missing() if os.geteuid() == 0 else "the lab needs root"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if here and (reason := _without_lab()):
        for item in here:
            item.add_marker(pytest.mark.skip(reason=f"no real hosts: {reason}"))


@pytest.fixture(scope="session")
def labs() -> Iterator[Callable[[str, int], Lab]]:
    """Labs by suite and number of hosts, made when first asked for; gone with this process, however it ends."""
    up: dict[tuple[str, int], Lab] = {}

    def of(suite: str, nodes: int) -> Lab:
        if (suite, nodes) not in up:
            up[suite, nodes] = Lab(f"test-{os.getpid()}-{suite}-{nodes}")
            up[suite, nodes].up(nodes=nodes, suite=suite, owner=os.getpid())
        return up[suite, nodes]

    yield of
    for lab in up.values():
        lab.down()


@pytest.fixture(scope="module")
def suite(request: pytest.FixtureRequest) -> str:
    """The Debian suite of the hosts, see `on`."""
    return getattr(request, "param", "bookworm")


@pytest.fixture(scope="module")
def nodes() -> int:
    """How many hosts; a module that wants others has a fixture of this name."""
    return 3


@pytest.fixture(scope="module")
def operator(
    labs: Callable[[str, int], Lab], suite: str, nodes: int, tmp_path_factory: pytest.TempPathFactory
) -> Operator:
    """An operator before fresh hosts, with the shipped cluster file."""
    lab = labs(suite, nodes)
    project = tmp_path_factory.mktemp("project")
    for name in ("keepalived", "tasks", "templates", "deploy.py", "inventory.py", "config.py"):
        (project / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "group_data", project / "group_data")
    with ThreadPoolExecutor(nodes) as pool:
        list(pool.map(Host.fresh, lab.hosts.values()))
    return Operator(lab, project)


@pytest.fixture(scope="module")
def deployed(operator: Operator) -> Operator:
    """The same operator after `pyinfra inventory.py deploy.py`."""
    operator.types("pyinfra inventory.py deploy.py")
    return operator


@pytest.fixture
def managers(deployed: Operator) -> Iterator[Operator]:
    """Three deployed managers, all in service before the test and after it."""
    yield deployed
    shutil.copy(ROOT / "group_data/managers.yml", deployed.project / "group_data")
    deployed.everything_in_service()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """On failure: what each host says of its keepalived and of its addresses."""
    report = yield
    found = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Operator)]
    if report.failed and found:
        for host in found[0].hosts.values():
            try:
                told = (f"{host.name}: {' '.join(host.addresses())}", host.execute(JOURNAL).stdout)
            except LabError as error:
                told = (host.name, str(error))
            report.sections.append(told)
    return report
