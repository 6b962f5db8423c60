"""What is typed, or set, with which a run could end with 0 and not be done: refused before anything is done."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests.fake.test_runs import AT_REST, PYINFRA, REPOSITORY, Inventory, begun, inventory, pyinfra, said

__all__ = ["inventory"]  # a fixture

DRAIN = ["tasks/drain.py", "--limit", "*server02", "-y"]
ARGUMENTS = ["_ignore_errors=true", "_continue_on_error=true", "_run_once=true", "_serial=true", "_if=x"]
DEAD = """
from pathlib import Path
from keepalived.inventory import groups
groups(Path("group_data"))
hosts = [("server01", {"ssh_hostname": "127.0.0.1", "ssh_port": 1})]
"""


def last(run: subprocess.CompletedProcess[str]) -> str:
    return said(run).splitlines()[-1].strip().removeprefix("--> pyinfra error: ")


@pytest.mark.parametrize("argument", [*ARGUMENTS, "_success_exit_codes=[0,1]"])
def test_a_global_argument_behind_data_is_refused(inventory: Inventory, argument: str) -> None:
    run = pyinfra(inventory(AT_REST), *DRAIN, "--data", argument)
    assert run.returncode == 1, said(run)
    name = argument.partition("=")[0]
    assert last(run).startswith(f"Nothing was done. With {name} a failure could pass for done")
    assert "Leave it out of --data, group_data and the call" in last(run)
    assert not begun(run)


@pytest.mark.parametrize("task", ["deploy.py", "restore", "reboot", "upgrade", "remove"])
def test_every_command_that_changes_something_refuses_it(inventory: Inventory, task: str) -> None:
    file = task if task.endswith(".py") else f"tasks/{task}.py"
    run = pyinfra(inventory(AT_REST), file, "--limit", "*server02", "-y", "--data", "_ignore_errors=true")
    assert run.returncode == 1, said(run)
    assert last(run).startswith("Nothing was done. With _ignore_errors a failure")
    assert not begun(run)


@pytest.mark.parametrize("line", ["_ignore_errors = True", "_run_once = True", "_if = lambda: False"])
def test_a_global_argument_in_group_data_is_refused(inventory: Inventory, tmp_path: Path, line: str) -> None:
    (tmp_path / "group_data").mkdir()
    (tmp_path / "group_data/all.py").write_text(f"{line}\n")
    run = pyinfra(inventory(AT_REST), *DRAIN)
    assert run.returncode == 1, said(run)
    name = line.partition(" ")[0]
    assert last(run).startswith(f"Nothing was done. With {name} a failure could pass for done")
    assert not begun(run)


def test_errors_that_config_ignores_are_refused(inventory: Inventory, tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    config.write_text(f"{(REPOSITORY / 'config.py').read_text()}\nconfig.IGNORE_ERRORS = True\n")
    run = pyinfra(inventory(AT_REST), *DRAIN, "--config", config)
    assert run.returncode == 1, said(run)
    assert last(run).startswith("Nothing was done. With _ignore_errors a failure could pass for done")
    assert "IGNORE_ERRORS out of config.py" in last(run)
    assert not begun(run)


@pytest.mark.parametrize("arguments", ["_ignore_errors=True", "_run_once=True"])
def test_a_global_argument_of_a_call_is_refused(inventory: Inventory, tmp_path: Path, arguments: str) -> None:
    own = tmp_path / "own.py"
    own.write_text(f"from keepalived import deploys\n\ndeploys.drain({arguments})\n")
    run = pyinfra(inventory(AT_REST), own, "--limit", "*server02", "-y")
    assert run.returncode == 1, said(run)
    name = arguments.partition("=")[0]
    assert last(run).startswith(f"Nothing was done. With {name} a failure could pass for done")


def test_what_changes_neither_order_nor_exit_status_is_allowed(inventory: Inventory) -> None:
    run = pyinfra(inventory(AT_REST), *DRAIN, "--dry", "--data", "_ignore_errors=false", "--data", "_timeout=60")
    assert run.returncode == 0, said(run)


PRINTS = [
    ("tasks/drain.py", "tasks/status.py"),
    ("tasks/status.py", "tasks/drain.py"),
    ("tasks/drain.py", "tasks/import.py"),
    ("tasks/import.py", "tasks/status.py"),
]


@pytest.mark.parametrize("files", PRINTS)
def test_a_command_that_prints_is_typed_alone(inventory: Inventory, files: tuple[str, str]) -> None:
    run = pyinfra(inventory(AT_REST), *files, "--limit", "*server02", "-y")
    assert run.returncode == 1, said(run)
    assert last(run).endswith("prints and ends the run, so the other files would not be run: type it by itself")
    assert run.stdout == ""
    assert not begun(run)


def test_a_status_after_operations_of_the_same_file_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("from keepalived import deploys\n\ndeploys.drain()\ndeploys.status()\n")
    run = pyinfra(inventory(AT_REST), own, "--limit", "*server02", "-y")
    assert run.returncode == 1, said(run)
    assert "so the operations before it would not be run: call it in a file of its own" in last(run)
    assert run.stdout == ""


def test_no_standard_input_at_the_question_is_nobody(inventory: Inventory) -> None:
    file = inventory(AT_REST)
    run = subprocess.run(
        ["sh", "-c", '"$@" 0<&-', "sh", PYINFRA, file, *DRAIN[:-1]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 1
    assert last(run) == "Nothing was done: nobody answered. To run it unasked, add -y"
    assert "Traceback" not in run.stderr


def test_an_unexpected_error_is_told_as_it_is(inventory: Inventory, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("raise ValueError('the moon is full')\n")
    run = pyinfra(inventory(AT_REST), own, "-y")
    assert run.returncode == 1
    assert "ValueError: the moon is full" in said(run)
    assert "AttributeError" not in said(run)


@pytest.mark.parametrize("options", [[], ["-y"]])
def test_a_fact_with_a_dead_node_asks_nobody(tmp_path: Path, options: list[str]) -> None:
    file = tmp_path / "inventory.py"
    file.write_text(DEAD)
    run = pyinfra(file, *options, "fact", "keepalived.facts.Holds")
    assert run.returncode == 1
    assert "Traceback" not in said(run)
    assert "[server01]" in said(run)
    assert "Could not connect" in said(run)


def test_a_fact_that_was_read_is_a_success(inventory: Inventory) -> None:
    run = pyinfra(inventory(AT_REST), "fact", "keepalived.facts.Holds")
    assert run.returncode == 0, said(run)
    assert "Nothing was done" not in said(run)


def at_a_terminal(*arguments: str | Path, seconds: float = 40) -> tuple[int | None, str]:
    """Runs pyinfra at a terminal at which nobody types; None: it has not ended in so many seconds."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [PYINFRA, *arguments], cwd=REPOSITORY, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    text, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    more = os.read(ours, 4096)
                except OSError:  # the other end is closed
                    break
                text += more
        try:
            status = run.wait(timeout=max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            status = None
    finally:
        run.kill()
        run.wait()
        os.close(ours)
    return status, text.decode(errors="replace")


def dead_cluster(file: Path, alive: bool) -> Path:
    """managers with server03 dead; without `alive` the others are dead too."""
    file.write_text(
        "from pathlib import Path\n"
        "from keepalived.inventory import groups\n"
        "from tests.fake.inventory import fake\n"
        "from tests.fake.test_runs import AT_REST\n\n"
        "groups(Path('group_data'))\n"
        "managers = [\n"
        "    (name.removeprefix('@fake/'), {k: v for k, v in data.items() if k in ('cluster', 'node')}\n"
        "     | {'ssh_hostname': '127.0.0.1', 'ssh_port': 1})\n"
        f"    if name == '@fake/server03' or not {alive} else (name, data)\n"
        "    for name, data in fake(AT_REST, {})['managers']\n"
        "]\n"
    )
    return file


@pytest.mark.parametrize("alive", [True, False])
def test_status_at_a_terminal_with_dead_nodes_asks_nobody(tmp_path: Path, alive: bool) -> None:
    status, text = at_a_terminal(dead_cluster(tmp_path / "inventory.py", alive), "tasks/status.py")
    assert status == 1, text
    assert "server03" in text
    assert "cannot be read" in text
    assert "Traceback" not in text


def test_a_fact_at_a_terminal_with_dead_nodes_asks_nobody(tmp_path: Path) -> None:
    file = dead_cluster(tmp_path / "inventory.py", True)
    status, text = at_a_terminal(file, "fact", "keepalived.facts.Holds", seconds=20)
    assert status == 1, text
    assert "Traceback" not in text
