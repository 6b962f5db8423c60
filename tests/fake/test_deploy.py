"""Deploys, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.observed import report
from keepalived.operations.change import deploy_node
from keepalived.run.turn import Stopped
from keepalived.spec import paths
from keepalived.spec.flag import content
from tests.fake.runs import Managers
from tests.unit.cluster_states import ALONE, FLAG, ONE, VIP

ADDRESS = ("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]")  # nodes before and after it reject each other's adverts
SLOWER = ("instances:", "advert_int: 1\ninstances:")  # all accept each other's adverts
LOWEST_FIRST = ["server03", "server02", "server01"]
THREE = ["server01", "server02", "server03"]


def test_the_first_deploy_starts_the_best_node_first() -> None:
    managers = Managers(fresh=True)
    managers.deploy()
    assert managers.restarted() == THREE
    assert managers.is_at_rest()


def test_a_second_deploy_changes_nothing() -> None:
    managers = Managers()
    managers.deploy()
    assert managers.told() == []
    assert managers.is_at_rest()


def test_a_change_restarts_the_holder_last_once_it_has_handed_over() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers.deploy()
    assert managers.restarted() == LOWEST_FIRST
    assert "server01: holds 10.10.0.2: handing over before the restart" in managers.said
    assert managers.is_at_rest()


def test_a_configuration_that_could_not_be_read_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST", 1000)
    managers = Managers()
    managers.edit(*SLOWER)
    with pytest.raises(NothingDone, match=r"server01: its new keepalived\.conf would have 256 KiB or more"):
        managers.deploy()
    assert managers.restarted() == []


def test_a_change_by_reload_moves_no_address() -> None:
    managers = Managers("on_change: reload")
    managers.edit(*SLOWER)
    managers.deploy()
    assert (managers.restarted(), managers.reloaded()) == ([], LOWEST_FIRST)
    assert not any("→" in words for words in managers.said)
    assert managers.is_at_rest()


def test_what_a_reload_cannot_carry_is_done_by_a_restart() -> None:
    managers = Managers("on_change: reload")
    managers.edit("51,", "52,")
    managers.deploy()
    assert (sorted(managers.restarted()), managers.reloaded()) == (THREE, [])
    assert managers.is_at_rest()


def test_another_address_has_a_holder_before_the_old_holder_restarts() -> None:
    managers = Managers()
    managers.edit(*ADDRESS)
    managers.deploy()
    assert managers.restarted() == ["server02", "server03", "server01"]
    assert managers.is_at_rest()


def test_a_flag_that_drains_nothing_does_not_block_a_hand_over() -> None:
    managers = Managers("drain: {check: file}")
    managers["server01"].write(FLAG, "0\n")
    managers.edit(*SLOWER)
    managers.deploy()
    assert managers.restarted() == LOWEST_FIRST
    assert managers.is_at_rest()


def test_other_priorities_are_reloaded() -> None:
    managers = Managers()
    managers.edit("instances:", "priority_step: 10\ninstances:")
    managers.deploy()
    raised_first = ["server01", "server03", "server02"]  # the holder: no other one may outrank it meanwhile
    assert (managers.restarted(), managers.reloaded()) == ([], raised_first)
    assert managers.is_at_rest()


def test_a_node_that_joins_is_started_and_the_others_are_only_reloaded() -> None:
    managers = Managers()
    managers.edit("server03: 10.10.0.5}", "server03: 10.10.0.5, server04: 10.10.0.6}")
    managers.deploy()
    assert (managers.restarted(), managers.reloaded()) == (["server04"], LOWEST_FIRST)
    assert managers.is_at_rest()


def test_a_unicast_node_that_joins_is_started_once_the_others_know_it() -> None:
    managers = Managers(text=ONE.replace("51,", "51, unicast: true,"))
    managers.edit("server03: 10.10.0.5}", "server03: 10.10.0.5, server04: 10.10.0.6}")
    managers.deploy()
    assert managers.restarted() == [*LOWEST_FIRST, "server04"]
    assert managers.is_at_rest()


def test_daemons_that_run_with_another_drop_in_are_restarted() -> None:
    managers = Managers()
    for name in THREE:
        managers[name].daemon.drop_in = "[Service]\n"  # type: ignore[union-attr]
    managers.deploy()
    assert managers.restarted() == LOWEST_FIRST
    assert managers.is_at_rest()


def test_a_comment_in_the_file_is_replaced_and_no_daemon_touched() -> None:
    managers = Managers()
    managers["server02"].write(paths.CONFIGURATION, managers.text_of("server02") + "# by hand\n")
    managers.deploy()
    assert [text.split()[0] for text in managers.told()] == ["mv", "chown", "chmod"]
    assert managers.is_at_rest()


def test_a_daemon_that_is_down_is_started() -> None:
    managers = Managers()
    managers.by_hand("server03", "systemctl stop keepalived.service")
    managers.deploy()
    assert managers.restarted() == ["server03"]
    assert managers.is_at_rest()


def test_a_deploy_does_not_undo_a_drain() -> None:
    managers = Managers()
    managers.drain("server01")
    managers.edit(*SLOWER)
    managers.deploy()
    assert managers.restarted() == ["server03", "server01", "server02"]
    assert managers.drained() == ["server01"]
    assert managers.holder() == "server02"


def test_a_drain_meanwhile_is_not_undone_either() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers.world.at("^systemctl restart", lambda: managers.drain_by_hand("server01"), on="server01")
    managers.deploy()
    assert managers.drained() == ["server01"]
    assert managers.holder() == "server02"


def test_what_an_earlier_deploy_has_left_drained_is_put_back() -> None:
    managers = Managers()
    managers["server01"].write(FLAG, content(run="deploy"))
    managers.wait()
    assert managers.holder() == "server02"
    managers.deploy()
    assert managers.restarted() == []
    assert managers.is_at_rest()


def test_what_a_reboot_has_left_drained_is_not() -> None:
    managers = Managers()
    managers["server02"].write(FLAG, content(run="reboot"))
    managers.deploy()
    assert managers.drained() == ["server02"]


def test_a_node_that_has_come_to_hold_the_address_hands_it_over_as_well() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers.world.at("^mv .*staged", lambda: managers.world.crash(managers["server01"]), on="server03")
    managers.world.at("^chmod", managers.wait, on="server03")
    with pytest.raises(Stopped, match="server01 does not answer any more: nothing was done to it"):
        managers.deploy()
    assert managers.restarted() == ["server03", "server02"]
    assert "server02: holds 10.10.0.2: handing over before the restart" in managers.said
    assert managers.holder() == "server02"


def test_a_daemon_that_does_not_start_stops_the_run_before_the_other_nodes() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers["server03"].starts = False
    with pytest.raises(
        Stopped, match=r"`systemctl restart keepalived` failed on server03. The nodes after this one are"
    ):
        managers.deploy()
    assert "server03: the last words of keepalived on server03" in managers.said
    assert managers.restarted() == ["server03"]
    assert managers.holder() == "server01"


def test_a_holder_whose_daemon_does_not_start_has_handed_over() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers["server01"].starts = False
    with pytest.raises(Stopped, match=r"failed on server01. The node is still drained"):
        managers.deploy()
    assert managers.drained() == ["server01"]
    managers.wait()
    assert managers.holder() == "server02"
    managers["server01"].starts = True
    managers.deploy()
    assert managers.is_at_rest()


def test_a_configuration_that_is_not_the_tested_one_is_not_put_in_place() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    before = managers["server03"].read(paths.CONFIGURATION)
    managers.stage("server03")
    managers["server03"].write(paths.STAGED, "what somebody else deploys\n")
    with pytest.raises(Stopped, match="putting the configuration in place failed on server03"):
        deploy_node(managers.turn("server03"), managers.text_of("server03"))
    assert managers["server03"].read(paths.CONFIGURATION) == before
    assert managers.restarted() == []


def test_a_node_that_does_not_answer_is_not_deployed_to() -> None:
    managers = Managers()
    managers.edit(*SLOWER)
    managers.world.at("^systemctl restart", managers.dies("server02"), on="server03")
    with pytest.raises(Stopped, match="server02 does not answer any more: nothing was done to it"):
        managers.deploy()
    assert managers.restarted() == ["server03"]
    assert managers.holder() == "server01"


def test_nobody_is_left_behind_who_would_hold_the_address_a_second_time() -> None:
    managers = Managers()
    managers.edit(*ADDRESS)
    with pytest.raises(NothingDone, match="server01 would be left out"):
        managers.deploy("server02", "server03")
    assert managers.told() == []


def test_an_address_does_not_change_its_instance_at_once() -> None:
    managers = Managers()
    managers.edit("VI_1: {virtual_router_id: 51", "VI_9: {virtual_router_id: 59")
    with pytest.raises(NothingDone, match=f"{VIP} is to go from instance VI_1 to VI_9"):
        managers.deploy()


def test_the_only_node_is_reloaded_with_a_warning() -> None:
    managers = Managers(text=ALONE)
    managers.edit(*SLOWER)
    managers.deploy()
    assert (managers.restarted(), managers.reloaded()) == ([], ["server01"])
    assert any(
        "no other node can take over, so keepalived is reloaded and not restarted" in one for one in managers.said
    )
    assert managers.is_at_rest()


def test_the_only_node_is_not_restarted_where_a_reload_does_not_carry_the_change() -> None:
    managers = Managers(text=ALONE)
    managers.edit("51,", "52,")
    with pytest.raises(NothingDone, match="there is no other node to hold"):
        managers.deploy()
    assert managers.restarted() == []


def test_the_only_node_is_restarted_with_force() -> None:
    managers = Managers(text=ALONE)
    managers.edit("51,", "52,")
    managers.deploy(force=True)
    assert managers.restarted() == ["server01"]
    assert managers.is_at_rest()


def test_a_holder_that_nobody_can_take_over_from_any_more_is_not_restarted() -> None:
    managers = Managers()
    managers.edit("51,", "52,")
    managers.stage("server01")
    for name in ("server02", "server03"):
        managers[name].network = False
    managers.wait(1)
    with pytest.raises(Stopped, match=r"server01 holds 10.10.0.2, no other node can take over, and a reload does not"):
        deploy_node(managers.turn("server01"), managers.text_of("server01"))
    assert managers.holder() == "server01"


def test_a_handing_over_that_would_leave_nobody_is_undone() -> None:
    managers = Managers()
    managers.edit(*SLOWER)

    def others_are_drained() -> None:
        for name in ("server02", "server03"):
            managers.drain_by_hand(name)

    managers.world.at("^mv ", others_are_drained, on="server01")
    with pytest.raises(Stopped, match="server01 was not drained, its flag was removed again: no node would be left"):
        managers.deploy()
    assert managers.drained() == ["server02", "server03"]
    assert managers.holder() == "server01"


def test_a_drained_node_is_drained_by_the_new_flag_too() -> None:
    managers = Managers()
    managers.drain("server01", reason="disk")
    since = managers["server01"].files[FLAG].time
    managers.write(f"{managers.file}drain: {{flag: /var/lib/keepalived/out}}\n")
    managers.deploy()
    assert managers.drained() == ["server01"]
    assert FLAG not in managers["server01"].files
    assert "reason: disk" in (managers["server01"].read("/var/lib/keepalived/out") or "")
    assert managers["server01"].files["/var/lib/keepalived/out"].time == since
    assert managers.holder() == "server02"


def test_another_kind_of_check_moves_no_drained_node_back() -> None:
    managers = Managers()
    managers.drain_by_hand("server01")
    managers.write(f"{managers.file}drain: {{check: file}}\n")
    managers.deploy()
    assert managers.drained() == ["server01"]
    assert managers.holder() == "server02"


def test_a_daemon_that_looks_at_no_flag_cannot_hand_over() -> None:
    managers = Managers()
    text = managers.text_of("server01")
    start, end = text.index("vrrp_script"), text.index("vrrp_instance")
    bare = (text[:start] + text[end:]).replace("    track_script {\n        chk_releasevip\n    }\n", "")
    managers["server01"].write(paths.CONFIGURATION, bare.replace("priority 3", "priority 200"))
    managers.by_hand("server01", "systemctl reload keepalived.service")
    managers.deploy()
    assert any("its daemon looks at no flag that this repository knows" in one for one in managers.said)
    assert (managers.restarted(), managers.reloaded()) == ([], ["server01"])
    assert managers.is_at_rest()
