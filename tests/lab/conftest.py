"""The stage of the lab tests: real hosts, the operator before them, and what is told when a test fails."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab import debian
from lab.errors import LabError
from lab.lab import CHECKOUT, Lab
from lab.operator import CLUSTER_FILE, DEPLOY, SHIPPED, Operator, copy_repository
from lab.requirements import missing
from tests.lab.made_by_hand import CONF, ORIGINS, make
from tests.lab.started import StartedOnce

GAP_SECONDS = 0.1  # at a hand-over the old holder may be a moment quicker; what clients lose is counted apart
TOGETHER_SECONDS = 15  # two holders in a change that parts nodes: 2 s, and 6 s were seen on a busy machine
JOURNAL = "journalctl -u keepalived -o short-precise --no-pager | grep -v 'Printing VRRP as json' | tail -n 40"


def on(*suites: str) -> pytest.MarkDecorator:
    """On hosts of these Debian suites. What is on the same suite shares its hosts with the rest of its file."""
    return pytest.mark.parametrize("suite", suites, indirect=True, scope="module")


def on_one_of(*suites: str) -> pytest.MarkDecorator:
    """On the first of these suites; on all of them with EVERY_SUITE=1 (`make test-every-suite`)."""
    return on(*(suites if os.environ.get("EVERY_SUITE") else suites[:1]))


def _without_lab() -> str | None:
    return missing() if os.geteuid() == 0 else "the lab needs root"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if here and (reason := _without_lab()):
        for item in here:
            item.add_marker(pytest.mark.skip(reason=f"no real hosts: {reason}"))
    elif here:
        for suite in {_suite_of(item) for item in here}:
            threading.Thread(target=_build, args=[suite], daemon=True).start()


def _suite_of(item: pytest.Item) -> str:
    parameters: dict[str, str] = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("suite", "bookworm")


def _build(suite: str) -> None:
    """Builds a base system where it is missing: side by side, while the tests that need no hosts run."""
    with suppress(LabError):  # the lab that needs it says so itself
        debian.ensure(suite)


class Labs:
    """Labs by suite and number of hosts, one at a time for whoever asks."""

    def __init__(self) -> None:
        self._up: dict[tuple[str, int], Lab] = {}
        self._started: dict[str, StartedOnce] = {}
        self._saved: set[tuple[str, int]] = set()
        self._spoilt: set[Operator] = set()

    def fresh(self, suite: str, nodes: int) -> Lab:
        """With hosts on which nothing is installed."""
        if (suite, nodes) in self._up:
            self._up[suite, nodes].fresh()
        else:
            self._up[suite, nodes] = Lab(f"test-{os.getpid()}-{suite}-{nodes}")
            self._up[suite, nodes].up(nodes=nodes, suite=suite, owner=os.getpid())
        return self._up[suite, nodes]

    def deployed(self, suite: str, nodes: int, project: Path) -> Operator:
        """With an operator in `project`, before hosts as they boot after the first deploy. It is made once."""
        if (suite, nodes) in self._saved:
            self._up[suite, nodes].put_back()
        else:
            first = self.operator(self.fresh(suite, nodes), project)
            first.types(DEPLOY)
            first.lab.save()
            self._saved.add((suite, nodes))
        operator = self.operator(self._up[suite, nodes], project, deployed=SHIPPED)
        operator.sees_holder("server01")
        return operator

    def spoil(self, operator: Operator) -> None:
        """Says that a test leaves his hosts with another configuration, or with files changed by hand."""
        self._spoilt.add(operator)

    def make_ready(self, operator: Operator) -> None:
        """Has the hosts of `deployed` run by the shipped cluster file, or by what the last test left of its keys."""
        shutil.copy(CHECKOUT / CLUSTER_FILE, operator.project / CLUSTER_FILE)
        if operator in self._spoilt:
            self._spoilt.discard(operator)
            operator.forgets()
            operator.lab.put_back()
            operator.is_deployed(SHIPPED)
        else:
            operator.repairs()
        operator.sees_holder("server01")

    def operator(self, lab: Lab, project: Path, *, deployed: str | None = None) -> Operator:
        """An operator of one of them, whose commands that are waited for are forked from one `pyinfra`."""
        started = self._started.setdefault(lab.name, StartedOnce(lab))
        return Operator(lab, project, deployed=deployed, run=started.run)

    def down(self) -> None:
        """Ends all of them."""
        for started in self._started.values():
            started.end()
        for lab in self._up.values():
            lab.down()


@pytest.fixture(scope="session")
def labs() -> Iterator[Labs]:
    """The labs of this process; gone with it, however it ends."""
    made = Labs()
    yield made
    made.down()


@pytest.fixture(scope="module")
def suite(request: pytest.FixtureRequest) -> str:
    """The Debian suite of the hosts, see `on`."""
    return getattr(request, "param", "bookworm")


@pytest.fixture(scope="module")
def nodes() -> int:
    """How many hosts; a module that wants others has a fixture of this name."""
    return 3


@pytest.fixture(scope="module")
def operator(labs: Labs, suite: str, nodes: int, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """An operator before fresh hosts, with the shipped cluster file."""
    return labs.operator(labs.fresh(suite, nodes), copy_repository(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def deployed(labs: Labs, suite: str, nodes: int, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """An operator before hosts that run by the shipped cluster file."""
    return labs.deployed(suite, nodes, copy_repository(tmp_path_factory.mktemp("project")))


@pytest.fixture
def managers(labs: Labs, deployed: Operator) -> Operator:
    """Three deployed managers, all in service. What a test leaves is undone before the next one, if there is one."""
    labs.make_ready(deployed)
    return deployed


@pytest.fixture
def redeployed(labs: Labs, managers: Operator) -> Operator:
    """The same for a test that leaves another configuration, or files changed by hand."""
    labs.spoil(managers)
    return managers


@pytest.fixture
def by_hand(redeployed: Operator) -> Operator:
    """Three managers as the blog post leaves them."""
    redeployed.everywhere(
        f"systemctl stop keepalived; rm -rf /etc/systemd/system/keepalived.service.d {CONF}*; systemctl daemon-reload"
    )
    make(redeployed, ORIGINS)
    return redeployed


def _operators(item: pytest.Item) -> list[Operator]:
    """The operators of a test, once each."""
    arguments = getattr(item, "funcargs", {}).values()
    return list({id(one): one for one in arguments if isinstance(one, Operator)}.values())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A refusal proves something by its words alone."""
    yield
    for operator in _operators(item):
        assert not (unread := operator.overlooked()), f"refused, and nobody has looked why: {unread}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """On failure: what each host says of its keepalived and of its addresses."""
    report = yield
    for operator in _operators(item)[:1] if report.failed else ():
        for host in operator.hosts.values():
            try:
                told = (f"{host.name}: {' '.join(host.addresses())}", host.execute(JOURNAL).stdout)
            except LabError as error:
                told = (host.name, str(error))
            report.sections.append(told)
    return report
