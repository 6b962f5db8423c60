"""The script that has keepalived run without `nopreempt`: what it leaves out of whose file, with Debian's awk."""

import os
import subprocess
from pathlib import Path

import pytest

from keepalived.conf.fingerprint import fingerprint_but_nopreempt
from keepalived.run.files import PREEMPT

OWN = "vrrp_instance VI_1 {\n    nopreempt\n    priority 1\n}\n"
OTHER = "vrrp_instance VI_2 {\n    nopreempt\n}\n"
LAYOUTS = {
    "our own": (OWN, "vrrp_instance VI_1 {\n    priority 1\n}\n"),
    "the brace on the next line": (
        "vrrp_instance VI_1\n{\n  nopreempt\n  priority 1\n}\n",
        "vrrp_instance VI_1\n{\n  priority 1\n}\n",
    ),
    "no blank before the brace": ("vrrp_instance VI_1{\nnopreempt\n}\n", "vrrp_instance VI_1{\n}\n"),
    "a comment after it": ("vrrp_instance VI_1 {\n  nopreempt # x\n}\n", "vrrp_instance VI_1 {\n   # x\n}\n"),
    "the other comment": ("vrrp_instance VI_1 {\n  nopreempt ! x\n}\n", "vrrp_instance VI_1 {\n   ! x\n}\n"),
    "a quoted name": ('vrrp_instance "VI_1" {\n  nopreempt\n}\n', 'vrrp_instance "VI_1" {\n}\n'),
    "a comment between name and brace": (
        "vrrp_instance VI_1 # {\n\n! {\n{\n  nopreempt\n}\n",
        "vrrp_instance VI_1 # {\n\n! {\n{\n}\n",
    ),
    "a closing brace that is indented": (
        f"vrrp_instance VI_1 {{\n  nopreempt\n  }}\n{OTHER}",
        f"vrrp_instance VI_1 {{\n  }}\n{OTHER}",
    ),
    "blocks inside, their braces in the first column": (
        f"vrrp_instance VI_1 {{\nvirtual_ipaddress {{\n10.10.0.2\n}}\nnopreempt\n}}\n{OTHER}",
        f"vrrp_instance VI_1 {{\nvirtual_ipaddress {{\n10.10.0.2\n}}\n}}\n{OTHER}",
    ),
    "braces in quotes and comments": (
        'vrrp_instance VI_1 {\n  notify "/bin/x } #" # }\n  nopreempt\n}\n',
        'vrrp_instance VI_1 {\n  notify "/bin/x } #" # }\n}\n',
    ),
    "a whole line that is a comment": (
        f"# vrrp_instance VI_1 {{\n{OWN}",
        "# vrrp_instance VI_1 {\nvrrp_instance VI_1 {\n    priority 1\n}\n",
    ),
    "the end of the block on its line": ("vrrp_instance VI_1 {\n  nopreempt }\n", "vrrp_instance VI_1 {\n   }\n"),
    "tabs and line ends of another system": (
        "vrrp_instance\tVI_1\t{\r\n\tnopreempt\r\n}\r\n",
        "vrrp_instance\tVI_1\t{\r\n}\r\n",
    ),
    "for one configuration id": ("vrrp_instance VI_1 {\n  @a nopreempt\n}\n", "vrrp_instance VI_1 {\n  @a \n}\n"),
    "another instance before it": (f"{OTHER}{OWN}", f"{OTHER}vrrp_instance VI_1 {{\n    priority 1\n}}\n"),
    "a name that begins like it": (
        f"{OWN.replace('VI_1', 'VI_10')}{OWN}",
        f"{OWN.replace('VI_1', 'VI_10')}vrrp_instance VI_1 {{\n    priority 1\n}}\n",
    ),
}


def run(folder: Path, text: str, instances: str = "VI_1") -> tuple[subprocess.CompletedProcess[str], str | None]:
    """How the script ends, and the file that keepalived reads at the reload."""
    file, read = folder / "keepalived.conf", folder / "read"
    file.write_bytes(text.encode())
    programs = folder / "bin"
    programs.mkdir()
    for name, does in {
        "systemctl": f'case $1 in show) echo {os.getpid()};; reload) cp "{file}" "{read}";; esac',
        "sleep": ":",
        "awk": 'exec mawk "$@"',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", PREEMPT],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "configuration": str(file),
            "instances": instances,
            "lock": str(folder / "lock"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.read_bytes().decode() == text  # it is in place again, whatever has come about
    assert sorted(one.name for one in folder.glob("keepalived.conf*")) == ["keepalived.conf"]
    return done, read.read_bytes().decode() if read.exists() else None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_leaves_nopreempt_of_the_instance_out(layout: str, tmp_path: Path) -> None:
    text, less = LAYOUTS[layout]
    done, read = run(tmp_path, text)
    assert (done.returncode, done.stderr, read) == (0, "", less)
    if "@" not in text:  # which keepalived alone can resolve
        assert fingerprint_but_nopreempt(text) == fingerprint_but_nopreempt(less)  # so a look sees what was done
        assert fingerprint_but_nopreempt(text) is not None


def test_it_does_so_for_several(tmp_path: Path) -> None:
    done, read = run(tmp_path, OWN + OTHER, "VI_1 VI_2")
    assert (done.returncode, done.stderr) == (0, "")
    assert read == "vrrp_instance VI_1 {\n    priority 1\n}\nvrrp_instance VI_2 {\n}\n"


@pytest.mark.parametrize(
    ("text", "instances", "kept"),
    [
        ("vrrp_instance VI_1 {\n# nopreempt\n}\n", "VI_1", "VI_1"),
        ("vrrp_instance VI_1 {\n  raw {\n    nopreempt\n  }\n}\n", "VI_1", "VI_1"),
        ("include more.conf\n", "VI_1 VI_2", "VI_1, VI_2"),
        (OWN, "VI_1 VI_2", "VI_2"),
    ],
)
def test_where_there_is_none_it_says_what_to_do(text: str, instances: str, kept: str, tmp_path: Path) -> None:
    done, read = run(tmp_path, text, instances)
    assert (done.returncode, read) == (1, None)
    assert f"has no nopreempt of {kept}, and" in done.stderr
    assert f"run `systemctl reload keepalived` on {os.uname().nodename}" in done.stderr
