"""The page that a run leaves: what is in it, when it is left, and how a browser shows it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lab import requirements
from lab.operator import BROKEN_UNIT, DEPLOY, DRAIN, RESTORE, Operator

HOSTILE = "<script>document.title=41+1</script>"  # no quotes: a shell's own would spoil the script
SECONDS = 60


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A real browser, which is installed if need be."""
    if shutil.which("chromium") is None:
        requirements.install(["chromium"])
    home = tmp_path_factory.mktemp("browser")
    return ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}"]


def opened(browser: list[str], page: Path, *options: str) -> str:
    """The page as the browser has it."""
    asked = [*browser, *(options or ["--dump-dom"]), page.as_uri()]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=SECONDS).stdout


def test_a_drain_and_a_restore_leave_a_page_each(managers: Operator) -> None:
    managers.types(f'{DRAIN} --limit server01 --data record=drain.html --data "reason={HOSTILE}"')
    managers.types(f"{RESTORE} --limit server01 --data record=restore.html")
    for verb, way in (("drain", "server01 → server02"), ("restore", "server02 → server01")):
        page = (managers.project / f"{verb}.html").read_text()
        assert f"tasks/{verb}.py --limit server01" in page
        assert "The run came to its end." in page
        assert f"10.10.0.2: {way} in " in page
        assert "answered, longest silence" in page
        bars = re.findall(r'class="(\w+)" x=.*<title>(server0\d)', page)
        assert {("between", "server01"), ("between", "server02")} <= set(bars)
        assert "server03" not in {node for _, node in bars}
        steps = page.partition("The steps")[2].partition("What was printed")[0]
        assert "Success: server01" in steps


def test_what_is_there_already_is_not_replaced_and_nothing_is_done(managers: Operator) -> None:
    page = managers.project / "there.html"
    page.write_text("mine")
    for name, why in (
        ("there.html", "the file is there already: name another one"),
        ("nowhere/a.html", f"there is no folder {managers.project}/nowhere"),
        ("drain.txt", "is not the name of a page: drain.html"),
    ):
        said = managers.is_refused(f"{DRAIN} --limit server01 --data record={name}").line("Nothing was done.")
        assert said.endswith(why)
    assert page.read_text() == "mine"
    assert managers.holders() == ["server01"]


def test_a_run_that_stops_is_interrupted_or_is_shown_leaves_its_page_too(managers: Operator) -> None:
    managers.writes(managers.changed())
    managers.server03.succeed(f"printf '[Service]\nExecStartPre=/bin/false\n' > {BROKEN_UNIT}; systemctl daemon-reload")
    managers.is_refused(f"{DEPLOY} --data record=stopped.html").line("failed on server03. The nodes after")
    page = (managers.project / "stopped.html").read_text()
    assert "The run stopped before its end" in page
    wrong = page.partition("What went wrong, and what to do")[2].partition("who held what")[0]
    assert "`systemctl restart keepalived` failed on server03" in wrong
    assert "Error: server03" in page.partition("The steps")[2].partition("What was printed")[0]
    managers.repairs()
    run = managers.begins(f"{DEPLOY} --data record=interrupted.html", "Starting operation", "Change one node")
    assert managers.ends(run, signal.SIGINT).status == 130
    assert "Ended by Ctrl-C." in (managers.project / "interrupted.html").read_text()
    managers.types(f"{DEPLOY} --dry --data record=shown.html")
    assert "this is what a run would do (--dry)" in (managers.project / "shown.html").read_text()
    managers.types(DEPLOY)


def test_a_browser_shows_it_at_every_width_and_prints_it(managers: Operator, browser: list[str]) -> None:
    managers.types(f'{DRAIN} --limit server01 --data record=page.html --data "reason={HOSTILE}"')
    page = managers.project / "page.html"
    shown = opened(browser, page)
    assert "<title>tasks/drain.py --limit server01" in shown  # and no script has changed it
    assert "10.10.0.2: server01 → server02 in" in shown
    for width in (400, 1200):
        too_wide, height = measured(browser, page, width)
        assert too_wide <= 0
        assert height > 500  # it was there, and not empty
    printed = managers.project / "page.pdf"
    opened(browser, page, f"--print-to-pdf={printed}")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) >= 1


def measured(browser: list[str], page: Path, width: int) -> tuple[int, int]:
    """How much wider the page is than a window of `width`, and how high it is. A browser has no window below 500."""
    around = page.with_name("measured.html")
    around.write_text(
        f'<!DOCTYPE html><iframe style="border: 0" width="{width}" height="800" srcdoc="{escape(page.read_text())}">'
        "</iframe><script>onload = () => { const e = document.querySelector('iframe').contentDocument.documentElement;"
        " document.title = `${e.scrollWidth - e.clientWidth} ${e.scrollHeight}` }</script>"
    )
    found = re.search(r"<title>(-?\d+) (\d+)</title>", opened(browser, around, "--window-size=1400,900", "--dump-dom"))
    assert found
    return int(found[1]), int(found[2])


def test_a_hostile_reason_reaches_nobody_and_runs_nothing(managers: Operator, browser: list[str]) -> None:
    with listener() as (port, asked):
        reason = f"<img src=http://127.0.0.1:{port}/a>{HOSTILE}"
        managers.types(f'{DRAIN} --limit server01 --data record=hostile.html --data "reason={reason}"')
        page = managers.project / "hostile.html"
        assert "<title>tasks/drain.py --limit server01" in opened(browser, page)
        assert asked == []
        obeyed = managers.project / "obeyed.html"  # the same page, where nothing is escaped and no policy holds
        obeyed.write_text(re.sub(r"<meta http-equiv.*?>", "", unescape(page.read_text())))
        assert "<title>42</title>" in opened(browser, obeyed)
        assert asked


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and what it is asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], asked
        server.shutdown()
