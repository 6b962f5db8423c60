"""No command prints a password of a cluster file, at no verbosity."""

from pathlib import Path

import pytest

from tests.fake.test_runs import REPOSITORY, pyinfra, said

SECRET = "s3cr3t-w"  # noqa: S105
COMMANDS = [
    "deploy.py",
    *(f"tasks/{name}.py" for name in ("drain", "restore", "reboot", "upgrade", "remove", "import")),
]
INVENTORY = """
from pathlib import Path
from keepalived.conf.render import configuration
from keepalived.spec.cluster_file import read_clusters
from tests.fake import test_runs
from tests.fake.inventory import CLUSTERS, fake

CLUSTERS["managers"] = test_runs.MANAGERS = read_clusters(Path(__file__).parent / "clusters")["managers"]
nodes = {name: test_runs.serving(name, *holds) for name, holds in
         {"server01": ["10.10.0.2"], "server02": [], "server03": []}.items()}
assert "SECRET" in nodes["server01"]["configuration"]  # what is not there cannot be printed
managers = fake(nodes, {})["managers"]
""".replace("SECRET", SECRET)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "clusters").mkdir()
    shipped = (REPOSITORY / "group_data/managers.yml").read_text()
    (folder / "clusters/managers.yml").write_text(
        shipped.replace(
            "virtual_router_id: 51",
            f"virtual_router_id: 51\n    authentication: {{auth_type: PASS, auth_pass: {SECRET}}}",
        )
        + "\nvrrp_version: 2\n"
    )
    (folder / "inventory.py").write_text(INVENTORY)
    return folder / "inventory.py"


@pytest.mark.parametrize("verbosity", ["-v", "-vv"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_password(guarded: Path, command: str, verbosity: str) -> None:
    run = pyinfra(guarded, command, "--limit", "*server02", verbosity, "--diff", "--dry")
    assert "server02" in said(run)
    assert "Traceback" not in said(run)
    assert SECRET not in run.stdout + run.stderr
