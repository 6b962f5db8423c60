"""What the documents name exists: keys, options, diagnoses, files, facts; YAML is accepted, and Python imports."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from keepalived.cli.options import OPTIONS, read
from keepalived.plan.diagnosis.registry import DIAGNOSES
from keepalived.spec import plain_yaml
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import read_clusters
from keepalived.spec.instance import Instance
from tests.documents.blocks import DOCUMENTS, REPOSITORY, Block, blocks, commands, spans
from tests.unit.test_coverage import key_paths

YAML = [block for block in blocks() if block.language == "yaml"]
PYTHON = [block for block in blocks() if block.language == "python"]
SMALLEST = {
    "nodes": {"server01": "10.10.0.3", "server02": "10.10.0.4", "server03": "10.10.0.5"},
    "instances": {"VI_1": {"virtual_router_id": 51, "virtual_ipaddress": ["10.10.0.2"]}},
}
FOR_ALL = "instances:\n  VI_1: {unicast: true}"  # what marks the block that is group_data/all.yml
KEYS = {re.sub(r"\.NAME|\[\]", "", path) for path in key_paths()}
LAST_WORDS = {key.rpartition(".")[2] for key in KEYS}
NOT_KEYS = {
    *("by", "run", "until", "reason"),  # of the flag
    *("severity", "id"),  # of the status document
    "serial",  # of Ansible
    "mysql",  # the key that docs/extending.md adds
    "managers",  # a cluster, before its faults
}
FOLDERS = ("docs", "group_data", "keepalived", "lab", "bench", "tasks", "templates", "tests")
OF_THE_READER = {"group_data/workers.yml", "group_data/scripts/moved.sh", "group_data/all.yml"}
EXAMPLE = "rotate"  # the verb that docs/extending.md adds


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.place)
def test_every_cluster_file_is_accepted(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of one is put into the smallest file there is."""
    (tmp_path / "pass").write_text("#!/bin/sh\necho geheim42\n")
    (tmp_path / "pass").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "lvs.conf").write_text(_block("docs/cluster-file.md", "virtual_server").text)
    said = plain_yaml.load(textwrap.dedent(block.text))
    if FOR_ALL.partition(":")[0] in said and "virtual_router_id" not in block.text:
        (tmp_path / "all.yml").write_text(block.text)
        said = {}
    elif not set(said) <= set(Cluster.model_fields):
        assert set(said) <= set(Instance.model_fields)
        said = {"instances": {"VI_1": SMALLEST["instances"]["VI_1"] | said}}
    (tmp_path / "managers.yml").write_text(json.dumps(SMALLEST | said))
    assert list(read_clusters(tmp_path)) == ["managers"]


def _block(document: str, beginning: str) -> Block:
    (found,) = [one for one in blocks() if one.document == document and one.text.startswith(beginning)]
    return found


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.place)
def test_what_python_code_imports_is_there(block: Block) -> None:
    tree = ast.parse(block.text)
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom):
            module = import_module(str(statement.module))
            missing = [one.name for one in statement.names if not _has(module, one.name)]
            assert missing == [], statement.module
        elif isinstance(statement, ast.Import):
            for one in statement.names:
                import_module(one.name)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("deploys."):
            verb = ast.unparse(call.func).removeprefix("deploys.").strip("_")
            said = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
            read(OPTIONS[verb], said.get)


def _has(module: Any, name: str) -> bool:
    if hasattr(module, name):
        return True
    import_module(f"{module.__name__}.{name}")
    return True


def test_every_option_is_known() -> None:
    known = {"_timeout"} | {key for model in OPTIONS.values() for key in model.model_fields}  # the one of pyinfra's own
    named = {
        key for document in DOCUMENTS for key in re.findall(r"--data (\w+)=", document.read_text(encoding="utf-8"))
    }
    assert named - known == set()


def options_typed() -> Iterator[tuple[str, str, list[str]]]:
    """Each command of a verb with --data: where, the verb, what it says."""
    for command in commands():
        if found := re.match(r"pyinfra \S+ (?:tasks/)?(\w+)\.py", command.text):
            words = shlex.split(command.text)
            yield command.text, found[1], [words[at + 1] for at, word in enumerate(words) if word == "--data"]


@pytest.mark.parametrize(("command", "verb", "said"), list(options_typed()))
def test_every_option_of_a_command_is_one_of_its_verb(command: str, verb: str, said: list[str]) -> None:
    values = dict(one.split("=", 1) for one in said)
    assert set(values) <= set(OPTIONS[verb].model_fields), command
    read(OPTIONS[verb], values.get)


def test_every_table_of_options_has_all_of_its_verb() -> None:
    for verb, document in (
        ("deploy", "rollout"),
        ("drain", "drain"),
        ("reboot", "maintenance"),
        ("upgrade", "maintenance"),
    ):
        text = (REPOSITORY / f"docs/{document}.md").read_text(encoding="utf-8")
        table = re.search(rf"\| option of {verb} \| \|\n(?:\|.*\n)+", text)
        assert table, verb
        assert set(re.findall(r"^\| `--data (\w+)=", table[0], re.MULTILINE)) == set(OPTIONS[verb].model_fields), verb


def test_every_key_that_is_named_exists() -> None:
    """A key with its value (`advert_int: 1`), or with its place (`drain.weight`)."""
    unknown = []
    for span, document in spans():
        if found := re.match(r"([a-z_]+(?:\.[a-zA-Z_\[\]]+)+)(: .+)?$", span):
            path = re.sub(r"\.(NAME|INSTANCE|NODE|managers|server\d\d|VI_1)\b|\[\]", "", found[1])
            if path.partition(".")[0] in {key.partition(".")[0] for key in KEYS} and path not in KEYS:
                unknown.append(f"{document}: {span}")
        elif (found := re.match(r"([a-z_]+): (?!/)\S", span)) and found[1] not in LAST_WORDS | NOT_KEYS:
            unknown.append(f"{document}: {span}")
    assert unknown == []


def test_every_diagnosis_that_is_named_exists() -> None:
    ids = {one.id for one in DIAGNOSES}
    first = {one.partition("-")[0] for one in ids}
    named = {span for span, _ in spans() if re.fullmatch(r"[a-z]+(-[a-z]+){1,4}", span)}
    assert {one for one in named if one.partition("-")[0] in first} - ids == set()
    shown = {one for block in blocks() for one in re.findall(r"\[([a-z]+(?:-[a-z]+)+)\]", block.text)}
    assert shown - ids == set()


def test_every_file_that_is_named_exists() -> None:
    missing = []
    for span, document in spans():
        for path in re.findall(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w./*-]+", span):
            pattern = re.sub(r"\b[A-Z]+\b", "*", path.rstrip("/."))
            if path not in OF_THE_READER and EXAMPLE not in path and not any(REPOSITORY.glob(pattern)):
                missing.append(f"{document}: {path}")
    assert missing == []


def test_the_tree_in_the_architecture_is_there() -> None:
    text = next(block.text for block in blocks() if block.document == "docs/architecture.md" and "spec/" in block.text)
    for line in text.splitlines():
        within = REPOSITORY / "keepalived" if line.startswith(" ") else REPOSITORY
        for name in re.split(r"\s{3,}", line.strip())[0].split():
            assert (within / name).exists(), name


def test_every_fact_that_is_named_exists() -> None:
    facts = import_module("keepalived.facts")
    for document in DOCUMENTS:
        for name in re.findall(r"keepalived\.facts\.([A-Z]\w+)", document.read_text(encoding="utf-8")):
            assert hasattr(facts, name), f"{document.name}: {name}"
