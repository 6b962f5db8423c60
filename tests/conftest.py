"""How tests run side by side, and what the last lines say of tests that were skipped: CI takes no skip for a pass."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class FilesAndSuites(LoadScopeScheduling):  # type: ignore[misc]
    """Files side by side, and in a file the Debian suites: what is left stays on one worker and in order."""

    def _split_scope(self, nodeid: str) -> str:
        suite = re.search(r"[\[-](bookworm|trixie)[]-]", nodeid)
        return f"{nodeid.split('::')[0]} {suite[1] if suite else 'bookworm'}"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndSuites:
    return FilesAndSuites(config, log)


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
