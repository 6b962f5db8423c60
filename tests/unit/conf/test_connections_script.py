"""The script that nodes run for established connections: that a shell can read it, whatever its words are."""

import shlex
import subprocess

from keepalived.conf.connections_script import SCRIPT, connections_command
from keepalived.conf.passing_table import table_name
from keepalived.spec import paths


def test_bash_can_read_it() -> None:
    done = subprocess.run(["bash", "-n", "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_word_is_one_word_whatever_it_is() -> None:
    evil = "x'; touch /tmp/pwned; $(id)"
    assert shlex.split(connections_command("end", evil)) == [
        "bash",
        "-c",
        SCRIPT,
        "keepalived-connections",
        "end",
        evil,
    ]


def test_a_verb_that_it_does_not_know_is_refused() -> None:
    done = subprocess.run(["sh", "-c", connections_command("rm")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "no verb rm\n")


def test_it_has_the_paths_and_names_of_the_rest() -> None:
    assert f"base={paths.CONNECTIONS}\n" in SCRIPT
    assert table_name("10.10.0.2") == "keepalived-connections-10.10.0.2"
    assert table_name("fd00::2") == "keepalived-connections-fd00__2"
    assert 'echo "ip6 keepalived-connections-${1//:/_}"' in SCRIPT
