"""The swarm's part of a reboot or an upgrade, as an operator sees it, on a simulated cluster."""

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers
from tests.fake.server import Server
from tests.fake.world import OperatorGone

SWARM = "maintenance: {swarm: true}"
ALL_ACTIVE = {"server01": "Active", "server02": "Active", "server03": "Active"}


def swarming(*, hooks: str = "") -> Managers:
    """Three managers, with two tasks of a service."""
    managers = Managers(SWARM.replace("}", f"{hooks}}}"))
    managers.world.swarm.serve("web", "server02", "server03")
    return managers


def services_run(managers: Managers) -> bool:
    managers.wait()
    return all(task.runs for task in managers.world.swarm.tasks)


def test_a_nodes_tasks_run_elsewhere_before_it_is_rebooted() -> None:
    managers = swarming()
    here: list[list[str]] = []
    managers.world.at("^systemctl reboot", lambda: here.append(managers.world.swarm.on("server03")), on="server03")
    managers.reboot()
    assert here == [[]]
    assert "server03: no task runs here any more" in managers.said
    assert services_run(managers)
    assert managers.is_at_rest()


def test_a_node_gets_its_availability_back_before_the_address() -> None:
    managers = swarming()
    seen: list[str] = []
    managers.world.at("^rm ", lambda: seen.append(managers.world.swarm.availability["server03"]), on="server03")
    managers.reboot("server03")
    assert seen[0] == "Active"
    assert managers.world.swarm.availability == ALL_ACTIVE


def test_a_new_leader_that_does_not_know_the_others_yet_is_waited_for() -> None:
    managers = swarming()
    managers.world.swarm.status["server02"] = "Unknown"

    def reports() -> None:
        managers.world.swarm.status["server02"] = "Ready"

    managers.world.later(20, reports)
    managers.reboot("server03")
    assert "server03: the swarm knows all its members" in managers.said
    assert managers.rebooted() == ["server03"]
    assert services_run(managers)


def test_the_leader_comes_last() -> None:
    managers = swarming()
    managers.world.swarm.leader = "server03"
    managers.reboot()
    assert managers.rebooted() == ["server02", "server01", "server03"]
    assert managers.is_at_rest()


def test_another_manager_is_asked_never_the_node_itself() -> None:
    managers = swarming()
    managers.reboot()
    asked = [(told.node, told.text.split()[-1]) for told in managers.world.commands if told.text.startswith("docker")]
    assert len(asked) == 6
    assert all(f"id-{where}" != node for where, node in asked)


def test_a_manager_without_which_the_quorum_is_lost_is_not_rebooted() -> None:
    managers = swarming()
    managers.world.swarm.lost(managers["server01"])
    with pytest.raises(NothingDone, match="the swarm would lose its quorum: without server02 it has 1 of 3 managers"):
        managers.reboot("server02")
    assert managers.told() == []


def test_a_manager_is_lost_meanwhile_so_no_reboot_is_ordered() -> None:
    managers = swarming(hooks=", before: [stop-app]")
    managers.world.at("stop-app", lambda: managers.world.swarm.lost(managers["server02"]))
    with pytest.raises(Stopped, match="the swarm would lose its quorum"):
        managers.reboot("server03")
    assert managers.rebooted() == []
    assert managers.world.swarm.availability["server03"] == "Drain"
    managers.world.swarm.found(managers["server02"])
    managers.wait()
    managers.reboot("server03")
    assert managers.is_at_rest()


def test_a_manager_is_lost_before_its_turn_so_it_is_not_drained_in_the_swarm() -> None:
    managers = swarming()
    managers.world.at("^mv .*releasevip", lambda: managers.world.swarm.lost(managers["server02"]), on="server03")
    with pytest.raises(Stopped, match="the swarm would lose its quorum"):
        managers.reboot("server03")
    assert managers.world.swarm.availability == ALL_ACTIVE


def test_a_task_that_fits_on_no_other_node_waits_for_this_one() -> None:
    managers = swarming()
    managers.world.swarm.serve("disk", "server03", only=frozenset({"server03"}))
    managers.reboot("server03")
    assert "server03: no task runs here any more (disk.1 fits on no other node and waits for this one)" in managers.said
    assert managers.world.swarm.on("server03") == ["disk.1"]
    assert managers.is_at_rest()


def test_tasks_that_do_not_move_keep_the_node_from_being_rebooted() -> None:
    managers = swarming()
    managers.world.at("^docker", lambda: keep_tasks(managers))
    with pytest.raises(
        Stopped, match=r"Not within 300 s. Last seen: web.2 still runs here. server03 stays out of service"
    ):
        managers.reboot("server03")
    assert managers.rebooted() == []


def keep_tasks(managers: Managers) -> None:
    """The swarm moves no task any more."""
    managers.world.swarm._schedule = lambda: None  # type: ignore[method-assign]


def test_a_paused_node_is_paused_again() -> None:
    managers = swarming()
    managers.world.swarm.availability["server03"] = "Pause"
    managers.reboot("server03")
    assert managers.world.swarm.availability["server03"] == "Pause"


def test_docker_refuses_so_no_reboot_is_ordered() -> None:
    managers = swarming()
    managers.world.at("^docker", managers.fails("Error response from daemon"))
    with pytest.raises(Stopped, match="`docker node update --availability drain` failed on server01"):
        managers.reboot("server03")
    assert managers.rebooted() == []
    managers.reboot("server03")
    assert managers.is_at_rest()


def test_unknown_is_not_ready() -> None:
    managers = swarming()
    swarm = managers.world.swarm

    def is_unknown(server: Server) -> None:
        swarm.status[server.name] = "Unknown"
        managers.world.later(100, lambda: swarm._ready(server))

    def is_unknown_for_a_while() -> None:
        swarm.found = is_unknown  # type: ignore[method-assign]

    managers.world.at("^systemctl reboot", is_unknown_for_a_while)
    managers.reboot("server03")
    assert any("still waiting: server03 is Unknown in the swarm" in said for said in managers.said)
    assert managers.is_at_rest()


def test_a_node_that_the_swarm_does_not_have_back_stays_out_of_service() -> None:
    managers = swarming()
    managers.world.swarm.found = lambda server: None  # type: ignore[method-assign]
    with pytest.raises(
        Stopped, match=r"Not within 180 s. Last seen: server03 is Down in the swarm. server03 stays out"
    ):
        managers.reboot("server03")
    assert managers.drained() == ["server03"]


def test_a_run_that_was_cut_short_gives_back_what_the_first_one_has_found() -> None:
    managers = swarming()
    managers.world.at("^systemctl reboot", managers.operator_dies)
    with pytest.raises(OperatorGone):
        managers.reboot("server03")
    assert managers.world.swarm.availability["server03"] == "Drain"
    managers.reboot("server03")
    assert managers.world.swarm.availability == ALL_ACTIVE
    assert services_run(managers)
    assert managers.is_at_rest()


def test_an_upgrade_leaves_the_swarm_and_comes_back_as_a_reboot_does() -> None:
    managers = swarming()
    managers["server03"].offered = [NEW, OLD]
    here: list[list[str]] = []
    managers.world.at("^apt-get", lambda: here.append(managers.world.swarm.on("server03")))
    managers.upgrade()
    assert here == [[]]
    assert managers.world.swarm.availability == ALL_ACTIVE
    assert managers.is_at_rest()


def test_a_cluster_without_a_swarm_sees_no_docker_command() -> None:
    managers = Managers()
    managers.reboot()
    assert not any("docker" in text for text in managers.told())
