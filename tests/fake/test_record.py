"""The page that a run leaves, for each verb: as pyinfra's own command writes it, on hosts that are not there."""

import os
import re
import signal
import subprocess
import time
from html import unescape
from pathlib import Path

import pytest

from tests.fake.test_runs import AT_REST, PYINFRA, REPOSITORY, SECOND_OUT, Inventory, inventory, pyinfra, said

__all__ = ["inventory"]  # a fixture

VERBS = ["deploy.py", *(f"tasks/{verb}.py" for verb in ("drain", "restore", "reboot", "upgrade", "remove"))]
HOSTILE = "</title><script>document.title='ran'</script><img src=x onerror=alert(1)>"


def text_of(page: Path) -> str:
    """What somebody reads on it."""
    return unescape(re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8").partition("</style>")[2]))


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_leaves_the_page_of_its_plan_or_of_its_refusal(
    inventory: Inventory, tmp_path: Path, verb: str
) -> None:
    page = tmp_path / "page.html"
    nodes = AT_REST if verb in ("deploy.py", "tasks/restore.py") else SECOND_OUT
    run = pyinfra(inventory(nodes), verb, "--limit", "*server02", "--data", f"record={page}", "--dry")
    text = text_of(page)
    assert f"{verb} --limit '*server02'" in text
    assert "--dry" in text
    assert "managers: server01, server02, server03" in text
    end = "this is what a run would do (--dry)" if run.returncode == 0 else "Nothing was done"
    assert end in text, said(run)
    assert f"The record of this run: {page}" in said(run)
    assert page.stat().st_mode & 0o777 == 0o600
    assert "The steps" not in text


def test_a_step_that_fails_stands_on_top_with_how_the_nodes_are(inventory: Inventory, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    outdated = AT_REST | {"server03": AT_REST["server03"] | {"running": "vrrp_instance VI_0 {\n}\n"}}
    run = pyinfra(
        inventory(outdated, {"server03": ["systemctl restart keepalived"]}),
        *("deploy.py", "--data", f"record={page}", "-y"),
    )
    assert run.returncode == 1
    text = text_of(page)
    assert "The run stopped before its end" in text
    wrong = text.partition("What went wrong, and what to do")[2].partition("who held what")[0]
    assert "`systemctl restart keepalived` failed on server03" in wrong
    steps = text.partition("The steps")[2].partition("What was printed")[0]
    assert "Error: @fake/server03" in steps


def test_a_hostile_reason_is_text_on_it(inventory: Inventory, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pyinfra(
        inventory(SECOND_OUT),
        *("tasks/drain.py", "--limit", "*server02", "--data", f"record={page}", "--data", f"reason={HOSTILE}", "-y"),
    )
    html = page.read_text(encoding="utf-8")
    assert HOSTILE.replace("'", "'\"'\"'") in text_of(page)
    assert not re.search(r"<(script|img)\b", html)
    assert html.count("</title>") == html.count("<title>")


def test_what_a_secret_is_called_stands_there_and_not_the_secret(inventory: Inventory, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pyinfra(
        inventory(SECOND_OUT),
        *("tasks/drain.py", "--limit", "*server02", "--data", f"record={page}"),
        *("--data", "ssh_password=hidden-word", "-y"),
    )
    html = page.read_text(encoding="utf-8")
    assert "ssh_password=…" in html
    assert "hidden-word" not in html


@pytest.mark.parametrize(("number", "by"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_run_that_a_signal_ends_leaves_its_page(
    inventory: Inventory, tmp_path: Path, number: signal.Signals, by: str
) -> None:
    page = tmp_path / "page.html"
    # the drain waits in vain: these hosts do not change
    drains = ("tasks/drain.py", "--limit", "*server02", "--data", f"record={page}", "--data", "probe=off", "-y")
    run = subprocess.Popen([PYINFRA, inventory(AT_REST), *drains], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    deadline = time.monotonic() + 60
    for line in run.stderr:
        if "Starting operation" in line and "Drain" in line:
            break
        assert time.monotonic() < deadline
    time.sleep(1)
    os.kill(run.pid, number)
    run.communicate(timeout=60)
    assert run.returncode == 128 + number
    text = text_of(page)
    assert f"Ended by {by}." in text
    assert "What went wrong, and what to do" in text
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".page")] == []
