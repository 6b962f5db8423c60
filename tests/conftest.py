"""How tests run side by side, and what the last lines say of tests that were skipped: CI takes no skip for a pass."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    *("test_two_networks", "test_connections", "test_vrrp", "test_nopreempt", "test_sync_group", "test_reboot"),
    *("test_connections_setups", "test_connections_end"),
    *("test_rollout_surprises", "test_status", "test_guard", "test_active_active", "test_clusters", "test_rollout"),
    *("test_delays", "test_hostile", "test_checks", "test_host", "test_swarm", "test_drain", "test_deploy"),
    *("test_upgrade", "test_import", "test_takeover", "test_endings", "test_lab", "test_notify"),
)


class FilesAndSuites(LoadScopeScheduling):  # type: ignore[misc]
    """Files side by side, and in a file the Debian suites: what is left stays on one worker and in order."""

    def _split_scope(self, nodeid: str) -> str:
        suite = re.search(r"[\[-](bookworm|trixie)[]-]", nodeid)
        return f"{nodeid.split('::')[0]} {suite[1] if suite else 'bookworm'}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndSuites:
    config.option.loadscopereorder = False  # by the number of tests; ours is by what they take
    return FilesAndSuites(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what needs no hosts, while base systems are built; then the files that take longest.

    So no worker sits over a long file at the end while the others have nothing left.
    """

    def place(item: pytest.Item) -> int:
        if item.path.parent.name != "lab":
            return -1
        name = item.path.stem
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


def _skipped(session: pytest.Session) -> list[pytest.TestReport]:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") and exitstatus == 0 and _skipped(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
    if reasons:
        verdict = "CI is set: that is a failure" if os.environ.get("CI") else "they prove nothing here"
        terminalreporter.write_line(f"{len(skipped)} tests were SKIPPED ({'; '.join(reasons)}): {verdict}.", red=True)
