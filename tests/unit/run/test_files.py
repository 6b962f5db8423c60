"""The commands that remove files on a node, run by a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Literal

import pytest

from keepalived.run.files import remove_file, remove_scripts, set_flag


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
