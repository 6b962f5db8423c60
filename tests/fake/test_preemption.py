"""Clusters with `nopreempt`, as an operator sees them, on a simulated cluster."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from keepalived.cli.errors import NothingDone
from keepalived.run.turn import Stopped
from keepalived.spec import paths
from keepalived.spec.flag import content
from tests.fake.managers import NEW
from tests.fake.runs import Managers
from tests.fake.test_cut_short import ENDS
from tests.fake.world import OperatorGone
from tests.unit.cluster_states import ONE

STAYS = ONE.replace("virtual_router_id: 51", "virtual_router_id: 51, nopreempt: true")
TWO_STAY = (
    f"{STAYS}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9], prefer: server03, nopreempt: true}}\n"
)
WAITS = ONE.replace("virtual_router_id: 51", "virtual_router_id: 51, preempt_delay: 30")


def test_a_drain_moves_the_address_a_restore_does_not_and_nopreempt_is_in_force_again() -> None:
    managers = Managers(text=STAYS)
    managers.drain("server01")
    assert managers.holder() == "server02"
    managers.restore("server01")
    managers.wait(30)
    assert managers.holder() == "server02"
    assert managers.said[-1].endswith(
        "in service as a backup; 10.10.0.2 is held by server02; 10.10.0.2 stays there: nopreempt"
    )
    assert "nopreempt" in managers["server02"].daemon.text
    assert managers.world.look().nodes["server02"].applied
    managers.drain("server02")
    assert managers.holder() == "server01"


def test_the_next_node_alone_is_reloaded() -> None:
    managers = Managers(text=STAYS)
    managers.drain("server01")
    assert managers.told("server02") == ["preempt VI_1", "systemctl reload keepalived.service"]
    assert managers.told("server03") == []


def test_an_instance_that_has_another_name_in_the_cluster_file_by_now_moves_all_the_same() -> None:
    managers = Managers(text=STAYS)
    managers.edit("VI_1", "web")
    managers.drain("server01")
    assert managers.told("server02") == ["preempt VI_1", "systemctl reload keepalived.service"]
    assert managers.holder() == "server02"


def test_a_deploy_to_the_holder_alone_gives_an_instance_another_name() -> None:
    managers = Managers(text=STAYS)
    managers.edit("VI_1", "web")
    managers.deploy("server01")
    assert managers.told("server02") == ["preempt VI_1", "systemctl reload keepalived.service"]
    assert managers.holder() == "server02"


def test_only_the_instance_that_moves_preempts() -> None:
    managers = Managers(text=TWO_STAY)
    managers.drain("server03")
    managers.restore("server03")
    assert managers.world.holders("10.10.0.9") == ["server01"]
    managers.drain("server01")
    assert (managers.holder(), managers.world.holders("10.10.0.9")) == ("server02", ["server03"])


def test_two_drained_at_once_leave_the_third() -> None:
    for order in ((), (1, 0), (0, 1, 1, 0), (1, 1, 1, 0, 0)):
        managers = Managers(text=STAYS)
        managers.order = order
        managers.drain("server01", "server02")
        assert managers.holder() == "server03"
        assert "nopreempt" in managers["server03"].daemon.text


def test_a_restore_has_a_drained_holder_give_the_address_up() -> None:
    managers = Managers(text=STAYS)
    managers.drain("server01", "server02")
    with pytest.raises(Stopped):
        managers.drain("server03", force=True)
    assert managers.holder() == "server03"
    managers.restore("server02")
    assert managers.holder() == "server02"


def test_a_forced_reboot_of_the_only_node_in_service_gets_its_address_back_from_a_drained_one() -> None:
    managers = Managers(text=STAYS.replace(", server03: 10.10.0.5", ""))
    managers.drain("server02")
    managers.reboot("server01", force=True)
    assert managers.holder() == "server01"
    assert "nopreempt" in managers["server01"].daemon.text
    assert managers.world.look().nodes["server01"].applied


def test_a_deploy_that_takes_a_node_back_gets_its_address_from_a_drained_one() -> None:
    managers = Managers(text=STAYS.replace(", server03: 10.10.0.5", ""))
    managers.drain("server01")
    with pytest.raises(Stopped):
        managers.drain("server02", force=True)
    managers["server01"].write(managers.cluster.drain.flag, content(run="deploy"))
    managers = again(managers)
    managers.deploy("server01")
    assert managers.holder() == "server01"


def test_a_run_that_ends_before_nopreempt_is_back_leaves_the_file_whole_and_the_next_deploy_mends_it() -> None:
    managers = Managers(text=STAYS)
    text = managers["server02"].read(paths.CONFIGURATION)
    managers.world.at("systemctl reload", lambda: managers.operator_dies(), on="server02")
    with pytest.raises(OperatorGone):
        managers.drain("server01")
    assert managers["server02"].read(paths.CONFIGURATION) == text
    assert managers.holder() == "server02"
    managers = again(managers)
    managers.deploy()
    assert managers.reloaded() == ["server02"]
    assert managers.world.look().nodes["server02"].applied
    assert managers.holder() == "server02"


def test_a_drain_mends_what_a_run_that_ended_has_left() -> None:
    managers = Managers(text=STAYS)
    managers.world.at("systemctl reload", lambda: managers.operator_dies(), on="server02")
    with pytest.raises(OperatorGone):
        managers.drain("server01")
    managers = again(managers)
    managers.drain("server03")
    assert managers.world.look().nodes["server02"].applied


def again(managers: Managers) -> Managers:
    """The operator's machine is back."""
    managers.wait(400)
    managers.world.commands.clear()
    return managers


def test_a_deploy_hands_over_once_and_leaves_the_address_there() -> None:
    managers = Managers(text=STAYS)
    managers.edit("51,", "51, advert_int: 0.4,")
    words = managers.rollout().words
    assert "  3. server01: hand 10.10.0.2 to server02, restart keepalived" in words
    assert words[-1] == "  afterwards 10.10.0.2 (VI_1) is on server02"
    managers.deploy()
    managers.wait(30)
    assert managers.restarted() == ["server03", "server02", "server01"]
    assert managers.holder() == "server02"
    assert (
        "server01: in service as a backup; 10.10.0.2 is held by server02; 10.10.0.2 stays there: nopreempt"
        in managers.said
    )
    assert managers.rollout().batches == ()


def test_settings_that_part_the_nodes_leave_the_address_where_it_goes_first() -> None:
    managers = Managers(text=STAYS)
    managers.edit("virtual_router_id: 51", "virtual_router_id: 61")
    assert managers.rollout().words[-1] == "  afterwards 10.10.0.2 (VI_1) is on server02"
    managers.deploy()
    managers.wait(30)
    assert managers.holder() == "server02"
    assert managers.rollout().batches == ()


@pytest.mark.parametrize("holder", ["server01", "server02", "server03"])
def test_a_deploy_takes_nopreempt_up_by_reload_and_moves_nothing_and_back_moves_to_the_first_node(holder: str) -> None:
    managers = Managers()
    managers.edit("51,", "51, nopreempt: true,")
    managers.deploy()
    assert (managers.restarted(), managers.holder()) == ([], "server01")
    if holder != "server01":
        managers.drain(*(node for node in managers.cluster.nodes if node != holder))
        managers.restore()
    assert managers.holder() == holder
    managers.edit(" nopreempt: true,", "")
    words = managers.rollout().words
    assert (words[-1] == "  afterwards 10.10.0.2 (VI_1) is on server01") == (holder != "server01")
    managers.deploy()
    assert managers.is_at_rest()
    assert managers.restarted() == []


def test_the_holder_is_rebooted_last_and_does_not_get_the_address_back() -> None:
    managers = Managers(text=STAYS)
    managers.reboot()
    assert managers.rebooted() == ["server03", "server02", "server01"]
    managers.wait(30)
    assert managers.holder() == "server02"


def test_an_upgrade_leaves_the_address_with_the_next_node() -> None:
    managers = Managers(text=STAYS)
    for server in managers.world.servers.values():
        server.offered = [NEW]
    managers.upgrade()
    assert managers.holder() == "server02"
    assert "nopreempt" in managers["server02"].daemon.text


def test_a_flag_by_hand_moves_nothing_and_drain_then_does() -> None:
    managers = Managers(text=STAYS)
    managers.drain_by_hand("server01")
    managers.wait(30)
    assert managers.holder() == "server01"
    managers.drain("server01")
    assert managers.holder() == "server02"


def test_the_next_node_that_runs_something_else_than_its_file_is_not_reloaded() -> None:
    managers = Managers(text=STAYS)
    managers["server02"].write(paths.CONFIGURATION, managers.text_of("server02").replace("interval 1", "interval 2"))
    with pytest.raises(NothingDone, match=r"does not run what lies on its disk\. Deploy to it first"):
        managers.drain("server01")
    assert managers.told("server02") == []
    assert not managers.world.look().nodes["server01"].drained


def test_what_moves_by_itself_has_moved_before_a_node_is_reloaded() -> None:
    """A reload begins the wait for the holder anew: the third node would be quicker, and hold it for a moment."""
    managers = Managers(
        text=f"{STAYS}  VI_2: {{virtual_router_id: 52, virtual_ipaddress: [10.10.0.9]}}\ndrain: {{check: file}}\n"
    )
    since = managers["server03"].daemon.instances["VI_2"].since
    managers.drain("server01")
    managers.wait(10)
    assert (managers.holder(), managers.holder("10.10.0.9")) == ("server02", "server02")
    assert managers.reloaded() == ["server02"]
    assert managers["server03"].daemon.instances["VI_2"].since == since


def test_every_wait_counts_preempt_delay() -> None:
    managers = Managers(text=WAITS)
    managers.drain("server01")
    assert managers.holder() == "server02"
    managers.restore("server01")
    managers.edit("51,", "51, advert_int: 0.4,")
    managers.deploy()
    assert managers.is_at_rest()


def test_a_node_that_must_not_take_over_yet_is_waited_for_before_the_next_one_has_its_turn() -> None:
    managers = Managers("global_defs: {vrrp_startup_delay: 20}")
    managers.edit("51,", "51, advert_int: 0.4,")
    began = managers.world.now
    managers.deploy()
    assert managers.world.now - began > 40
    waiting = "waiting 20 s: vrrp_startup_delay keeps it from taking over until then"
    assert [words for words in managers.said if "waiting" in words] == [f"server03: {waiting}", f"server02: {waiting}"]


RUNS: dict[str, Callable[[Managers], None]] = {
    "drain": lambda managers: managers.drain("server01"),
    "drain of two": lambda managers: managers.drain("server01", "server02"),
    "deploy": Managers.deploy,
    "reboot": Managers.reboot,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", RUNS)
def test_after_a_run_that_ends_anywhere_the_next_one_completes_and_nopreempt_is_in_force(name: str, end: str) -> None:
    for number in count():
        managers = Managers(text=STAYS)
        if name == "deploy":
            managers.edit("51,", "51, advert_int: 0.4,")
        managers.world.commands.clear()
        ENDS[end](managers, number)
        with suppress(Stopped, OperatorGone):
            RUNS[name](managers)
        if managers.world.mishaps:
            break
        managers.wait(400)
        for server in managers.world.servers:
            managers[server].answers_ssh = True
            if not managers[server].up:
                managers.boot(server)
        managers.wait(60)
        where = f"{end} at command {number}, {managers.world.commands[number]}"
        RUNS[name](managers)
        managers.wait()
        for server, node in managers.world.look().nodes.items():
            assert node is not None, where
            assert node.applied, f"{server}: {where}"
            assert (node.instances or {})["VI_1"].nopreempt, f"{server}: {where}"
        assert managers.holder() not in managers.drained(), where
    assert number > 2, number


def test_a_node_that_another_instance_is_not_on_hands_over_all_the_same() -> None:
    managers = Managers(text=TWO_STAY.replace("prefer: server03", "nodes: [server02, server03]"))
    assert managers.world.holders("10.10.0.9") == ["server02"]
    managers.drain("server02")
    assert (managers.holder(), managers.world.holders("10.10.0.9")) == ("server01", ["server03"])
    managers.drain("server01")
    assert managers.holder() == "server03"
    managers.restore()
    assert (managers.holder(), managers.world.holders("10.10.0.9")) == ("server03", ["server03"])
