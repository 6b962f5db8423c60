"""How each command in the documents is proven: by which test, or why by none.

tests/unit/test_documents.py fails when a document has a command that is not here, when a command here is in no
document, and when a test that is named here does not have the command in it.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

from tests.documents.blocks import REPOSITORY


class RunBy(NamedTuple):
    """Typed by a test, `FILE::FUNCTION`; where the function has other words than the document, `words`."""

    test: str
    words: str = ""


class NotRun(NamedTuple):
    """Typed by no test, for a reason."""

    reason: str


UNKNOWN = "*"

DOCUMENTS = "tests/lab/test_documents.py"
DRAINED = RunBy(f"{DOCUMENTS}::test_a_node_is_drained_looked_at_and_restored")
LOOKED = RunBy(f"{DOCUMENTS}::LOOKS")
REFUSED = RunBy(f"{DOCUMENTS}::test_what_is_refused_and_what_a_flag_says")
BY_HAND = RunBy(f"{DOCUMENTS}::test_an_address_that_stayed_is_taken_off_by_hand")
READ = RunBy(f"{DOCUMENTS}::test_a_cluster_file_is_read_from_the_nodes")
TAKEN_OVER = "tests/lab/test_takeover.py::test_a_cluster_made_by_hand_is_taken_over_and_clients_lose_nothing"
WHEEL = "tests/lab/test_wheel.py::test_another_repository_deploys_drains_restores_and_asks"
LAB = "tests/lab/test_lab.py"
OWN_EYES = NotRun("for the reader; tests/lab/test_firewalls.py looks at the files and asks through the firewall")
NO_PACKAGE = NotRun("the hosts of the lab have no such package; status asks the network the same")
OF_THE_MODEL = "what it writes is compared with the repository by tests/unit/spec/test_table.py"
TESTS_THEMSELVES = NotRun("it runs the tests, or begins them: CI types it")
FOR_PEOPLE = NotRun("it opens an editor, or is a service of others")

PROOFS: dict[str, RunBy | NotRun] = {
    # An operator's commands.
    "pyinfra inventory.py deploy.py": RunBy("tests/lab/test_deploy.py::test_a_second_run_changes_nothing"),
    "pyinfra inventory.py deploy.py --dry": READ,
    "pyinfra inventory.py deploy.py --dry --data adopt=true": READ,
    "pyinfra inventory.py deploy.py --data adopt=true": RunBy(TAKEN_OVER),
    "pyinfra inventory.py tasks/status.py": DRAINED,
    "pyinfra inventory.py tasks/status.py --data format=json": DRAINED,
    'pyinfra inventory.py tasks/drain.py --limit server01 --data reason="kernel upgrade"': DRAINED,
    "pyinfra inventory.py tasks/drain.py --limit server01": REFUSED,
    "pyinfra inventory.py tasks/restore.py --limit server01": DRAINED,
    "pyinfra inventory.py tasks/restore.py --limit NODE": DRAINED,
    "pyinfra inventory.py tasks/restore.py --limit server01 --data record=restore.html": RunBy(
        "tests/lab/test_record.py::test_a_drain_and_a_restore_leave_a_page_each"
    ),
    'pyinfra inventory.py tasks/reboot.py --data reason="new kernel"': RunBy(
        "tests/lab/test_reboot.py::test_all_managers_are_rebooted_in_turn_and_clients_lose_nothing"
    ),
    "pyinfra inventory.py tasks/reboot.py --data only=required": RunBy(
        "tests/lab/test_reboot.py::test_only_nodes_that_ask_for_it_are_rebooted"
    ),
    "pyinfra inventory.py tasks/reboot.py": RunBy(
        "tests/lab/test_reboot.py::test_a_node_that_does_not_come_back_ends_the_run_and_the_next_goes_on"
    ),
    "pyinfra inventory.py tasks/upgrade.py": RunBy(
        "tests/lab/test_upgrade.py::test_keepalived_is_upgraded_in_turn_and_back_and_clients_lose_nothing"
    ),
    'pyinfra inventory.py tasks/upgrade.py --data version="1:2.2.*"': READ,
    "pyinfra inventory.py tasks/upgrade.py --data packages=all": RunBy(
        "tests/lab/test_upgrade.py::test_the_whole_system_is_upgraded_and_what_runs_with_replaced_files_is_restarted"
    ),
    "pyinfra inventory.py tasks/remove.py --limit server03": RunBy(
        "tests/lab/test_remove.py::test_a_removed_node_leaves_the_address_to_the_others"
    ),
    "pyinfra server01,server02 tasks/import.py": READ,
    "pyinfra server01,server02,server03 tasks/import.py > group_data/managers.yml": RunBy(
        READ.test, "pyinfra server01,server02,server03 tasks/import.py"
    ),
    "pyinfra inventory.py tasks/import.py --limit managers": READ,
    "pyinfra inventory.py fact keepalived.facts.Holds --limit server01": DRAINED,
    "pyinfra inventory.py fact keepalived.facts.Node": DRAINED,
    "pyinfra inventory.py fact keepalived.facts.Node --limit server01 --json": DRAINED,
    "ssh server01 true": BY_HAND,
    # On a node.
    **dict.fromkeys(
        (
            "ip -brief address",
            "ip -brief link",
            "cat /var/lib/keepalived/releasevip",
            "journalctl -u keepalived",
            "journalctl -u keepalived -e",
            "keepalived --config-test",
            "systemctl status keepalived",
            "systemctl cat keepalived",
            "sysctl net.ipv4.conf.all.arp_ignore",
            "apt-mark hold",
            "apt-mark hold keepalived",
            "apt-mark unhold keepalived",
        ),
        LOOKED,
    ),
    "keepalived -t": RunBy("tests/lab/test_keepalived_accepts.py::config_test"),
    "touch /var/lib/keepalived/releasevip": REFUSED,
    "echo 1 > /var/lib/keepalived/releasevip": REFUSED,
    "rm /var/lib/keepalived/releasevip": REFUSED,
    "tcpdump -n -i any ip proto 112": NO_PACKAGE,
    "arping -c 3 10.10.0.2": NO_PACKAGE,
    "systemctl start keepalived": BY_HAND,
    "systemctl stop keepalived": BY_HAND,
    "systemctl restart keepalived": BY_HAND,
    "ip address": BY_HAND,
    "ip address del 10.10.0.2 dev INTERFACE": BY_HAND,
    "cp /etc/keepalived/keepalived.conf.replaced-20260131T101112Z /etc/keepalived/keepalived.conf": RunBy(TAKEN_OVER),
    "rm /etc/systemd/system/keepalived.service.d/floating-address.conf": RunBy(TAKEN_OVER),
    "systemctl daemon-reload": RunBy(TAKEN_OVER),
    "echo ip_vs > /etc/modules-load.d/ip_vs.conf": NotRun("the kernel of the lab has no ip_vs; the page says so"),
    "ufw status": OWN_EYES,
    "firewall-cmd --info-policy floating-address": OWN_EYES,
    # The machine and the lab.
    "make demo": RunBy("tests/lab/test_demo.py::test_the_demo_is_seen_to_work", "demo"),
    ".venv/bin/python -m lab shell": RunBy(
        f"{LAB}::test_a_shell_stands_in_the_hosts_network_where_it_was_called", "shell"
    ),
    ".venv/bin/python -m lab status": RunBy(f"{LAB}::test_a_lab_goes_up_and_down_and_leaves_nothing", "status"),
    ".venv/bin/python -m lab down": RunBy(f"{LAB}::test_a_lab_goes_up_and_down_and_leaves_nothing", "down"),
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && . .venv/bin/activate": NotRun(
        "the Makefile does it with requirements-dev.txt, which includes this file"
    ),
    "$EDITOR group_data/managers.yml": FOR_PEOPLE,
    "$EDITOR group_data/all.py": FOR_PEOPLE,
    "ls group_data/*.yml | xargs -n 1 basename -s .yml | grep -vx all | "
    "xargs -P 4 -I CLUSTER pyinfra inventory.py deploy.py --dry --limit CLUSTER": RunBy(
        "tests/fake/test_fleet.py::JOBS"
    ),
    "pyinfra inventory.py deploy.py --limit managers": READ,
    ".venv/bin/python -m lab.fleet 10 100 333": RunBy(
        "tests/fake/test_fleet.py::test_what_it_costs_is_measured", "-m lab.fleet"
    ),
    # From a repository of one's own.
    "make wheel": RunBy("tests/lab/test_wheel.py::pyinfra"),
    ".venv/bin/pip install PATH/dist/pyinfra_keepalived-*.whl": RunBy("tests/lab/test_wheel.py::pyinfra", "install"),
    "terraform output -json > terraform.json": FOR_PEOPLE,
    # Work on it.
    "make setup": TESTS_THEMSELVES,
    "make test": TESTS_THEMSELVES,
    "make test-fast": TESTS_THEMSELVES,
    "make test-every-suite": TESTS_THEMSELVES,
    "make release": NotRun("tests/unit/test_release.py has what it refuses; its parts are other commands here"),
    "make check": NotRun("CI types it, before the tests"),
    "make docs": NotRun(OF_THE_MODEL),
    "make schema": NotRun(OF_THE_MODEL),
    "make docs schema": NotRun(OF_THE_MODEL),
    "python -m tests.unit.conf.test_configuration": NotRun("what it writes is compared by tests/unit/conf"),
}

FAMILIES: dict[str, NotRun] = {
    r"make (bench|faults)\S*|(\.venv/bin/)?python -m (bench|faults)( .*)?|(ssh|pyinfra exec --) true": NotRun(
        "figures: they take minutes to hours"
    ),
}
"""Commands of one kind, by a pattern."""


def proof(command: str) -> RunBy | NotRun | None:
    """How a command as a document has it is proven. `-y` does not count."""
    if (found := PROOFS.get(plain(command))) is not None:
        return found
    return next((one for pattern, one in FAMILIES.items() if re.fullmatch(pattern, command)), None)


def plain(command: str) -> str:
    """A command as the register has it."""
    return re.sub(r" -y\b", "", command)


PLACEHOLDERS = {"NODE": "server01", "INTERFACE": "enp0s3", "20260131T101112Z": UNKNOWN, "PATH/": UNKNOWN}
"""What stands in a document for what only the reader knows, and what a test has in its place."""


def is_typed(command: str, test: str) -> bool:
    """Whether the function or constant `FILE::NAME` has the command: pyinfra's as a whole, others within a text."""
    for placeholder, meant in PLACEHOLDERS.items():
        command = re.sub(rf"\b{placeholder}", meant, command)
    if not command.startswith("pyinfra "):
        return any(command in text for text in said_in(test))
    return any(_words(command) == _words(text) for text in said_in(test))


def _words(command: str) -> list[str]:
    return sorted(shlex.split(plain(command))) if command.startswith("pyinfra ") else []


@cache
def said_in(test: str) -> list[str]:
    """Every text in the function or constant `FILE::NAME`, names of commands filled in; what is not known is `*`."""
    path, name = test.split("::")
    file = REPOSITORY / path
    assert file.is_file(), f"{path} does not exist"
    known: dict[str, str] = {}
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and str(statement.module).split(".")[0] in ("lab", "tests"):
            module = import_module(str(statement.module))
            known |= {one.name: str(getattr(module, one.name)) for one in statement.names if one.name.isupper()}
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            texts = list(_texts(statement.value, known))
            if statement.targets[0].id == name:
                return texts
            known[statement.targets[0].id] = texts[0] if len(texts) == 1 else UNKNOWN
        elif isinstance(statement, ast.FunctionDef) and statement.name == name:
            return list(_texts(statement, known))
    raise AssertionError(f"{path} has no {name}")


def _texts(part: ast.AST, known: dict[str, str]) -> Iterator[str]:
    if isinstance(part, ast.JoinedStr):
        yield "".join(_filled_in(one, known) for one in part.values)
    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value
    elif isinstance(part, ast.Name) and part.id in known:
        yield known[part.id]
    else:
        if isinstance(part, ast.List):  # a command as its words
            yield " ".join(
                one.value for one in part.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )
        for one in ast.iter_child_nodes(part):
            yield from _texts(one, known)


def _filled_in(part: ast.expr, known: dict[str, str]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    inner = part.value if isinstance(part, ast.FormattedValue) else part
    return known.get(inner.id, UNKNOWN) if isinstance(inner, ast.Name) else UNKNOWN
