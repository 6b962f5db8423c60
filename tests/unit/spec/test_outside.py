"""Secrets that a cluster file only names: read when it is loaded, and never told."""

import json
from pathlib import Path

import pytest

from keepalived.conf.render import configuration
from keepalived.spec import outside
from keepalived.spec.cluster_file import ClusterError, parse, read_clusters
from tests.unit.cluster_text import INSTANCE, cluster

SECRET = "s3cret"  # noqa: S105


def with_source(source: str) -> str:
    return cluster(
        "vrrp_version: 2",
        instance=f"{INSTANCE}, authentication: {{auth_type: PASS, auth_pass: {source}}}",
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VRRP_PASS", SECRET)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path


SOURCES = ["{env: VRRP_PASS}", "{file: secret}", "{command: 'printf s3; echo cret'}", SECRET]


@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_is_read_when_the_cluster_is_loaded(folder: Path, source: str) -> None:
    (folder / "m.yml").write_text(with_source(source))
    loaded = read_clusters(folder)["m"]
    assert f"auth_pass {SECRET}\n" in configuration(loaded, "server01", {"VI_1": "eth0"})
    assert SECRET not in json.dumps(loaded.to_json()) + repr(loaded)


REFUSED = {
    "{env: NO_SUCH_NAME}": "the environment variable NO_SUCH_NAME is not set",
    "{env: EMPTY}": "env EMPTY is empty",
    "{file: none}": "none cannot be read: No such file or directory",
    "{file: lines}": "file lines gives 2 lines: one is needed",
    "{file: bytes}": "bytes is no text",
    "{command: 'echo s3cret; exit 3'}": "the command 'echo s3cret; exit 3' ends with 3",
    "{command: 'sleep 20'}": "the command 'sleep 20' takes longer than 0.2 s",
    "{command: 'cat bytes'}": "what the command 'cat bytes' says is no text",
    "{command: ' '}": "command: ' ' names nothing",
    "{env: 5}": "env: 5 names nothing",
    "{evn: VRRP_PASS}": "needs the password or one of env, file, command",
    "{env: VRRP_PASS, file: secret}": "needs the password or one of env, file, command",
    "{}": "needs the password or one of env, file, command",
    "{file: long}": "keepalived takes 1 to 8 letters, digits or _.:,+/-",
}


@pytest.mark.parametrize(("source", "fault"), REFUSED.items())
def test_a_refusal_names_the_source_and_not_the_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, fault: str
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.2)
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.chdir(folder)
    (folder / "lines").write_text(f"{SECRET}\nuser: x\n")
    (folder / "bytes").write_bytes(b"\xff\xfe")
    (folder / "long").write_text(f"{SECRET}-and-more")
    with pytest.raises(ClusterError) as refused:
        parse(with_source(source), "m", folder)
    assert refused.value.faults == [f"m.yml: instances.VI_1.authentication.auth_pass: {fault}"]


def test_a_file_of_a_cluster_that_lies_nowhere_needs_its_full_path(folder: Path) -> None:
    with pytest.raises(ClusterError) as refused:
        parse(with_source("{file: secret}"), "m")
    assert refused.value.faults == ["m.yml: instances.VI_1.authentication.auth_pass: secret: give its full path"]
    assert parse(with_source(f"{{file: {folder}/secret}}"), "m").instances["VI_1"].authentication
