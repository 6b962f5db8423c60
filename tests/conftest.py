"""What the last lines of a test run say of tests that were skipped, and that CI takes no skip for a pass."""

from __future__ import annotations

import os

import pytest


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
