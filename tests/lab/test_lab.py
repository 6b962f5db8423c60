"""The lab itself: it comes up, does what a person with real machines could do, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lab import __main__ as command_line
from lab import debian, network, places, requirements, teardown
from lab.errors import CommandFailed, LabError
from lab.lab import CHECKOUT, Lab
from lab.locks import held
from lab.places import BRIDGE, OPERATOR_INTERFACE
from lab.waiting import wait_for
from lab.witness import Witness

WITHOUT = requirements.missing() or (None if os.geteuid() == 0 else "not root")
pytestmark = pytest.mark.skipif(WITHOUT is not None, reason=str(WITHOUT))


def name_of(purpose: str) -> str:
    """A lab of this test run alone."""
    return f"test-{os.getpid()}-{purpose}"


def python_m_lab(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lab", "--name", name, *arguments]
    return subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300
    )


def traces(name: str) -> list[str]:
    """All that this machine shows of the lab `name`: namespaces, cgroups, files, processes, their mounts."""
    lab = Lab(name).places
    found = [str(path) for path in (lab.state, lab.cgroup, lab.lock) if path.exists()] + lab.namespaces()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_text().split("\0")
            places = (process / "mountinfo").read_text() + (process / "cgroup").read_text()
        except OSError:  # it has ended, or is a zombie its parent has not looked at yet
            continue
        keeps = "lab.keeper" in arguments and name in arguments
        if keeps or f"/{name}/" in places or f"keepalived-lab.{name}" in places:
            found.append(f"process {process.name}: {' '.join(arguments)}")
    return found


def has_gone(name: str) -> None:
    wait_for(f"nothing left of {name}", lambda: traces(name), seconds=20, until=lambda seen: not seen)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab(name_of("shared"))
    lab.up(nodes=2, owner=os.getpid())
    yield lab
    lab.down()
    assert traces(lab.name) == []


@pytest.fixture
def spare() -> Iterator[Lab]:
    """A lab to be brought up, and broken, by the test."""
    lab = Lab(name_of("spare"))
    yield lab
    lab.down()


def test_a_lab_goes_up_and_down_and_leaves_nothing(spare: Lab) -> None:
    first = python_m_lab(spare.name, "up", "--nodes", "2", "--owner", str(os.getpid()))
    assert (first.returncode, first.stdout) == (0, f"The lab {spare.name} is up: 2 hosts of bookworm.\n"), first

    again = python_m_lab(spare.name, "up", "--nodes", "2")
    assert again.returncode == 0
    assert "was up already" in again.stdout

    for other in (["--nodes", "3"], ["--nodes", "2", "--suite", "trixie"]):
        refused = python_m_lab(spare.name, "up", *other)
        assert refused.returncode == 1
        wanted = f"lab: the lab {spare.name} is up with 2 hosts of bookworm: `lab down` first\n"
        assert (refused.stdout, refused.stderr) == ("", wanted)

    status = python_m_lab(spare.name, "status")
    assert "server01" in status.stdout
    assert "10.10.0.4" in status.stdout

    down = python_m_lab(spare.name, "down")
    assert (down.returncode, down.stdout) == (0, f"The lab {spare.name} is down.\n")
    assert traces(spare.name) == []

    again = python_m_lab(spare.name, "down")
    assert (again.returncode, again.stdout) == (0, f"The lab {spare.name} was down.\n")


def test_a_shell_stands_in_the_hosts_network_where_it_was_called(lab: Lab) -> None:
    inside = python_m_lab(
        lab.name, "shell", "--", "sh", "-c", f"pwd; echo $HOME; ip -4 -o addr show {OPERATOR_INTERFACE}; exit 7"
    )
    assert inside.returncode == 7
    assert inside.stdout.startswith(f"{CHECKOUT}\n{lab.places.home}\n")
    assert "10.10.0.1/24" in inside.stdout
    for interface in (BRIDGE, OPERATOR_INTERFACE):
        outside = subprocess.run(["ip", "link", "show", interface], capture_output=True, check=False)
        assert outside.returncode != 0, f"{interface} must not be in the machine's own namespace"


def test_a_shell_needs_a_lab() -> None:
    refused = python_m_lab(name_of("none"), "shell", "--", "true")
    assert refused.returncode == 1
    assert refused.stderr == f"lab: the lab {name_of('none')} is not up: `lab up` first\n"


def test_ssh_knows_the_hosts_and_refuses_a_stranger(lab: Lab) -> None:
    for host in lab.hosts.values():
        for address in (host.name, host.address):
            assert lab.operator(["ssh", address, "hostname; id -un"], check=True).stdout == f"{host.name}\nadmin\n"
    assert lab.operator(["ssh", "server01", "sudo id -un"], check=True).stdout == "root\n"

    known_hosts = lab.places.home / ".ssh/known_hosts"
    true = known_hosts.read_text()
    assert len({line.split()[2] for line in true.splitlines()}) == len(lab.hosts)
    known_hosts.write_text(true.replace("server01,10.10.0.3", "x").replace("server02,10.10.0.4", "server01,10.10.0.3"))
    try:
        stranger = lab.operator(["ssh", "server01", "true"])
    finally:
        known_hosts.write_text(true)
    assert stranger.returncode == 255
    assert "Host key verification failed" in stranger.stderr


def test_a_host_is_a_plain_server_that_can_install_keepalived(lab: Lab) -> None:
    host = lab.hosts["server01"]
    assert host.succeed("systemctl is-system-running --wait").strip() == "running"
    assert host.version("keepalived") is None
    assert host.succeed("ls /var/lib/apt/lists") == ""
    assert host.succeed("ip route show default") == ""
    host.succeed("apt-get update && apt-get install --yes keepalived")
    assert host.version("keepalived") is not None
    assert lab.hosts["server02"].version("keepalived") is None
    host.fresh()
    assert host.version("keepalived") is None


def test_what_a_host_says_comes_back_or_is_an_error(lab: Lab) -> None:
    host = lab.hosts["server01"]
    assert host.succeed("echo $HOME; echo no >&2") == "/root\n"
    assert host.fail("echo out; echo err >&2; exit 3") == "out\nerr\n"
    with pytest.raises(CommandFailed) as failed:
        host.succeed("echo out; echo err >&2; exit 3")
    assert (failed.value.status, failed.value.output) == (3, "out\nerr\n")
    with pytest.raises(LabError, match=r"took more than 0\.2 s"):
        host.execute("sleep 60", timeout=0.2)


def test_a_command_cut_off_by_a_shutdown_returns(lab: Lab) -> None:
    host = lab.hosts["server01"]
    assert host.execute("systemctl poweroff; sleep 1000", timeout=30).returncode != 0
    wait_for("the end of server01", lambda: host.is_up, seconds=30, until=lambda is_up: not is_up)
    host.boot()


def test_a_reboot_from_inside_comes_back_without_foreign_addresses(lab: Lab) -> None:
    host = lab.hosts["server02"]
    host.succeed("touch /root/kept && ip addr add 10.10.0.2/24 dev enp0s3")
    boot = host.succeed("cat /proc/sys/kernel/random/boot_id")
    host.execute("reboot")

    def boot_id() -> str:
        try:
            return host.succeed("cat /proc/sys/kernel/random/boot_id")
        except LabError as error:
            return f"unknown: {error}"

    wait_for("another boot", boot_id, seconds=60, until=lambda seen: "unknown" not in seen and seen != boot)
    host.wait_until_ready()
    host.succeed("test -e /root/kept")
    assert "10.10.0.2" not in host.addresses()
    assert host.address in host.addresses()
    lab.operator(["ssh", host.name, "true"], check=True)


def test_a_crashed_host_is_silent_until_it_is_booted(lab: Lab) -> None:
    host = lab.hosts["server02"]
    host.succeed("touch /root/kept && ip addr add 10.10.0.2/24 dev enp0s3")
    host.crash()
    assert not host.is_up
    assert host.addresses() == []
    with pytest.raises(LabError, match="server02 is down"):
        host.succeed("true")
    assert lab.operator(["ssh", "-o", "ConnectTimeout=1", host.name, "true"]).returncode == 255
    assert lab.hosts["server01"].is_up

    host.boot()
    host.succeed("test -e /root/kept")
    assert "10.10.0.2" not in host.addresses()
    host.fresh()
    host.fail("test -e /root/kept")
    lab.operator(["ssh", host.name, "true"], check=True)


def test_up_boots_what_was_switched_off(lab: Lab) -> None:
    lab.hosts["server01"].poweroff()
    lab.hosts["server02"].crash()
    assert lab.up(nodes=2) is True
    assert all(host.is_up for host in lab.hosts.values())
    assert lab.up(nodes=2) is False


def test_a_pulled_cable_is_a_lost_carrier(lab: Lab) -> None:
    host = lab.hosts["server01"]
    host.unplug()
    assert host.succeed("cat /sys/class/net/enp0s3/carrier") == "0\n"
    assert lab.operator(["ssh", "-o", "ConnectTimeout=1", host.name, "true"]).returncode == 255
    host.plug()
    assert host.succeed("cat /sys/class/net/enp0s3/carrier") == "1\n"


def test_a_witness_counts_what_a_pulled_cable_costs_a_client(lab: Lab) -> None:
    host = lab.hosts["server01"]
    lab.operator(["ssh", host.name, "true"], check=True, timeout=20)  # its cable has just been out
    with Witness(lab, host.address) as whole:
        host.succeed("sleep 0.5")
    assert (whole.lost, whole.route) == (0, ["server01"])
    assert len(whole.probes) > 300  # one a millisecond, on a busy machine
    with Witness(lab, host.address) as cut:
        host.unplug()
        host.succeed("sleep 0.5")
        host.plug()
        lab.operator(["ssh", host.name, "true"], check=True, timeout=20)
    assert cut.lost > 300
    assert cut.longest_silence > 0.5


def test_a_mixed_lab_has_hosts_of_both_suites_by_turns_also_after_a_boot(spare: Lab) -> None:
    spare.up(nodes=3, suite="mixed", owner=os.getpid())
    spare.hosts["server02"].crash()
    spare.hosts["server02"].boot()
    suites = [host.succeed(". /etc/os-release; echo $VERSION_CODENAME").strip() for host in spare.hosts.values()]
    assert suites == ["bookworm", "trixie", "bookworm"]


def test_labs_live_side_by_side(lab: Lab, spare: Lab) -> None:
    spare.up(nodes=1, suite="trixie", owner=os.getpid())
    ours, theirs = (each.hosts["server01"] for each in (lab, spare))
    assert ours.address == theirs.address
    assert ours.succeed("cat /etc/machine-id") != theirs.succeed("cat /etc/machine-id")
    theirs.crash()
    assert ours.is_up
    spare.down()
    assert traces(spare.name) == []
    assert ours.is_up


def test_down_needs_no_keeper(spare: Lab) -> None:
    spare.up(nodes=1, owner=os.getpid())
    stays = spare.operator_popen(["sleep", "1000"])
    (keeper,) = (spare.places.cgroup / "keeper/cgroup.procs").read_text().split()
    os.kill(int(keeper), signal.SIGKILL)
    wait_for("the keeper's end", lambda: spare.is_up, seconds=10, until=lambda up: not up)
    with pytest.raises(LabError, match="ended badly"):
        spare.hosts  # noqa: B018

    assert python_m_lab(spare.name, "down").returncode == 0
    has_gone(spare.name)
    assert stays.wait(10) != 0


def test_up_starts_over_where_the_keeper_was_killed(spare: Lab) -> None:
    spare.up(nodes=1)
    spare.hosts["server01"].succeed("touch /root/before")
    (keeper,) = (spare.places.cgroup / "keeper/cgroup.procs").read_text().split()
    os.kill(int(keeper), signal.SIGKILL)
    wait_for("the keeper's end", lambda: spare.is_up, seconds=10, until=lambda up: not up)
    spare.up(nodes=2, owner=os.getpid())
    assert [host.fail("test -e /root/before") for host in spare.hosts.values()] == ["", ""]


def test_a_lab_goes_down_with_its_owner(spare: Lab) -> None:
    with subprocess.Popen(["sleep", "1000"]) as owner:
        spare.up(nodes=1, owner=owner.pid)
        spare.hosts["server01"].crash()
        with pytest.raises(LabError, match="another owner"):
            spare.up(nodes=1, owner=os.getpid())
        owner.kill()
    has_gone(spare.name)


def test_an_up_killed_on_its_way_can_be_taken_down(spare: Lab) -> None:
    command = [sys.executable, "-m", "lab", "--name", spare.name, "up", "--nodes", "2", "--owner", str(os.getpid())]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
        wait_for("a beginning", spare.places.keeper_log.exists, seconds=60, pause_seconds=0.001)
        up.kill()
    assert python_m_lab(spare.name, "down").returncode == 0
    has_gone(spare.name)


def test_an_up_that_fails_leaves_nothing(spare: Lab) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    failed = python_m_lab(spare.name, "up", "--owner", str(ended.pid))
    assert failed.returncode == 1
    assert failed.stderr.endswith(f"lab: there is no process {ended.pid} to own the lab\n")
    assert traces(spare.name) == []


def test_what_was_added_to_the_operators_network_goes(lab: Lab) -> None:
    def shown() -> str:
        say = "ip -br link; ip -br -4 address; ip -6 address show scope global; ip route; ip neigh"
        return lab.operator(["sh", "-c", say], check=True).stdout.replace("00:00:00:00:00:00", "")

    network.renew_operator(lab.places)
    as_made = shown()
    for added in (
        f"link add link {OPERATOR_INTERFACE} name outside type macvlan",
        "link set outside up",
        "address add 10.20.0.1/32 dev lo",
        f"address add fd00:10::1/64 dev {OPERATOR_INTERFACE}",
        f"route add 10.10.0.9 dev {OPERATOR_INTERFACE} src 10.20.0.1",
        "route add 10.30.0.0/16 via 10.10.0.3",
        f"neigh add 10.10.0.9 lladdr 02:00:00:00:00:01 dev {OPERATOR_INTERFACE}",
    ):
        lab.operator(["ip", *added.split()], check=True)
    assert shown() != as_made
    network.renew_operator(lab.places)
    assert shown() == as_made


def test_purge_spares_the_base_of_a_lab_that_is_up(lab: Lab) -> None:
    refused = python_m_lab(name_of("none"), "purge")
    assert refused.returncode == 1
    assert lab.name in refused.stderr
    assert debian.base_directory("bookworm").is_dir()


def test_purge_removes_the_base_systems_and_what_a_killed_run_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, state, locks = tmp_path / "cache", tmp_path / "state", tmp_path / "locks"
    (cache / "bookworm-0123").mkdir(parents=True)
    (state / "left" / "hosts" / "server02").mkdir(parents=True)
    locks.mkdir()
    (locks / "left.lock").write_text("6519")  # of a process that is no more
    monkeypatch.setattr(command_line, "CACHE", cache)
    for module in (command_line, places, teardown):
        monkeypatch.setattr(module, "STATE", state)
    for module in (places, debian):
        monkeypatch.setattr(module, "LOCKS", locks)
    monkeypatch.setattr(teardown, "remove_in_any_case", teardown.remove)  # another process has the real folders
    purged = CliRunner().invoke(command_line.main, ["purge"])
    assert (purged.exit_code, purged.output) == (0, "The base systems are gone.\n")
    assert list(tmp_path.iterdir()) == []


def test_without_root_or_sudo_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(requirements, "can_become_root", lambda: False)
    assert requirements.missing() == "neither root nor sudo: real hosts need one of them"
    refused = CliRunner().invoke(command_line.main, ["up"])
    assert (refused.exit_code, refused.output) == (1, "lab: neither root nor sudo: a lab needs one of them\n")


def test_missing_programs_are_told_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("debootstrap", "ssh-keygen") else name)
    lacking = requirements.missing()
    assert lacking is not None
    assert "debootstrap openssh-client" in lacking


def test_a_name_that_could_be_another_labs_is_refused() -> None:
    refused = python_m_lab("a.b", "status")
    assert refused.returncode == 1
    assert refused.stderr.startswith("lab: `a.b` cannot name a lab")


def test_a_half_built_base_is_not_used(tmp_path: Path) -> None:
    build = (
        'mkdir "$2"; touch "$2/half"; test ! -e {0}/slow || {{ touch {0}/begun; sleep 1000; }}; mv "$2/half" "$2/whole"'
    )
    program = (
        "import sys; from pathlib import Path; from lab import debian\n"
        "debian.CACHE, debian.LOCKS, debian.BUILD = Path(sys.argv[1], 'cache'), Path(sys.argv[1]), sys.argv[2]\n"
        "print(debian.ensure('bookworm'))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), build.format(tmp_path)]
    slow = tmp_path / "slow"
    slow.touch()
    with subprocess.Popen(command, cwd=CHECKOUT) as first:
        wait_for("half a base", (tmp_path / "begun").exists, seconds=20)
        first.kill()
    assert [path.suffix for path in (tmp_path / "cache").glob("bookworm-*")] == [".new"]

    slow.unlink()
    second = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    base = Path(second.stdout.strip())
    assert [path.name for path in base.iterdir()] == ["whole"]
    assert list((tmp_path / "cache").glob("*.new")) == []


def test_a_base_that_cannot_be_built_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(debian, "LOCKS", tmp_path)
    monkeypatch.setattr(debian, "BUILD", "echo 'E: no such mirror'; exit 1")
    with pytest.raises(LabError, match="the base system of trixie could not be built: E: no such mirror"):
        debian.ensure("trixie")
    monkeypatch.setattr(debian, "BUILD", "echo 'tar: cannot write: No space left on device'; sleep 1000")
    with pytest.raises(LabError, match=r"^no space: a base system needs about 1 GB"):
        debian.ensure("trixie")
    monkeypatch.setattr(debian, "NEEDED_BYTES", 10**18)
    with pytest.raises(LabError, match=r"^no space"):
        debian.ensure("trixie")


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks/one"
    program = "import sys, time; from pathlib import Path; from lab.locks import held\n"
    program += "with held(Path(sys.argv[1]), 'it', seconds=1):\n    print(flush=True); time.sleep(1000)"
    with subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=CHECKOUT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LabError, match=f"process {holder.pid}"), held(path, "it", seconds=0.1):
            pass
        holder.kill()
    with held(path, "it", seconds=5):
        pass
    assert list(tmp_path.iterdir()) == []
