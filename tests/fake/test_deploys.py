"""The deploy functions as another repository calls them: parameters for --data, and refusals in one line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from inspect import signature
from keyword import iskeyword
from pathlib import Path

import pytest

from keepalived import deploys
from keepalived.cli.options import OPTIONS
from tests.fake.test_runs import AT_REST, PYINFRA, REPOSITORY, Run, begun, said, serving

LAST = AT_REST | {node: serving(node, drained=True) for node in ("server02", "server03")}
"""server01 is the last one that can serve."""

Types = Callable[..., Run]


@pytest.fixture
def types(tmp_path: Path) -> Types:
    """Runs pyinfra in another repository, with `drain.py` and `config.py` of these lines."""

    def run(drain: str, *options: str, config: str = "config.FAIL_PERCENT = 0") -> Run:
        (tmp_path / "config.py").write_text(f"from pyinfra import config\n\n{config}\n")
        (tmp_path / "drain.py").write_text(f"from keepalived import deploys\n\n{drain}\n")
        (tmp_path / "inventory.py").write_text(
            f"from tests.fake.inventory import fake\n\nglobals().update(fake({LAST!r}, {{}}))\n"
        )
        return subprocess.run(
            [PYINFRA, "--limit", "*server01", "inventory.py", "drain.py", *options],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    return run


def test_every_verb_has_a_function_with_its_options() -> None:
    options = {verb: set(model.model_fields) for verb, model in OPTIONS.items()}
    functions = {verb: getattr(deploys, f"{verb}_" if iskeyword(verb) else verb) for verb in OPTIONS}
    assert {verb: set(signature(function).parameters) for verb, function in functions.items()} == options


REFUSED = "managers: no node would be left to serve 10.10.0.2: server01 is to be drained"


@pytest.mark.parametrize(
    ("drain", "options", "status"),
    [
        ("deploys.drain()", [], 1),
        ("deploys.drain(force=True)", [], 0),
        ("deploys.drain()", ["--data", "force=true"], 0),
        ("deploys.drain(force=False)", ["--data", "force=true"], 1),
    ],
)
def test_a_parameter_counts_and_without_it_data_does(types: Types, drain: str, options: list[str], status: int) -> None:
    run = types(drain, "--dry", *options)
    assert run.returncode == status, said(run)
    assert (REFUSED in said(run)) == (status == 1)
    assert ("keepalived | Drain the node and see another one hold its addresses" in said(run)) == (status == 0)


def test_a_refusal_ends_with_the_next_command_and_nothing_is_begun(types: Types) -> None:
    run = types("deploys.drain()", "-y")
    assert run.returncode == 1
    assert said(run).splitlines()[-2].startswith(f"--> pyinfra error: Nothing was done. {REFUSED}")
    assert said(run).splitlines()[-2].endswith(". Restore or repair one first. To drain all the same:")
    assert said(run).splitlines()[-1] == "    pyinfra inventory.py tasks/drain.py --limit server01 --data force=true"
    assert "Traceback" not in said(run)
    assert not begun(run)


@pytest.mark.parametrize("config", ["", "config.FAIL_PERCENT = 50"])
def test_a_repository_whose_runs_outlive_a_failure_is_refused(types: Types, config: str) -> None:
    run = types("deploys.drain(force=True)", "-y", config=config)
    assert run.returncode == 1
    assert said(run).splitlines()[-1] == (
        "--> pyinfra error: Nothing was done. A run must end with the first failure: put `config.FAIL_PERCENT = 0` "
        "into config.py"
    )
    assert not begun(run)


PASSES = " could pass for done, or nodes be left out or changed out of their order. Leave it out of --data"


@pytest.mark.parametrize(
    ("drain", "config", "options", "named"),
    [
        ("deploys.drain(force=True)", "", ["--data", "_ignore_errors=true"], "_ignore_errors"),
        ("deploys.drain(force=True)", "", ["--data", "_run_once=true"], "_run_once"),
        ("deploys.drain(force=True)", "", ["--data", "_serial=true"], "_serial"),
        ("deploys.drain(force=True, _ignore_errors=True)", "", [], "_ignore_errors"),
        ("deploys.drain(force=True, _success_exit_codes=[0, 1])", "", [], "_success_exit_codes"),
        ("deploys.drain(force=True)", "config.IGNORE_ERRORS = True", [], "_ignore_errors"),
        ("deploys.drain(force=True)", "", ["--retry", "2"], "_retries"),
    ],
)
def test_what_would_let_a_failure_pass_for_done_is_refused(
    types: Types, drain: str, config: str, options: list[str], named: str
) -> None:
    run = types(drain, "-y", *options, config=f"config.FAIL_PERCENT = 0\n{config}")
    assert run.returncode == 1
    told = said(run).splitlines()[-1]
    assert told.startswith(f"--> pyinfra error: Nothing was done. With {named} a failure{PASSES}")
    assert ("IGNORE_ERRORS out of config.py" in told) == (named == "_ignore_errors")
    assert not begun(run)


def test_status_after_other_operations_is_refused_for_it_would_end_the_run(types: Types) -> None:
    run = types("deploys.drain(force=True)\ndeploys.status()", "-y")
    assert run.returncode == 1
    assert "the operations before it would not be run: call it in a file of its own" in said(run)
    assert not begun(run)
