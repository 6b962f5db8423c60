"""A template in the operator's own templates/ takes the place of the packaged one, file by file."""

from pathlib import Path

import pytest

from keepalived.conf import templates
from keepalived.conf.render import configuration, drop_in
from keepalived.spec.cluster_file import parse
from tests.unit.cluster_text import cluster

CLUSTER = parse(cluster(), "managers")


@pytest.fixture(autouse=True)
def _each_test_looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates.environment, "cache", None)  # a run stays in one folder


def test_without_templates_of_ones_own_the_packaged_ones_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = configuration(CLUSTER, "server01", {"VI_1": "enp0s3"})
    assert "vrrp_instance VI_1 {" in here
    monkeypatch.chdir(tmp_path)
    assert configuration(CLUSTER, "server01", {"VI_1": "enp0s3"}) == here


def test_a_template_of_ones_own_wins_and_the_other_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = drop_in(CLUSTER)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/keepalived.conf.j2").write_text("# {{ node }} of {{ cluster.name }}\n")
    monkeypatch.chdir(tmp_path)
    assert configuration(CLUSTER, "server01", {"VI_1": "enp0s3"}) == "# server01 of managers\n"
    assert drop_in(CLUSTER) == packaged
