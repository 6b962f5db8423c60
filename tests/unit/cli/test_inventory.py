"""A --limit or --exclude that leaves no host is an error that names what there is."""

from pathlib import Path

import pytest

from keepalived.cli.command_line import unknown_option
from keepalived.inventory import LONGEST_SECONDS, LimitError, check_limit, groups

REPOSITORY = Path(__file__).parents[3]
GROUPS = {
    "managers": [("server01", {}), ("server02", {}), ("server03", {})],
    "web": [("web01", {}), ("web02", {})],
}
THERE = "There are managers: server01, server02, server03; web: web01, web02"

MATCHING = [
    ([], []),
    (["server01"], []),
    (["server01", "web02"], []),
    (["managers"], []),
    (["inventory"], []),  # pyinfra's own name for all hosts of inventory.py
    (["server*"], []),
    (["server0[12]"], []),
    (["*"], []),
    ([], ["server01"]),
    (["managers"], ["server01", "server02"]),
    ([], ["managers"]),
]


@pytest.mark.parametrize(("limit", "exclude"), MATCHING)
def test_what_leaves_a_host_passes(limit: list[str], exclude: list[str]) -> None:
    check_limit(GROUPS, limit, exclude)


REFUSED = [
    (["nosuch"], [], f"--limit nosuch matches no host. {THERE}"),
    (["sever02"], [], f"--limit sever02 matches no host (did you mean server02?). {THERE}"),
    (["manager"], [], f"--limit manager matches no host (did you mean managers?). {THERE}"),
    (["server01,server02"], [], "--limit server01,server02 matches no host: say --limit once for each"),
    (["SERVER01"], [], f"--limit SERVER01 matches no host. {THERE}"),
    (["db*"], [], f"--limit db* matches no host. {THERE}"),
    ([""], [], f"--limit  matches no host. {THERE}"),
    (["all"], [], f"--limit all matches no host. {THERE}"),  # pyinfra has no such group
    (["server01", "nosuch"], [], f"--limit nosuch matches no host. {THERE}"),
    ([], ["nosuch"], f"--exclude nosuch matches no host. {THERE}"),
    (["server01"], ["server0?"], "--limit and --exclude together leave no host"),
    (["web"], ["web01", "web02"], "--limit and --exclude together leave no host"),
    ([], ["*"], "--limit and --exclude together leave no host"),
    ([], ["inventory"], "--limit and --exclude together leave no host"),
]


@pytest.mark.parametrize(("limit", "exclude", "message"), REFUSED)
def test_what_leaves_no_host_is_refused(limit: list[str], exclude: list[str], message: str) -> None:
    with pytest.raises(LimitError) as caught:
        check_limit(GROUPS, limit, exclude)
    assert str(caught.value) == message


def test_every_node_becomes_a_host_that_knows_its_cluster() -> None:
    found = groups(Path(__file__).parents[3] / "group_data")
    assert list(found) == ["managers"]
    assert [(host, data["ssh_hostname"], data["node"], data["cluster"].name) for host, data in found["managers"]] == [
        ("server01", "10.10.0.3", "server01", "managers"),
        ("server02", "10.10.0.4", "server02", "managers"),
        ("server03", "10.10.0.5", "server03", "managers"),
    ]
    assert {data["_timeout"] for _, data in found["managers"]} == {LONGEST_SECONDS}


OPTIONS = [
    # deploy files, what stands behind --data, what is said
    (["tasks/reboot.py"], ["only=required", "reason=x", "ssh_user=admin", "_sudo=true"], None),
    (
        ["tasks/reboot.py"],
        ["onyl=required"],
        "--data onyl: reboot.py knows no such option (did you mean only?). "
        "There are force, only, probe, probe_port, reason, record, resume",
    ),
    (
        ["deploy.py"],
        ["reason=x"],
        "--data reason: deploy.py knows no such option. There are adopt, force, probe, probe_port, record, resume",
    ),
    (
        ["tasks/restore.py"],
        ["force=true"],
        "--data force: restore.py knows no such option. There are probe, probe_port, record",
    ),
    (["tasks/drain.py", "mine.py"], ["mine=1"], None),
    (["mine.py"], ["mine=1"], None),
    ([], ["mine=1"], None),
]


@pytest.mark.parametrize(("files", "data", "said"), OPTIONS)
def test_a_misspelt_option_is_not_silence(files: list[str], data: list[str], said: str | None) -> None:
    assert unknown_option([REPOSITORY / file for file in files], data) == said


def test_a_file_of_the_same_name_in_another_repository_may_know_any_option(tmp_path: Path) -> None:
    assert unknown_option([tmp_path / "deploy.py"], ["mine=1"]) is None


STANZAS = [
    ("", "10.10.0.4"),
    ("Host *\n    User admin\n", "10.10.0.4"),
    ("Host server02\n    User admin\n", "10.10.0.4"),
    ("Host server02\n    HostName 192.0.2.4\n", "server02"),
    ("Host server0?\n    HostName %h.example.net\n", "server02"),
    ("Host server01\n    HostName 192.0.2.3\n", "10.10.0.4"),
]


@pytest.mark.parametrize(("config", "name"), STANZAS)
def test_a_node_is_connected_to_as_ssh_config_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text(config)
    (found,) = [data for node, data in groups(REPOSITORY / "group_data")["managers"] if node == "server02"]
    assert found["ssh_hostname"] == name


def test_without_ssh_config_a_node_is_connected_to_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert groups(REPOSITORY / "group_data")["managers"][0][1]["ssh_hostname"] == "10.10.0.3"
