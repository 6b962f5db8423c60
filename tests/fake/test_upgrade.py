"""Upgrades, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers
from tests.unit.cluster_states import ALONE

THREE = ["server01", "server02", "server03"]
HOOKS = "maintenance: {before: [stop-app], after: [start-app]}"


def offered(*rest: str, **options: str) -> Managers:
    """Managers for which apt has a newer keepalived."""
    managers = Managers(*rest, **options)  # type: ignore[arg-type]
    for server in managers.world.servers.values():
        server.offered = [NEW, OLD]
    return managers


def installed(managers: Managers) -> set[str | None]:
    return {server.installed for server in managers.world.servers.values()}


def installs(managers: Managers) -> list[str]:
    """The nodes on which apt was run, in order."""
    return [told.node for told in managers.world.commands if told.text.startswith("apt-get")]


def test_each_node_is_upgraded_out_of_service_and_the_holder_last() -> None:
    managers = offered()
    out: list[list[str]] = []
    managers.world.at("^apt-get", lambda: out.append(managers.drained()), again=True)
    managers.upgrade()
    assert out == [["server03"], ["server02"], ["server01"]]
    assert installed(managers) == {NEW}
    assert f"server01: keepalived {OLD} → {NEW}" in managers.said
    assert managers.is_at_rest()


def test_where_there_is_nothing_to_upgrade_nothing_is_done() -> None:
    managers = Managers()
    managers.upgrade()
    assert managers.told() == []
    assert f"server02: nothing to upgrade, keepalived {OLD} is what apt offers" in managers.said


def test_only_a_node_with_something_to_upgrade_leaves_service() -> None:
    managers = Managers()
    managers["server02"].offered = [NEW, OLD]
    managers.upgrade()
    assert installs(managers) == ["server02"]
    assert managers.is_at_rest()


def test_a_version_is_installed_also_an_older_one() -> None:
    managers = offered()
    managers.upgrade()
    managers.upgrade(version="1:2.2.7-*")
    assert installed(managers) == {OLD}
    assert managers.is_at_rest()


def test_apt_fails_so_the_node_stays_out_of_service_and_the_others_serve() -> None:
    managers = offered()
    managers.world.at("^apt-get", managers.fails("E: no space left"))
    with pytest.raises(Stopped, match=r"apt-get failed on server03. server03 stays out of service") as stopped:
        managers.upgrade()
    assert "server03: E: no space left" in managers.said
    assert "pyinfra inventory.py tasks/upgrade.py\n" in str(stopped.value)
    assert managers.drained() == ["server03"]
    assert managers.holder() == "server01"


def test_the_next_run_continues_what_apt_has_stopped() -> None:
    managers = offered()
    managers.world.at("^apt-get", managers.fails())
    with pytest.raises(Stopped):
        managers.upgrade()
    managers.upgrade()
    assert installed(managers) == {NEW}
    assert managers.is_at_rest()


def test_an_installation_that_was_cut_short_is_finished() -> None:
    managers = Managers()
    managers["server03"].broken = True
    managers.upgrade()
    assert not managers["server03"].broken
    assert installs(managers) == []
    assert managers.is_at_rest()


def test_the_hook_fails_so_nothing_is_upgraded() -> None:
    managers = offered(HOOKS)
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped, match="`stop-app` failed on server03"):
        managers.upgrade()
    assert installs(managers) == []


def test_a_new_keepalived_that_does_not_start_stays_out_of_service() -> None:
    managers = offered()
    managers["server03"].starts = False
    with pytest.raises(Stopped, match="keepalived is failed on server03"):
        managers.upgrade()
    assert installs(managers) == ["server03"]
    assert managers.holder() == "server01"
    managers["server03"].starts = True
    managers.by_hand("server03", "systemctl start keepalived.service")
    managers.upgrade()
    assert managers.is_at_rest()


def test_the_whole_system_is_upgraded_and_what_can_be_is_restarted() -> None:
    managers = Managers()
    for server in managers.world.servers.values():
        server.pending, server.stale = ["libc6"], ["cron.service", "dbus.service"]
    managers.upgrade(everything=True)
    restarted = [text for text in managers.told("server02") if text.startswith("systemctl try-restart")]
    assert restarted == ["systemctl try-restart cron.service"]
    assert "server02: dbus.service still run with replaced files until the next boot" in managers.said
    assert [server.pending for server in managers.world.servers.values()] == [[], [], []]
    assert managers.is_at_rest()


def test_a_keepalived_that_runs_with_replaced_files_is_restarted_out_of_service() -> None:
    managers = Managers()
    managers["server01"].stale = ["keepalived.service", "cron.service"]
    managers.upgrade()
    restarted = [text for text in managers.told() if text.startswith("systemctl try-restart")]
    assert restarted == ["systemctl try-restart keepalived.service"]
    assert managers.is_at_rest()


def test_a_node_that_asks_for_a_reboot_is_told_of() -> None:
    managers = offered()
    managers["server02"].kernel_asks = True
    managers.upgrade()
    assert any(
        said.startswith("server02: asks for a reboot (kernel 6.1.0-28-amd64 is installed") for said in managers.said
    )


def test_a_drain_of_an_operator_lasts_over_the_upgrade() -> None:
    managers = offered()
    managers.drain("server01")
    managers.upgrade()
    assert managers.drained() == ["server01"]
    assert managers.checkpoints() == []
    assert managers.holder() == "server02"


def test_the_only_node_is_not_upgraded() -> None:
    managers = offered(text=ALONE)
    with pytest.raises(NothingDone, match="no node would be left to serve"):
        managers.upgrade()


def test_the_only_node_is_upgraded_with_force() -> None:
    managers = offered(text=ALONE)
    managers.upgrade(force=True)
    assert installed(managers) == {NEW}
    assert managers.is_at_rest()


def test_a_node_that_dies_under_apt_stops_the_run() -> None:
    managers = offered()
    managers.world.at("^apt-get", managers.dies("server03"))
    with pytest.raises(Stopped, match="server03 does not answer any more"):
        managers.upgrade()
    managers.boot("server03")
    managers.upgrade()
    assert installed(managers) == {NEW}
    assert managers.is_at_rest()


def held(*rest: str) -> Managers:
    """Managers on which apt holds keepalived, and knows a newer one."""
    managers = offered(*rest)
    for server in managers.world.servers.values():
        server.held, server.pending = True, ["libc6", "keepalived"]
    return managers


@pytest.mark.parametrize("everything", [False, True])
def test_what_the_cluster_file_holds_is_upgraded_and_held_again(everything: bool) -> None:
    managers = held("host: {hold: true}")
    managers.upgrade(everything=everything)
    assert installed(managers) == {NEW}
    assert all(server.held for server in managers.world.servers.values())
    assert managers.is_at_rest()


def test_what_somebody_else_holds_is_left_alone_and_told() -> None:
    managers = held()
    with pytest.raises(
        Stopped, match=r"apt holds keepalived on server03\. Run `apt-mark unhold keepalived` there, or set"
    ):
        managers.upgrade()
    assert (installs(managers), managers.drained()) == ([], [])
    managers.upgrade(everything=True)
    assert installed(managers) == {OLD}
    assert all(server.pending == ["keepalived"] for server in managers.world.servers.values())
