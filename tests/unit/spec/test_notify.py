"""Notify commands and mail: what each may say, what their scripts run, and which nodes a plan names."""

import os
import subprocess
from pathlib import Path

import pytest

from keepalived.conf.scripts import notify_scripts, scripts_of
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import ClusterError, parse
from tests.unit.cluster_states import ONE

SMTP = "{notification_email: [a@example.org], smtp_server: 10.10.0.25}"


def with_keys(keys: str, top: str = "", folder: Path = Path()) -> Cluster:
    """A cluster of three nodes with these keys of its instance, and more lines at the top, in a file of `folder`."""
    return parse(f"{ONE.replace('[10.10.0.2]}', f'[10.10.0.2], {keys}}}')}{top}\n", "m", folder)


REFUSED = [
    ("notify: ' '", "", "instances.VI_1.notify: is empty: a command is needed"),
    ("notify: {user: app}", "", "instances.VI_1.notify: needs one of command, script"),
    ("notify: {command: x, script: script.sh}", "", "instances.VI_1.notify: needs one of command, script"),
    ("notify: {script: ../script.sh}", "", "instances.VI_1.notify.script: '../script.sh' is not the path of a file "
     "beside the cluster file: scripts/moved.sh"),
    ("notify: {script: text}", "", "instances.VI_1.notify.script: 'text' must begin with #!, as #!/bin/sh"),
    ("notify: {command: x, user: 'a b'}", "", "instances.VI_1.notify.user: 'a b' is not the name of a user"),
    ("notify_mastr: x", "", "instances.VI_1.notify_mastr: is not a known key (did you mean notify_master?)"),
    ("smtp_alert: true", "", "instances.VI_1.smtp_alert: no mail is sent: smtp must name the mail server and who gets "
     "it"),
    ("unicast: false", f"smtp: {SMTP}", "smtp: no mail is sent: set smtp_alert: true in an instance"),
    ("smtp_alert: true", f"smtp: {SMTP.replace('a@', '')}", "smtp.notification_email[0]: 'example.org' is not a mail "
     "address: ops@example.org"),
    ("smtp_alert: true", f"smtp: {SMTP.replace('10.10.0.25', 'mail.example.org')}", "smtp.smtp_server: "
     "'mail.example.org' is not an IP address, with or without a port: 10.10.0.25:587"),
    ("smtp_alert: true", f"smtp: {SMTP.replace('10.10.0.25', '10.10.0.25:0')}", "smtp.smtp_server: "
     "'10.10.0.25:0' is not an IP address, with or without a port: 10.10.0.25:587"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "top", "fault"), REFUSED)
def test_a_faulty_key_is_refused_with_its_place(tmp_path: Path, keys: str, top: str, fault: str) -> None:
    (tmp_path / "script.sh").write_text("#!/bin/sh\n")
    (tmp_path / "text").write_text("words\n")
    with pytest.raises(ClusterError) as refused:
        with_keys(keys, top, tmp_path)
    assert refused.value.faults == [f"m.yml: {fault}"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as refused:
        with_keys("notify: {script: scripts/a.sh}", folder=tmp_path)
    assert refused.value.faults == [
        "m.yml: instances.VI_1.notify.script: 'scripts/a.sh' cannot be read: [Errno 2] No such file or directory: "
        f"'{tmp_path}/scripts/a.sh'"
    ]


def test_a_file_beside_the_cluster_file_is_shipped_as_it_is_and_runs_by_a_script_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "moved.sh"
    path.write_text("#!/bin/sh\necho moved\n")
    shipped, ours = scripts_of(with_keys("notify: {script: moved.sh}", folder=tmp_path))
    assert (shipped.text, shipped.tries, ours.tries) == (path.read_text(), False, True)
    assert f"program={shipped.path}\n" in ours.text
    path.write_text("#!/bin/sh\necho other words\n")
    names = [script.name for script in scripts_of(with_keys("notify: {script: moved.sh}", folder=tmp_path))]
    assert shipped.name not in names
    assert ours.name not in names


@pytest.mark.parametrize(
    ("server", "read"),
    [
        ("10.10.0.25", "10.10.0.25 25"),
        ("127.0.0.1:587", "127.0.0.1 587"),
        ("'fd00::25'", "fd00::25 25"),
        ("'[fd00::25]:587'", "fd00::25 587"),
    ],
)
def test_a_mail_server_has_an_address_and_a_port(server: str, read: str) -> None:
    smtp = with_keys("smtp_alert: true", f"smtp: {SMTP.replace('10.10.0.25', server)}").smtp
    assert smtp is not None
    assert smtp.smtp_server == read


def test_the_same_command_is_one_script_and_another_one_has_another_name() -> None:
    def names(keys: str) -> list[str]:
        return [script.name for script in scripts_of(with_keys(keys))]

    (name,) = names("notify: x")
    assert names("notify: {command: x, user: root}") == [name]
    assert names("notify: y") != [name] != names("notify: {command: x, user: app}")


# What the scripts run, on this machine. The first argument `try` only says whether they can.


def ran(folder: Path, command: str, *arguments: str, flag: str | None = None) -> tuple[int, str]:
    """Exit status of the script of a notify command, and what it says to the operator and to the journal."""
    place = folder / "flag"
    if flag is not None:
        place.write_text(flag)
    cluster = with_keys(f"notify_master: {command}", f"drain: {{flag: {place}}}")
    script = folder / "script"
    script.write_text(notify_scripts(cluster)["instances.VI_1"]["notify_master"].text)
    logger = folder / "logger"
    logger.write_text("#!/bin/sh\nsed -n s/^MESSAGE=//p\n")
    logger.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", script, *arguments], capture_output=True, text=True, timeout=30, env=environment)
    return done.returncode, (done.stdout + done.stderr).strip()


TOLD = ("INSTANCE", "VI_1", "MASTER")


@pytest.mark.parametrize(
    ("command", "flag", "said"),
    [
        ("'echo $1 $2 $3'", None, "INSTANCE VI_1 MASTER"),
        ("'echo \"$3\" | tr A-Z a-z; umask'", None, "master\n0022"),
        ("/bin/echo", None, "INSTANCE VI_1 MASTER"),
        ("/bin/echo one", None, "one"),
        ("'echo run=$KEEPALIVED_RUN'", None, "run="),
        ("'echo run=$KEEPALIVED_RUN'", "1\nrun: deploy\nby: alice\n", "run=deploy"),
        ("'echo run=$KEEPALIVED_RUN'", "1\nby: alice\n", "run=drain"),
        ("'echo run=$KEEPALIVED_RUN'", "", "run=drain"),
        ("'exit 3'", None, "notify_master INSTANCE VI_1 MASTER failed (exit status 3)"),
    ],
)
def test_a_command_gets_its_arguments_and_its_words_go_to_the_journal(
    tmp_path: Path, command: str, flag: str | None, said: str
) -> None:
    assert ran(tmp_path, command, *TOLD, flag=flag) == (0, said)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/file VI_1", "/no/such/file is not there, or not executable"),
        ("/etc/passwd", "/etc/passwd is not there, or not executable"),
        ("'echo \"$1'", "sh: 1: Syntax error: Unterminated quoted string"),
        ("{command: 'true', user: nosuch}", "id: 'nosuch': no such user"),  # LC_ALL=C: no curly quotes
    ],
)
def test_a_command_that_cannot_be_run_is_found_without_running_it(tmp_path: Path, command: str, said: str) -> None:
    user = "nosuch" if "nosuch'" in said else "root"
    status, words = ran(tmp_path, command, "try")
    assert status == 126
    assert words == f"notify_master cannot be run as {user}: {said}"


def test_a_try_runs_nothing(tmp_path: Path) -> None:
    assert ran(tmp_path, f"'touch {tmp_path}/ran'", "try") == (0, "")
    assert not (tmp_path / "ran").exists()


def test_root_runs_no_program_that_others_may_write(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o775)
    status, words = ran(tmp_path, str(program), "try")
    assert (status, words.partition(": ")[2]) == (126, f"{program} belongs to another user, or others may write it")
