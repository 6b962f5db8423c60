"""The simulated cluster does what keepalived does, as far as turns depend on it, and tells when an invariant breaks."""

import pytest

from keepalived.run.files import put_configuration, remove_file, remove_runs_flag, set_flag, systemctl, tell_journal
from keepalived.spec import paths
from keepalived.spec.flag import content
from tests.fake.managers import Managers
from tests.fake.shell import Result, Shell
from tests.fake.world import Broken, OperatorGone
from tests.unit.cluster_states import FLAG, TWO, VIP


def test_the_first_node_of_three_that_start_holds_the_address() -> None:
    assert Managers().holder() == "server01"


def test_a_flag_moves_the_address_to_the_next_and_back() -> None:
    managers = Managers()
    turn = managers.turn("server01")
    turn.shell(set_flag(FLAG, content(by="alice")))
    managers.wait(10)
    assert managers.holder() == "server02"
    turn.shell(remove_file(FLAG))
    managers.wait(10)
    assert managers.holder() == "server01"


@pytest.mark.parametrize("check", ["script", "file"])
def test_a_flag_is_seen_by_either_check(check: str) -> None:
    managers = Managers(f"drain: {{check: {check}}}")
    managers.drain_by_hand("server01")
    managers.wait(10)
    assert managers.holder() == "server02"


def test_a_file_that_says_0_drains_nobody() -> None:
    managers = Managers("drain: {check: file}")
    managers.by_hand("server01", f"printf %s 0 > {FLAG}")
    managers.wait(10)
    assert managers.holder() == "server01"


def test_the_instances_of_a_node_move_together() -> None:
    managers = Managers(text=TWO)
    managers.drain_by_hand("server01")
    managers.wait(10)
    assert [managers.holder(address) for address in (VIP, "10.10.0.9")] == ["server02", "server02"]


def test_a_dead_holder_is_replaced_within_an_election() -> None:
    managers = Managers()
    managers.world.crash(managers["server01"])
    assert managers.world.holders() == []
    managers.wait(3)
    assert managers.holder() == "server02"


def test_a_killed_daemon_keeps_the_address_until_it_is_started_again() -> None:
    managers = Managers()
    managers["server01"].unit_read = None  # without the drop-in nobody starts it
    managers["server01"].kill_daemon()
    managers.wait(10)
    assert managers.world.holders() == ["server01", "server02"]
    managers.by_hand("server01", "systemctl start keepalived.service")
    managers.wait(10)
    assert managers.holder() == "server01"


def test_a_node_without_network_takes_no_part() -> None:
    managers = Managers()
    managers["server01"].network = False
    managers.wait(10)
    assert managers.holder() == "server02"


def test_a_restart_of_the_holder_is_a_gap_that_the_world_tells() -> None:
    managers = Managers()
    with pytest.raises(Broken, match="from its holder before another had it: server02, server03 could serve it"):
        managers.turn("server01").shell(systemctl("restart"))


def test_a_restart_of_the_only_node_is_a_gap_that_must_be_forced() -> None:
    managers = Managers(text="nodes: {server01: 10.10.0.3}\n" + TWO.partition("\n")[2])
    managers.world.forced = True
    managers.turn("server01").shell(systemctl("restart"))
    managers.wait(10)
    assert managers.holder() == "server01"
    managers.world.forced = False
    with pytest.raises(Broken, match="the operator has not forced it"):
        managers.turn("server01").shell(systemctl("restart"))


def test_an_address_that_nobody_takes_over_in_time_is_told() -> None:
    managers = Managers()
    for node in ("server02", "server03"):
        managers[node].daemon.instances["VI_1"].expires = 1e9  # type: ignore[union-attr]
    managers.world.crash(managers["server01"])
    with pytest.raises(Broken, match="and server02, server03 could"):
        managers.wait(10)


def test_nodes_with_other_settings_do_not_hear_each_other() -> None:
    managers = Managers()
    other = managers["server03"]
    other.write(
        paths.CONFIGURATION, managers.text_of("server03").replace("virtual_router_id 51", "virtual_router_id 52")
    )
    managers.by_hand("server03", "systemctl restart keepalived.service")
    managers.wait(10)
    assert managers.world.holders() == ["server01", "server03"]


def test_a_reload_keeps_the_address_unless_its_socket_must_be_made_anew() -> None:
    managers = Managers()
    text = managers.text_of("server01")
    managers["server01"].write(paths.STAGED, text.replace("10.10.0.2/32\n", "10.10.0.2/32\n        10.10.0.7/32\n"))
    turn = managers.turn("server01")
    turn.shell(put_configuration(managers["server01"].read(paths.STAGED) or ""))
    turn.shell(systemctl("reload"))
    assert managers["server01"].kernel == [VIP, "10.10.0.7"]
    managers["server01"].write(paths.CONFIGURATION, text.replace("virtual_router_id 51", "virtual_router_id 52"))
    with pytest.raises(Broken, match="from its holder before another had it"):
        turn.shell(systemctl("reload"))


def test_a_new_unicast_node_whom_nobody_knows_is_a_second_holder() -> None:
    managers = Managers(text=TWO.replace("51,", "51, unicast: true,"))
    stranger = managers["server03"]
    for node in ("server01", "server02"):
        text = managers.text_of(node).replace(f"        {stranger.address}\n", "")
        managers[node].write(paths.CONFIGURATION, text)
        managers.by_hand(node, "systemctl reload keepalived.service")
    managers.by_hand("server03", "systemctl stop keepalived.service")
    managers.wait(10)
    managers.by_hand("server03", "systemctl start keepalived.service")
    with pytest.raises(Broken, match="would accept each other's adverts"):
        managers.wait(10)


def test_a_runs_flag_goes_and_an_operators_stays() -> None:
    managers = Managers()
    turn = managers.turn("server02")
    turn.shell(set_flag(FLAG, content(run="reboot")))
    turn.shell(set_flag(FLAG, content(by="alice"), keep="script"))
    assert (managers["server02"].read(FLAG) or "").splitlines() == ["1", "run: reboot"]
    turn.shell(remove_runs_flag(FLAG, "deploy"))
    assert managers.drained() == ["server02"]
    turn.shell(remove_runs_flag(FLAG, "reboot"))
    assert managers.drained() == []
    assert list(managers["server02"].files) == [paths.CONFIGURATION, paths.DROP_IN]


def test_a_flag_is_as_old_as_the_one_it_replaces() -> None:
    managers = Managers()
    managers.drain_by_hand("server02")
    since = managers["server02"].files[FLAG].time
    managers.wait(100)
    managers.turn("server02").shell(set_flag(FLAG, content(by="it's me; & you"), like=FLAG))
    assert managers["server02"].files[FLAG].time == since
    assert managers["server02"].read(FLAG) == "1\nby: it's me; & you\n"


def test_a_drain_until_the_next_boot_ends_with_it() -> None:
    managers = Managers()
    turn = managers.turn("server02")
    turn.shell(set_flag(FLAG, content(by="alice", until_reboot=True), until_reboot=True))
    managers.by_hand("server02", "systemctl restart keepalived.service")
    assert managers.drained() == ["server02"]
    managers["server02"].reboot()
    managers.wait(60)
    assert managers.drained() == []
    assert managers["server02"].identity != managers["server01"].identity


def test_the_journal_has_the_words() -> None:
    managers = Managers()
    managers.turn("server02").shell(tell_journal("drained by alice (it's late)"))
    assert managers.world.journal == [("server02", "drained by alice (it's late)")]


def test_a_command_that_nobody_knows_is_an_error_of_the_test() -> None:
    with pytest.raises(AssertionError, match="does not know the command 'shutdown now'"):
        Managers().turn("server02").shell("shutdown now")


def test_the_operators_machine_dies_before_a_command() -> None:
    managers = Managers()
    managers.world.at("^mv ", managers.operator_dies)
    with pytest.raises(OperatorGone):
        managers.turn("server01").shell(set_flag(FLAG, content(by="alice")))
    assert managers.drained() == []


def test_a_node_dies_under_a_command() -> None:
    managers = Managers()
    managers.world.at("^systemctl restart", managers.dies("server02"))
    ran = managers.turn("server02").runner.run(systemctl("restart"), "server02")
    assert ran.gone
    assert managers.turn("server01").look().nodes["server02"] is None


SHELL = [
    ("say a && say b", 0, "ab"),
    ("fail && say b", 1, ""),
    ("fail || say b", 0, "b"),
    ("! fail || say b", 0, ""),
    ("! say a || say b", 0, "ab"),
    ("{ fail || say a; } && say b", 0, "ab"),
    ("if fail; then say a; else say b; fi && say c", 0, "bc"),
    ("if say x; then say a; else say b; fi", 0, "xa"),
    ("if say x; then fail; else say b; fi && say c", 1, "x"),
    ("fail || { say a; fail; }", 1, "a"),
    ("say a; fail", 1, "a"),
    ("say 'a && b' \"c|d\" e\\ f", 0, "a && bc|de f"),
    ("say a | say", 0, ""),
]


@pytest.mark.parametrize(("text", "status", "out"), SHELL)
def test_the_shell_does_what_a_shell_does(text: str, status: int, out: str) -> None:
    def program(words: list[str], given: str) -> Result:
        return Result(1) if words == ["fail"] else Result(0, "".join(words[1:]))

    result = Shell(program, lambda path, text: None).run(text)
    assert (result.status, result.out) == (status, out)
