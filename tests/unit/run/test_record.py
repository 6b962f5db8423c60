"""The file of a record: whole or not there, never in another's place; and what it says was typed."""

import os
from pathlib import Path

import pytest

from keepalived.cli.command_line import REPOSITORY, CommandLine
from keepalived.cli.errors import NothingDone
from keepalived.run.record import Recorder, as_typed

DRAIN = REPOSITORY / "tasks/drain.py"


def typed(*data: str, shows_only: bool = False) -> CommandLine:
    return CommandLine((DRAIN,), ("server01",), (), data, (), shows_only)


def test_a_file_that_comes_to_be_there_meanwhile_is_left_alone(tmp_path: Path) -> None:
    record = Recorder(tmp_path / "a.html", typed())
    (tmp_path / "a.html").write_text("mine")
    assert record.write() == "File exists"
    assert [file.read_text() for file in tmp_path.iterdir()] == ["mine"]


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    record = Recorder(tmp_path / "a.html", typed())
    assert record.write() is None
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("a.html", 0o600)]


def test_what_somebody_else_has_put_beside_it_is_left_alone(tmp_path: Path) -> None:
    record = Recorder(tmp_path / "a.html", typed())
    (theirs := tmp_path / f".a.html.{os.getpid()}").write_text("mine")
    assert record.write() == "File exists"
    assert theirs.read_text() == "mine"


def test_a_folder_that_is_gone_at_the_end_is_told(tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    record = Recorder(folder / "a.html", typed())
    folder.rmdir()
    assert record.write() == "No such file or directory"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NothingDone, match="is there already"):
        Recorder(tmp_path / "a.html", typed())


def test_no_secret_of_pyinfra_stands_in_what_was_typed() -> None:
    assert as_typed(typed("reason=new disk", "ssh_password=hidden", shows_only=True)) == (
        "tasks/drain.py --limit server01 --data reason='new disk' --data ssh_password=… --dry"
    )
