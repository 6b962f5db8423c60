"""Removals, as an operator sees them, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.runs import Managers
from tests.unit.cluster_states import ALONE, FLAG, TWO

PAIR = "nodes: {server01: 10.10.0.3, server02: 10.10.0.4}\n" + TWO.partition("\n")[2]


def test_the_holder_that_is_removed_hands_over_before_it_stops() -> None:
    managers = Managers()
    held: list[str] = []
    managers.world.at("^systemctl disable", lambda: held.append(managers.holder()))
    managers.remove("server01")
    assert held == ["server02"]
    assert managers["server01"].daemon is None
    assert not managers["server01"].enabled
    assert managers["server01"].files == {}


def test_a_node_that_is_removed_says_so_in_its_journal() -> None:
    managers = Managers()
    managers.remove("server03")
    assert managers.world.journal[-1] == ("server03", "removed from the cluster")


def test_the_others_are_deployed_without_it() -> None:
    managers = Managers()
    managers.remove("server01")
    managers.edit("server01: 10.10.0.3, ", "")
    managers.deploy()
    assert managers.restarted() == []
    assert managers.is_at_rest()


def test_a_second_removal_does_nothing() -> None:
    managers = Managers()
    managers.remove("server03")
    managers.world.commands.clear()
    managers.remove("server03")
    assert managers.told() == []


def test_the_only_node_is_not_removed() -> None:
    managers = Managers(text=ALONE)
    with pytest.raises(NothingDone, match="no node would be left"):
        managers.remove("server01")
    assert managers.told() == []


def test_all_are_removed_with_force() -> None:
    managers = Managers()
    managers.remove(force=True)
    assert [server.daemon for server in managers.world.servers.values()] == [None, None, None]


def test_the_last_one_in_service_is_not_removed() -> None:
    managers = Managers(text=PAIR)
    managers.drain("server02")
    with pytest.raises(NothingDone, match=r"no node would be left to serve .*: server01 is to be drained, server02 is"):
        managers.remove("server01")


def test_who_has_become_the_last_one_meanwhile_is_not_stopped() -> None:
    managers = Managers(text=PAIR)
    managers.world.at("^mv ", lambda: managers.drain_by_hand("server02"))
    with pytest.raises(Stopped, match="server01 was not drained, its flag was removed again"):
        managers.remove("server01")
    assert managers.holder() == "server01"


def test_a_drain_that_cannot_be_set_keeps_it_from_being_stopped() -> None:
    managers = Managers()
    managers.world.at("^mv ", managers.fails())
    with pytest.raises(Stopped, match="setting the flag failed on server01"):
        managers.remove("server01")
    assert managers.holder() == "server01"


def test_a_node_whose_daemon_is_down_is_disabled() -> None:
    managers = Managers()
    managers.by_hand("server02", "systemctl stop keepalived.service")
    managers.remove("server02")
    assert not managers["server02"].enabled
    assert FLAG not in managers["server02"].files
    assert managers.holder() == "server01"
