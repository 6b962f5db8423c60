"""The repository of docs/other-repositories.md, with nothing but the wheel installed, before real hosts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab.lab import CHECKOUT
from lab.operator import Operator
from tests.lab.conftest import Labs

DOCUMENT = (CHECKOUT / "docs/other-repositories.md").read_text(encoding="utf-8")
FILES = dict(
    re.findall(r"^`([\w./]+)`[^\n]*\n(?:[^`\n][^\n]*\n)*\n```\w+\n(.*?)```", DOCUMENT, re.MULTILINE | re.DOTALL)
)


@pytest.fixture(scope="module")
def pyinfra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command pyinfra of a fresh environment in which the wheel is all that was asked for."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run(["make", "wheel"], cwd=CHECKOUT, check=True)
    (wheel,) = (CHECKOUT / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", CHECKOUT / "requirements.txt", wheel], cwd=environment, check=True)
    return environment / "bin/pyinfra"


@pytest.fixture(scope="module")
def elsewhere(labs: Labs, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """An operator before fresh hosts, in the document's repository."""
    lab, project = labs.fresh("bookworm", 3), tmp_path_factory.mktemp("elsewhere")
    for name, text in FILES.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    return Operator(lab, project)


def test_another_repository_deploys_drains_restores_and_asks(elsewhere: Operator, pyinfra: Path) -> None:
    elsewhere.confirms(f"{pyinfra} inventory.py deploy.py")
    assert elsewhere.holders() == ["server01"]

    run = elsewhere.confirms(f'{pyinfra} inventory.py tasks/drain.py --limit server01 --data reason="kernel upgrade"')
    assert elsewhere.holders() == ["server02"]
    assert re.search(r"10\.10\.0\.2: [\d,]+ of [\d,]+ answered", run.text)  # the probe finds its package too
    run = elsewhere.types(f"{pyinfra} inventory.py fact keepalived.facts.Node --json")
    nodes = json.loads(run.stdout)["keepalived.facts.Node"]
    assert {name: node["drained"] for name, node in nodes.items()} == {
        "server01": True,
        "server02": False,
        "server03": False,
    }
    assert "reason: kernel upgrade\n" in nodes["server01"]["flag"]["content"]

    elsewhere.confirms(f"{pyinfra} inventory.py tasks/restore.py --limit server01")
    assert elsewhere.holders() == ["server01"]
    run = elsewhere.is_refused(f"{pyinfra} inventory.py tasks/drain.py")
    run.line("--> pyinfra error: Nothing was done. managers: no node would be left to serve 10.10.0.2")


def test_another_repository_has_a_status_also_while_a_node_is_down(elsewhere: Operator, pyinfra: Path) -> None:
    run = elsewhere.types(f"{pyinfra} inventory.py tasks/status.py")
    assert "Nothing is wrong" in run.stdout
    elsewhere.server03.crash()
    try:
        run = elsewhere.is_refused(f"{pyinfra} inventory.py tasks/status.py")
    finally:
        elsewhere.server03.boot()
    assert re.search(r"^server03 +\? +unreachable", run.text, re.MULTILINE)
    assert re.search(r"^server01 +10\.10\.0\.2 +MASTER", run.text, re.MULTILINE)


def test_a_template_of_ones_own_reaches_the_node(elsewhere: Operator, pyinfra: Path) -> None:
    (elsewhere.project / "templates").mkdir()
    packaged = (CHECKOUT / "templates/keepalived.conf.j2").read_text(encoding="utf-8")
    own = elsewhere.project / "templates/keepalived.conf.j2"
    own.write_text(f"# Ask the network team first.\n{packaged}", encoding="utf-8")
    elsewhere.confirms(f"{pyinfra} inventory.py deploy.py --limit server02")
    first = elsewhere.server02.succeed("head -n 1 /etc/keepalived/keepalived.conf")
    assert first == "# Ask the network team first.\n"
