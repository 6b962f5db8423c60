"""Drains, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from keepalived.spec.flag import content
from tests.fake.runs import Managers
from tests.unit.cluster_states import FLAG, TWO, VIP

PAIR = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n" + TWO.partition("\n")[2]


def test_the_holder_that_is_drained_hands_over() -> None:
    managers = Managers()
    managers.drain("server01")
    assert managers.holder() == "server02"
    assert "server01: 10.10.0.2: server01 → server02 in" in managers.said[-1]


def test_a_backup_that_is_drained_moves_nothing() -> None:
    managers = Managers()
    managers.drain("server02")
    assert managers.holder() == "server01"
    assert managers.said == ["server02: drained, holds nothing; 10.10.0.2 is held by server01"]


def test_a_second_drain_changes_nothing() -> None:
    managers = Managers()
    managers.drain("server01", reason="kernel")
    managers.world.commands.clear()
    managers.drain("server01", reason="kernel")
    managers.drain("server01")
    assert managers.told() == []


def test_a_drain_says_who_and_why_in_the_flag_and_in_the_journal() -> None:
    managers = Managers()
    managers.drain("server01", reason="it's the disk; & more")
    assert "\nreason: it's the disk; & more\n" in (managers["server01"].read(FLAG) or "")
    node, words = managers.world.journal[-1]
    assert node == "server01"
    assert words.startswith("drained by ")
    assert words.endswith("(it's the disk; & more)")


def test_a_new_reason_replaces_the_old_one_and_the_node_is_drained_since_before() -> None:
    managers = Managers()
    managers.drain("server01", reason="kernel")
    since = managers["server01"].files[FLAG].time
    managers.wait(100)
    managers.drain("server01", reason="disk")
    assert managers["server01"].files[FLAG].time == since
    assert "\nreason: disk\n" in (managers["server01"].read(FLAG) or "")
    assert managers.holder() == "server02"


def test_a_drain_until_the_reboot_ends_with_it() -> None:
    managers = Managers()
    managers.drain("server01", until="reboot")
    managers.by_hand("server01", "systemctl restart keepalived.service")
    managers.wait()
    assert managers.holder() == "server02"
    managers["server01"].reboot()
    managers.wait(60)
    assert managers.is_at_rest()


def test_what_the_operator_does_not_say_anew_stays_as_it_is() -> None:
    managers = Managers()
    managers.drain("server01", until="reboot", reason="kernel")
    managers.drain("server01", reason="disk")
    assert (managers["server01"].read(FLAG) or "").endswith("reason: disk\nuntil: reboot\n")


def test_two_of_three_may_be_drained() -> None:
    managers = Managers()
    managers.drain("server01", "server02")
    assert managers.holder() == "server03"


def test_all_of_them_may_not() -> None:
    managers = Managers()
    with pytest.raises(NothingDone, match="no node would be left to serve"):
        managers.drain()
    assert managers.told() == []


def test_all_of_them_may_with_force_and_the_holder_tells_that_it_keeps_the_address() -> None:
    managers = Managers()
    with pytest.raises(Stopped, match=r"server01 still holds 10.10.0.2: no other node can take over \(server02 is"):
        managers.drain(force=True)
    assert managers.drained() == ["server01", "server02", "server03"]
    assert managers.holder() == "server01"


def test_the_last_one_is_put_back_when_somebody_else_was_quicker() -> None:
    managers = Managers(text=PAIR)
    managers.world.at("^mv ", lambda: managers.drain_by_hand("server02"))
    with pytest.raises(Stopped, match="server01 was not drained, its flag was removed again: no node would be left"):
        managers.drain("server01")
    assert managers.drained() == ["server02"]
    assert managers.holder() == "server01"


def test_a_daemon_that_is_slow_to_tell_its_state_is_no_reason_to_put_it_back() -> None:
    managers = Managers(text=PAIR)

    def is_silent_for_a_moment() -> None:
        managers["server02"].silent_until = managers.world.now + 1

    managers.world.at("^mv ", is_silent_for_a_moment)
    managers.drain("server01")
    assert managers.holder() == "server02"


def test_a_node_in_fault_could_not_take_over() -> None:
    managers = Managers(text=PAIR)
    managers["server02"].network = False
    managers.wait(1)
    with pytest.raises(NothingDone, match="VI_1 is in state FAULT on server02"):
        managers.drain("server01")


def test_a_node_without_keepalived_is_not_drained() -> None:
    with pytest.raises(NothingDone, match="not installed"):
        Managers(fresh=True).drain("server01")


def test_a_node_that_dies_while_it_is_drained_stops_the_run() -> None:
    managers = Managers()
    managers.world.at("^mv ", managers.dies("server01"))
    with pytest.raises(Stopped, match="server01 does not answer any more"):
        managers.drain("server01")
    managers.wait()
    assert managers.holder() == "server02"


def test_a_flag_that_cannot_be_written_stops_the_run() -> None:
    managers = Managers()
    managers.world.at("^mv ", managers.fails("Read-only file system"))
    with pytest.raises(Stopped, match="setting the flag failed on server01"):
        managers.drain("server01")
    assert "server01: Read-only file system" in managers.said
    assert managers.holder() == "server01"


def test_a_flag_that_the_daemon_does_not_look_at_is_waited_for_in_vain() -> None:
    managers = Managers()
    managers.write(f"{managers.file}drain: {{flag: /var/lib/keepalived/other}}\n")
    with pytest.raises(Stopped, match=r"Not seen within \d+ s. Last seen: still holds"):
        managers.drain("server01")


def test_the_drain_of_a_run_becomes_the_operators() -> None:
    managers = Managers()
    managers["server01"].write(FLAG, content(run="deploy"))
    managers.drain("server01", reason="kernel")
    assert "run:" not in (managers["server01"].read(FLAG) or "")
    managers.deploy()
    assert managers.drained() == ["server01"]


def test_a_node_whose_daemon_is_down_can_be_drained() -> None:
    managers = Managers()
    managers.by_hand("server01", "systemctl stop keepalived.service")
    managers.wait()
    managers.drain("server01")
    assert "drained, holds nothing (keepalived is inactive here)" in managers.said[-1]


@pytest.mark.parametrize("check", ["script", "file"])
def test_all_addresses_move_whatever_the_check(check: str) -> None:
    managers = Managers(f"drain: {{check: {check}}}", text=TWO)
    managers.drain("server01")
    assert [managers.holder(VIP), managers.holder("10.10.0.9")] == ["server02", "server02"]
    managers.restore()
    assert managers.is_at_rest()
