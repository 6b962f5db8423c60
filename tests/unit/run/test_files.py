"""The commands that remove files on a node, run by a shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Literal

import pytest

from keepalived.conf.fingerprint import sha256_of
from keepalived.observed.checkpoint import Checkpoint
from keepalived.run.files import (
    put_configuration,
    remove_file,
    remove_runs_flag,
    remove_scripts,
    set_flag,
    write_checkpoint,
)
from keepalived.spec import paths


def removed(path: Path) -> int:
    """The exit status of the command."""
    return subprocess.run(["sh", "-c", remove_file(str(path)).get_raw_value()], check=False).returncode


def test_a_flag_goes_whatever_it_is_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    flag, precious = tmp_path / "a flag", tmp_path / "precious"
    precious.write_text("precious")
    for make in (flag.touch, flag.mkdir, lambda: flag.symlink_to(precious), lambda: flag.symlink_to(tmp_path), str):
        make()
        assert removed(flag) == 0
        assert not flag.is_symlink()
        assert not flag.exists()
    assert precious.read_text() == "precious"


def test_a_folder_with_something_in_it_stays(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.mkdir()
    (flag / "precious").touch()
    assert removed(flag) != 0
    assert (flag / "precious").exists()


def test_a_folder_that_is_missing_is_no_failure(tmp_path: Path) -> None:
    assert removed(tmp_path / "missing" / "flag") == 0


@pytest.mark.parametrize("keep", [None, "script", "file"])
def test_a_flag_is_set_in_a_folder_that_somebody_has_removed(
    tmp_path: Path, keep: Literal["script", "file"] | None
) -> None:
    flag = tmp_path / "re moved" / "flag"
    subprocess.run(["sh", "-c", set_flag(str(flag), "1\n", keep=keep).get_raw_value()], check=True)
    assert flag.read_text() == "1\n"
    assert list(flag.parent.iterdir()) == [flag]


def test_nobody_is_waited_for_who_has_laid_a_pipe_in_the_flags_place(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    os.mkfifo(flag)
    removing = remove_runs_flag(str(flag), "deploy").get_raw_value()
    assert subprocess.run(["sh", "-c", removing], check=False, timeout=5).returncode == 0
    setting = set_flag(str(flag), "1\n", keep="file").get_raw_value()
    assert subprocess.run(["sh", "-c", setting], check=False, timeout=5).returncode == 0
    assert flag.read_text() == "1\n"


def test_a_checkpoint_is_written_through_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint, precious = tmp_path / "maintenance", tmp_path / "precious"
    monkeypatch.setattr(paths, "CHECKPOINT", str(checkpoint))
    precious.write_text("precious")
    (tmp_path / "maintenance.new").symlink_to(precious)
    written = Checkpoint(run="reboot")
    subprocess.run(["sh", "-c", write_checkpoint(written).get_raw_value()], check=True)
    assert precious.read_text() == "precious"
    assert checkpoint.read_text() == written.content


@pytest.mark.parametrize("keep", [False, True])
def test_a_configuration_is_put_in_place_without_its_digest_in_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    for name in ("CONFIGURATION", "STAGED", "REPLACED"):
        monkeypatch.setattr(paths, name, str(tmp_path / name))
    text = "auth_pass abc\n"
    command = put_configuration(text, keep=keep)
    assert sha256_of(text) not in command.get_raw_value()
    shell = command.get_raw_value().replace("chown root:root", "true")
    for staged, placed, done, then in (
        (text, "old\n", True, text),
        ("another\n", text, True, text),
        ("another\n", "old\n", False, "old\n"),
    ):
        (tmp_path / "STAGED").write_text(staged)
        (tmp_path / "CONFIGURATION").write_text(placed)
        given = command.connector_arguments["_stdin"]
        ran = subprocess.run(["sh", "-c", shell], input=given, text=True, check=False, capture_output=True)
        assert (ran.returncode == 0) is done
        assert (tmp_path / "CONFIGURATION").read_text() == then


def test_scripts_go_whose_names_are_those_of_their_content(tmp_path: Path) -> None:
    ours, edited, theirs, link = (
        tmp_path / name for name in ("app-5891b5b5", "b 2-5891b5b5", "web-20240101", "l-5891b5b5")
    )
    ours.write_text("hello\n")  # sha256: 5891b5b5...
    edited.write_text("hello, edited\n")
    theirs.write_text("hello\n")
    link.symlink_to(theirs)
    command = remove_scripts([str(path) for path in (ours, edited, theirs, link, tmp_path / "missing-5891b5b5")])
    subprocess.run(["sh", "-ec", command.get_raw_value()], check=True)
    assert sorted(tmp_path.iterdir()) == sorted([edited, theirs])
    assert theirs.read_text() == "hello\n"
