"""Whole runs of pyinfra's own command, on hosts that are not there: the order, the refusals and the exit status."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.render import configuration, drop_in
from tests import titles
from tests.fake.inventory import CLUSTERS, Parts
from tests.unit.node_report import captured, kernel

REPOSITORY = Path(__file__).parent.parent.parent
PYINFRA = Path(sys.executable).parent / "pyinfra"
MANAGERS = CLUSTERS["managers"]
OPERATIONS = [titles.INSTALL, titles.CHECK_VERSION, titles.TEST_CONFIGURATION, titles.ENABLE]
TURN = titles.CHANGE

Run = subprocess.CompletedProcess[str]
Inventory = Callable[..., Path]


def pyinfra(*arguments: str | Path, folder: Path = REPOSITORY) -> Run:
    return subprocess.run(
        [PYINFRA, *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )


def said(run: Run) -> str:
    """What an operator reads, without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", run.stderr)


def begun(run: Run) -> list[str]:
    """The operations that were begun, in order."""
    return [name.strip() for name in re.findall(r"^--> Starting operation: (.*)$", said(run), re.MULTILINE)]


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """Writes an inventory in which some nodes report something else, and refuse some commands."""

    def write(reports: Mapping[str, Parts], refused: Mapping[str, Iterable[str]] | None = None) -> Path:
        file = tmp_path / "inventory.py"
        file.write_text(
            f"from tests.fake.inventory import fake\n\nglobals().update(fake({reports!r}, {refused or {}!r}))\n"
        )
        return file

    return write


def serving(node: str, *holds: str, drained: bool = False) -> Parts:
    """What a node reports that runs what deploy.py would give it."""
    text = configuration(MANAGERS, node, {"VI_1": "enp0s3"})
    numbers = {
        "base_priority": MANAGERS.base_priority("VI_1", node),
        "effective_priority": MANAGERS.effective_priority("VI_1", node, drained=drained),
        "state": 2 if holds else 1,
    }
    parts = captured("bookworm-backup")
    dump = parts["dump"]
    for key, number in numbers.items():
        dump = re.sub(rf'"{key}":\d+', f'"{key}":{number}', dump)
    flag = {"flag": "1795346218\n1\n"} if drained else {}
    own = str(MANAGERS.nodes[node].address)
    unit = drop_in(MANAGERS)
    changed = {
        "dump": dump,
        "configuration": text,
        "running": text,
        "addresses": kernel(enp0s3=[own, *holds]),
        "drop_in": unit,
        "environment": f"KEEPALIVED_DROP_IN={drop_in_digest(unit)}\n",
        "files": "/var/lib/keepalived/|1|0|1.0|755|0|0\n",
    }
    return parts | changed | flag


AT_REST = {
    "server01": serving("server01", "10.10.0.2"),
    "server02": serving("server02"),
    "server03": serving("server03"),
}
SECOND_OUT = AT_REST | {"server02": serving("server02", drained=True)}


def test_a_plan_lists_the_operations_in_order_and_does_nothing() -> None:
    run = pyinfra("tests/fake/inventory.py", "deploy.py", "--dry")
    assert run.returncode == 0
    table = said(run).partition("--> Detected changes:")[2].partition("Detected changes may not")[0]
    listed = [re.split(r"  +", line.strip())[:2] for line in table.splitlines()[2:] if line.strip()]
    assert [name for name, _ in listed] == [*OPERATIONS, TURN, TURN]
    assert [nodes for _, nodes in listed][-2:] == ["1 (@fake/server01)", "2 (@fake/server02, @fake/server03)"]
    assert not begun(run)


def test_nodes_that_run_what_is_due_have_no_turn(inventory: Inventory) -> None:
    run = pyinfra(inventory(AT_REST), "deploy.py", "-y")
    assert run.returncode == 0, said(run)
    assert "managers: nothing to change; 10.10.0.2 is held by server01" in said(run)
    assert begun(run) == []


def test_a_node_that_runs_what_is_due_is_not_restarted(inventory: Inventory) -> None:
    outdated = AT_REST | {"server03": serving("server03") | {"running": "vrrp_instance VI_0 {\n}\n"}}
    run = pyinfra(inventory(outdated, {"server03": ["systemctl restart keepalived"]}), "deploy.py", "-y")
    assert "managers: 1 of 3 nodes to change; 10.10.0.2 is held by server01" in said(run)
    assert begun(run) == [*OPERATIONS, TURN]
    turns = said(run).partition(titles.started(TURN))[2]
    assert dict(re.findall(r"\[@fake/(\w+)\] (No changes|Success|Error)", turns)) == {
        "server03": "Error",
    }


def test_a_configuration_that_one_node_refuses_is_put_in_place_on_none(inventory: Inventory) -> None:
    open_to_all = "/etc/keepalived/keepalived.conf|1|0|1.0|644|0|0\n"
    outdated = {node: parts | {"files": parts["files"] + open_to_all} for node, parts in AT_REST.items()}
    run = pyinfra(inventory(outdated, {"server02": ["timeout 60 keepalived --config-test"]}), "deploy.py", "-y")
    assert run.returncode == 1
    assert begun(run) == OPERATIONS[:3]
    assert re.findall(r"\[@fake/(\w+)\] Error", said(run)) == ["server02"]


@pytest.mark.parametrize("version", ["2.1.5", "1.3.9"])
def test_an_old_keepalived_is_refused_before_anything_is_changed(inventory: Inventory, version: str) -> None:
    old = AT_REST | {"server02": serving("server02") | {"version": f"Keepalived v{version} (07/13,2020)"}}
    run = pyinfra(inventory(old), "deploy.py", "-y")
    assert run.returncode == 1
    assert f"@fake/server02: keepalived {version} is too old: 2.2 or newer is needed" in said(run)
    assert begun(run) == OPERATIONS[:2]


def test_a_node_without_the_address_of_the_file_is_refused_before_anything_is_done(inventory: Inventory) -> None:
    lost = {"server02": {"addresses": kernel(lo=["127.0.0.1"], enp0s3=["10.10.0.44"])}}
    run = pyinfra(inventory(lost), "deploy.py", "-y")
    assert run.returncode == 1
    assert (
        "server02: no network interface carries its address 10.10.0.4: correct nodes.server02 or set"
        " instances.VI_1.interface in managers.yml" in said(run)
    )
    assert not begun(run)


@pytest.mark.parametrize("task", ["tasks/drain.py", "tasks/restore.py"])
def test_a_node_without_keepalived_is_neither_drained_nor_restored(task: str) -> None:
    run = pyinfra("tests/fake/inventory.py", task, "--limit", "*server02", "-y")
    assert run.returncode == 1
    assert "keepalived is not installed on server02. Deploy first:\n    pyinfra inventory.py deploy.py\n" in said(run)
    assert "[@fake/server02] Success" not in said(run)


@pytest.mark.parametrize("task", ["deploy.py", "tasks/drain.py", "tasks/restore.py"])
def test_a_refusal_is_said_without_a_traceback(inventory: Inventory, task: str) -> None:
    old = {node: parts | {"version": "Keepalived v2.1.5"} for node, parts in AT_REST.items()}
    run = pyinfra(inventory(old if task == "deploy.py" else {}), task, "-y")
    assert run.returncode == 1
    assert "Traceback" not in said(run)


ALREADY = [
    ("tasks/drain.py", SECOND_OUT, "drained, holds nothing; 10.10.0.2 is held by server01"),
    ("tasks/restore.py", AT_REST, "in service as a backup; 10.10.0.2 is held by server01"),
]


@pytest.mark.parametrize(("task", "reports", "seen"), ALREADY)
def test_what_is_so_already_is_no_change(
    inventory: Inventory, task: str, reports: Mapping[str, Parts], seen: str
) -> None:
    run = pyinfra(inventory(reports), task, "--limit", "*server02", "-y")
    assert run.returncode == 0, said(run)
    assert f"[@fake/server02] No change: {seen}" in said(run)
    assert "[@fake/server02] No changes" in said(run)


def test_a_wait_for_connections_that_are_cut_ends_the_run_before_anything_is_done(inventory: Inventory) -> None:
    run = pyinfra(inventory(AT_REST), "tasks/drain.py", "--limit", "*server02", "--data", "wait=60", "-y")
    assert run.returncode == 1
    assert said(run).splitlines()[-2:] == [
        "--> pyinfra error: Nothing was done. wait=60 waits for established connections, and a drain cuts them here. "
        "Leave it out, or write this into group_data/managers.yml and deploy:",
        "    connections: keep",
    ]
    assert not begun(run)


def test_facts_are_json_on_stdout(inventory: Inventory) -> None:
    run = pyinfra(inventory(SECOND_OUT), "--json", "fact", "keepalived.facts.Node")
    assert run.returncode == 0, said(run)
    nodes = {host: node for fact in json.loads(run.stdout).values() for host, node in fact.items()}
    told = {host: (node["version"], node["drained"], node["holds"]) for host, node in nodes.items()}
    assert told == {
        "@fake/server01": ("2.2.7", False, ["10.10.0.2"]),
        "@fake/server02": ("2.2.7", True, []),
        "@fake/server03": ("2.2.7", False, []),
    }


MISSPELT = "--limit sever02 matches no host (did you mean server02?). There are managers: server01, server02, server03"
NOBODY = [
    (["--limit", "sever02"], ["deploy.py", "-y"], MISSPELT),
    (["--limit", "sever02"], ["deploy.py", "--dry"], MISSPELT),
    (["--limit", "sever02"], ["tasks/drain.py", "-y"], MISSPELT),
    (["--limit", "sever02"], ["tasks/restore.py", "-y"], MISSPELT),
    (["--limit", "sever02"], ["fact", "keepalived.facts.Node"], MISSPELT),
    (["--limit", "server01", "--limit", "sever02"], ["tasks/drain.py", "-y"], MISSPELT),
    (
        ["--limit", "server01", "--exclude", "server0?"],
        ["tasks/drain.py", "-y"],
        "--limit and --exclude together leave no host",
    ),
]


@pytest.mark.parametrize(("options", "command", "message"), NOBODY)
def test_a_limit_that_matches_nobody_is_an_error(options: list[str], command: list[str], message: str) -> None:
    run = pyinfra(*options, "inventory.py", *command)
    assert run.returncode == 1
    assert said(run).splitlines()[-1] == f"--> pyinfra error: Nothing was done. {message}"
    assert not begun(run)


def test_a_broken_cluster_file_is_an_error_that_names_every_fault(tmp_path: Path) -> None:
    for name in ["inventory.py", "config.py", "deploy.py", "keepalived", "templates"]:
        (tmp_path / name).symlink_to(REPOSITORY / name)
    (tmp_path / "group_data").mkdir()
    (tmp_path / "group_data/managers.yml").write_text(
        "nodes: {server01: 10.10.0.3}\n"
        "instances: {VI_1: {virtual_router_id: 300, virtual_ipaddress: [10.10.0.2]}}\n"
        "vrrp_verison: 2\n"
    )
    (tmp_path / "group_data/web.yml").write_text("nodes: [")
    run = pyinfra("inventory.py", "deploy.py", "-y", folder=tmp_path)
    assert run.returncode == 1
    assert said(run).splitlines()[-4:] == [
        "--> pyinfra error: Nothing was done.",
        "managers.yml: instances.VI_1.virtual_router_id: 300 is not in 1..255",
        "managers.yml: vrrp_verison: is not a known key (did you mean vrrp_version?)",
        "web.yml: line 1: expected the node content, but found '<stream end>'",
    ]


@pytest.mark.parametrize("other", ["status", "import"])
def test_what_ends_the_run_is_typed_by_itself(inventory: Inventory, other: str) -> None:
    for files in (["tasks/drain.py", f"tasks/{other}.py"], [f"tasks/{other}.py", "tasks/drain.py"]):
        run = pyinfra("-y", "--limit", "*server02", inventory(AT_REST), *files)
        assert run.returncode == 1, said(run)
        assert f"{other} prints and ends the run, so the other files would not be run: type it by itself" in said(run)
        assert run.stdout == ""
        assert not begun(run)


@pytest.mark.parametrize("stdin", ["< /dev/null", "<&-"])
def test_where_nobody_can_answer_one_line_says_so(inventory: Inventory, stdin: str) -> None:
    typed = f"{PYINFRA} --limit '*server02' {inventory(AT_REST)} tasks/drain.py {stdin}"
    run = subprocess.run(["bash", "-c", typed], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "Nothing was done: nobody answered. To run it unasked, add -y" in said(run)
    assert "Traceback" not in said(run) + run.stdout
    assert not begun(run)
