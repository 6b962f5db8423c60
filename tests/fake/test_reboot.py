"""Reboots, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from keepalived.spec import paths
from keepalived.spec.flag import content
from tests.fake.runs import Managers
from tests.fake.shell import Result
from tests.fake.world import OperatorGone
from tests.unit.cluster_states import ALONE, FLAG, TWO

LOWEST_FIRST = ["server03", "server02", "server01"]
HOOKS = "maintenance: {before: [stop-app], after: [start-app], healthy: {command: app-is-up, timeout: 60}}"
PAIR = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n" + TWO.partition("\n")[2]


def test_each_node_is_rebooted_once_and_the_holder_last() -> None:
    managers = Managers()
    managers.reboot()
    assert managers.rebooted() == LOWEST_FIRST
    assert [managers[name].boots for name in managers.cluster.nodes] == [2, 2, 2]
    assert managers.is_at_rest()


def test_a_node_is_out_of_service_when_it_is_told_to_reboot_and_back_before_the_next() -> None:
    managers = Managers()
    out: list[list[str]] = []
    managers.world.at("^systemctl reboot", lambda: out.append(managers.drained()), again=True)
    managers.reboot()
    assert out == [["server03"], ["server02"], ["server01"]]


def test_only_the_node_that_is_named_is_rebooted() -> None:
    managers = Managers()
    managers.reboot("server01")
    assert managers.rebooted() == ["server01"]
    assert managers.is_at_rest()


def test_only_nodes_that_ask_for_it_are_rebooted() -> None:
    managers = Managers()
    managers["server02"].kernel_asks = True
    managers.reboot(required=True)
    assert managers.rebooted() == ["server02"]
    managers.world.commands.clear()
    managers.reboot(required=True)
    assert managers.told() == []
    assert managers.is_at_rest()


def test_a_reason_is_in_the_flag_and_the_journal_tells_both_ends() -> None:
    managers = Managers()
    managers.world.at("^systemctl reboot", lambda: managers.said.append(managers["server03"].read(FLAG) or ""))
    managers.reboot("server03", reason="kernel")
    assert any("run: reboot\n" in said and "reason: kernel\n" in said for said in managers.said)
    words = [words.partition(" by ")[0] for _, words in managers.world.journal]
    assert words == ["taken out of service for reboot", "back after reboot"]


def test_the_hook_fails_so_no_reboot_is_ordered() -> None:
    managers = Managers(HOOKS)
    managers.world.at("stop-app", managers.fails("app is busy"))
    with pytest.raises(Stopped, match=r"`stop-app` failed on server03. server03 stays out of service") as stopped:
        managers.reboot()
    assert "server03: app is busy" in managers.said
    assert managers.rebooted() == []
    assert managers.drained() == ["server03"]
    assert managers.holder() == "server01"
    assert "pyinfra inventory.py tasks/reboot.py\n" in str(stopped.value)
    assert str(stopped.value).endswith("pyinfra inventory.py tasks/restore.py --limit server03")


def test_what_the_hook_has_stopped_is_continued_by_the_next_run() -> None:
    managers = Managers(HOOKS)
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped):
        managers.reboot()
    managers.reboot()
    assert managers.rebooted() == LOWEST_FIRST
    assert managers.is_at_rest()


def test_hooks_run_around_the_reboot_and_know_the_node() -> None:
    managers = Managers(HOOKS)
    managers.world.at("^systemctl reboot", lambda: managers.world.hooks.append(("", "", "reboot")))
    managers.reboot("server02")
    assert managers.world.hooks == [
        ("server02", "server02", "stop-app"),
        ("", "", "reboot"),
        ("server02", "server02", "start-app"),
        ("server02", "server02", "app-is-up"),
    ]


def test_a_hook_for_another_node_runs_on_the_one_that_has_taken_over() -> None:
    managers = Managers("maintenance: {before: [{command: tell-app, on: another}]}")
    managers.reboot("server01")
    assert managers.world.hooks == [("server02", "server01", "tell-app")]


def test_a_hook_for_another_node_has_none_to_run_on() -> None:
    managers = Managers("maintenance: {before: [{command: tell-app, on: another}]}", text=PAIR)
    managers.drain("server02")
    with pytest.raises(Stopped, match="there is no other node that can serve, to run `tell-app` on"):
        managers.reboot("server01", force=True)
    assert managers.rebooted() == []


def test_the_hook_after_the_reboot_fails_so_the_node_stays_out_of_service() -> None:
    managers = Managers(HOOKS)
    managers.world.at("start-app", managers.fails())
    with pytest.raises(Stopped, match=r"`start-app` failed on server03. server03 stays out of service"):
        managers.reboot()
    assert managers.rebooted() == ["server03"]
    assert managers.drained() == ["server03"]


def test_a_node_that_has_been_rebooted_is_only_put_back_by_the_next_run() -> None:
    managers = Managers(HOOKS)
    managers.world.at("start-app", managers.fails())
    with pytest.raises(Stopped):
        managers.reboot()
    managers.reboot()
    assert managers.rebooted() == LOWEST_FIRST
    assert managers.is_at_rest()


def test_a_node_that_is_not_healthy_stays_out_of_service() -> None:
    managers = Managers(HOOKS)
    managers.world.at("app-is-up", managers.fails("503"), again=True)
    with pytest.raises(Stopped, match=r"Not within 60 s. Last seen: `app-is-up` fails and says: 503. server03 stays"):
        managers.reboot()
    assert managers.rebooted() == ["server03"]
    assert managers.drained() == ["server03"]


def test_a_node_that_becomes_healthy_is_waited_for() -> None:
    managers = Managers(HOOKS)
    for _ in range(3):
        managers.world.at("app-is-up", managers.fails())
    managers.reboot()
    assert managers.is_at_rest()


def test_a_node_that_does_not_come_back_stops_the_run_and_the_others_serve() -> None:
    managers = Managers()
    managers["server03"].boots_in = None
    began = managers.world.now
    with pytest.raises(Stopped, match=r"Not within 600 s. Last seen: server03 does not answer") as stopped:
        managers.reboot()
    assert managers.world.now - began > 600
    assert "server03 is out of service, the others serve. See its console" in str(stopped.value)
    assert managers.rebooted() == ["server03"]
    assert managers.holder() == "server01"


def test_a_node_that_comes_back_later_is_put_back_by_the_next_run() -> None:
    managers = Managers()
    managers["server03"].boots_in = None
    with pytest.raises(Stopped):
        managers.reboot()
    managers.boot("server03")
    managers.reboot()
    assert managers.rebooted() == LOWEST_FIRST
    assert managers.is_at_rest()


def test_a_node_that_refuses_to_reboot_stops_the_run() -> None:
    managers = Managers()
    managers["server03"].reboots_when_told = False
    with pytest.raises(Stopped, match="server03 does not reboot: Call to Reboot failed: Operation inhibited"):
        managers.reboot()
    assert managers.rebooted() == ["server03"]
    assert managers.drained() == ["server03"]


def test_a_drain_of_an_operator_lasts_over_the_reboot() -> None:
    managers = Managers()
    managers.drain("server01", reason="disk")
    managers.reboot()
    assert managers.drained() == ["server01"]
    assert managers.holder() == "server02"
    assert managers.checkpoints() == []


def test_a_drain_until_the_reboot_ends_once_the_node_is_healthy() -> None:
    managers = Managers(HOOKS)
    managers.drain("server01", until="reboot")
    managers.world.at("app-is-up", lambda: managers.said.append(f"healthy: {managers.drained()}"), on="server01")
    managers.reboot("server01")
    assert "healthy: ['server01']" in managers.said
    assert managers.is_at_rest()


def test_a_drain_of_a_node_that_a_run_has_left_is_not_undone() -> None:
    managers = Managers()
    managers.world.at("^rm ", managers.operator_dies, on="server03")
    with pytest.raises(OperatorGone):
        managers.reboot("server03")
    managers.drain("server03", reason="disk")
    managers.reboot("server03")
    assert managers.drained() == ["server03"]
    assert managers.checkpoints() == []


def test_a_service_that_fails_at_the_boot_stops_the_run() -> None:
    managers = Managers()
    managers["server03"].fails_at_boot = ["app.service"]
    with pytest.raises(Stopped, match=r"app.service failed since the boot. See why on server03:") as stopped:
        managers.reboot()
    assert "\n    journalctl -u app.service -b\nserver03 stays out of service." in str(stopped.value)
    assert managers.drained() == ["server03"]


def test_a_service_that_had_failed_before_does_not() -> None:
    managers = Managers()
    managers["server03"].failed = managers["server03"].fails_at_boot = ["app.service"]
    managers.reboot()
    assert managers.is_at_rest()


def test_a_boot_that_is_under_way_is_waited_for() -> None:
    managers = Managers()
    server = managers["server03"]

    def starts() -> None:
        server.system = "starting"
        managers.world.later(60, lambda: setattr(server, "system", "running"))

    managers.world.at("^systemctl reboot", starts, on="server03")
    managers.reboot()
    assert managers.is_at_rest()


def test_a_daemon_that_is_not_started_at_boot_is_refused() -> None:
    managers = Managers()
    managers["server02"].enabled = False
    with pytest.raises(NothingDone, match="keepalived is not enabled on server02 and would not come back"):
        managers.reboot()
    assert managers.told() == []


def test_a_daemon_that_does_not_come_back_stops_the_run() -> None:
    managers = Managers()
    managers.world.at("^systemctl reboot", lambda: setattr(managers["server03"], "starts", False), on="server03")
    with pytest.raises(Stopped, match="keepalived is failed on server03"):
        managers.reboot()
    assert managers.rebooted() == ["server03"]


def test_the_only_node_is_not_rebooted() -> None:
    managers = Managers(text=ALONE)
    with pytest.raises(NothingDone, match="no node would be left to serve"):
        managers.reboot()


def test_the_only_node_is_rebooted_with_force() -> None:
    managers = Managers(text=ALONE)
    managers.reboot(force=True)
    assert managers.rebooted() == ["server01"]
    assert any("clients will notice" in said for said in managers.said)
    assert managers.is_at_rest()


def test_force_takes_the_address_from_nobody_before_another_has_it() -> None:
    managers = Managers()
    managers.reboot(force=True)
    assert managers.is_at_rest()


def test_the_last_node_that_serves_is_not_taken_out_of_service() -> None:
    managers = Managers(text=PAIR)
    managers.world.at("^mv .*releasevip", lambda: managers.world.crash(managers["server02"]), on="server01")
    with pytest.raises(Stopped, match="server01 was not drained, its flag was removed again: no node would be left"):
        managers.reboot()
    assert managers.rebooted() == ["server02"]
    assert managers.holder() == "server01"


def test_the_other_node_dies_while_the_hook_runs_so_no_reboot_is_ordered() -> None:
    managers = Managers(HOOKS, text=PAIR)
    managers.world.at("stop-app", lambda: managers.world.crash(managers["server01"]), on="server02")
    with pytest.raises(Stopped, match="still holds"):
        managers.reboot()
    assert managers.rebooted() == []
    assert managers.holder() == "server02"


def test_who_has_been_rebooted_meanwhile_is_not_rebooted_again() -> None:
    managers = Managers(HOOKS)

    def somebody_reboots_it() -> None:
        managers["server03"].reboot()
        managers.boot("server03")

    managers.world.at("stop-app", lambda: managers.world.later(0.01, somebody_reboots_it), on="server03")
    managers.reboot("server03")
    assert "server03: it has been rebooted meanwhile, by somebody else" in managers.said
    assert managers.rebooted() == []
    assert managers.is_at_rest()


def test_who_has_been_restored_meanwhile_is_left_alone() -> None:
    managers = Managers()
    managers.world.at("^systemctl reboot", lambda: managers.by_hand("server02", f"rm -f {paths.CHECKPOINT}"))
    with pytest.raises(Stopped, match="somebody has put server02 back in service meanwhile: nothing was done to it"):
        managers.reboot()
    assert managers.rebooted() == ["server03"]


def test_a_run_that_was_cut_short_goes_on_where_it_stopped() -> None:
    managers = Managers()
    managers.world.at("^systemctl reboot", managers.operator_dies, on="server02")
    with pytest.raises(OperatorGone):
        managers.reboot()
    managers.wait()
    assert managers.holder() == "server01"
    managers.reboot()
    assert managers.rebooted() == ["server03", "server02", "server02", "server01"]  # told twice, rebooted once
    assert [managers[name].boots for name in managers.cluster.nodes] == [2, 2, 2]
    assert managers.is_at_rest()


def test_all_begin_anew_with_resume_no() -> None:
    managers = Managers()
    managers.world.at("^systemctl reboot", managers.operator_dies, on="server02")
    with pytest.raises(OperatorGone):
        managers.reboot()
    managers.reboot(resume=False)
    assert managers["server03"].boots == 3
    assert managers.is_at_rest()


def test_an_upgrade_that_did_not_end_is_ended_first() -> None:
    managers = Managers(HOOKS)
    managers["server03"].offered.insert(0, "1:2.2.8-1")
    managers.world.at("stop-app", managers.fails())
    with pytest.raises(Stopped):
        managers.upgrade("server03")
    with pytest.raises(NothingDone, match=r"the upgrade of server03 that .* began at .* has not ended"):
        managers.reboot()


def test_a_node_that_an_earlier_run_has_left_comes_first() -> None:
    managers = Managers()
    managers["server01"].write(FLAG, content(run="reboot"))
    managers.wait()
    managers.reboot()
    assert managers.rebooted()[0] == "server01"
    assert managers.is_at_rest()


def test_a_command_that_is_refused_says_its_last_words() -> None:
    managers = Managers(HOOKS)
    managers.world.at("stop-app", lambda: Result(1, out="a\nb\n", err="c\n"))
    with pytest.raises(Stopped):
        managers.reboot()
    assert managers.said[-3:] == ["server03: a", "server03: b", "server03: c"]
