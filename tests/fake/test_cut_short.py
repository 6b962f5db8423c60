"""A run ends at any of its commands: then the address has a holder if a node could serve, and the next run completes.

The world itself looks at the invariants after every command, in the run that ends and in the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import pytest

from keepalived.run.turn import Stopped
from tests.fake.managers import NEW, OLD
from tests.fake.runs import Managers
from tests.fake.world import OperatorGone
from tests.unit.cluster_states import ONE, TWO

SWARM = "maintenance: {swarm: true, before: [stop-app], after: [start-app], healthy: {command: app-is-up}}"
KEEP = "connections: keep"
UNICAST = ONE.replace("51,", "51, unicast: true,")
JOINS = ("server03: 10.10.0.5}", "server03: 10.10.0.5, server04: 10.10.0.6}")


@dataclass(frozen=True)
class Scenario:
    """A cluster, what is typed, and what is so when that has been completed."""

    cluster: Callable[[], Managers]
    typed: Callable[[Managers], None]
    drained: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def edited(*rest: str, change: tuple[str, str], text: str = ONE) -> Callable[[], Managers]:
    """A cluster whose file has been changed."""

    def make() -> Managers:
        managers = Managers(*rest, text=text)
        managers.edit(*change)
        return managers

    return make


def drained() -> Managers:
    managers = Managers()
    managers.drain("server01", reason="disk")
    return managers


def drained_and_keeping() -> Managers:
    managers = Managers(KEEP)
    managers["server01"].connections.open["10.10.0.2"] = 12
    managers.drain("server01")
    return managers


def drained_with_another_flag() -> Managers:
    managers = drained()
    managers.write(f"{managers.file}drain: {{flag: /var/lib/keepalived/out}}\n")
    return managers


def swarm() -> Managers:
    managers = Managers(SWARM)
    managers.world.swarm.serve("web", "server02", "server03")
    managers.world.swarm.serve("disk", "server02", only=frozenset({"server02"}))
    return managers


def offered() -> Managers:
    managers = swarm()
    for server in managers.world.servers.values():
        server.offered = [NEW, OLD]
    return managers


SCENARIOS = {
    "drain": Scenario(Managers, lambda managers: managers.drain("server01"), drained=("server01",)),
    "drain of two": Scenario(
        Managers, lambda managers: managers.drain("server01", "server02"), drained=("server01", "server02")
    ),
    "restore": Scenario(drained, Managers.restore),
    "deploy to new servers": Scenario(lambda: Managers(fresh=True), Managers.deploy),
    "deploy by restart": Scenario(edited(change=("instances:", "advert_int: 1\ninstances:")), Managers.deploy),
    "deploy by reload": Scenario(
        edited("on_change: reload", change=("instances:", "advert_int: 1\ninstances:")), Managers.deploy
    ),
    "deploy of another address": Scenario(edited(change=("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]")), Managers.deploy),
    "deploy of another address by reload": Scenario(
        edited("on_change: reload", change=("[10.10.0.2]", "[10.10.0.2, 10.10.0.7]")), Managers.deploy
    ),
    "deploy of another router id": Scenario(edited(change=("51,", "53,"), text=TWO), Managers.deploy),
    "deploy of another flag": Scenario(drained_with_another_flag, Managers.deploy, drained=("server01",)),
    "deploy to one that joins": Scenario(edited(change=JOINS), Managers.deploy),
    "deploy to one that joins, unicast": Scenario(edited(change=JOINS, text=UNICAST), Managers.deploy),
    "drain that keeps connections": Scenario(
        lambda: Managers(KEEP), lambda managers: managers.drain("server01"), drained=("server01",)
    ),
    "restore that keeps connections": Scenario(drained_and_keeping, Managers.restore),
    "deploy that keeps connections": Scenario(
        edited(KEEP, change=("instances:", "advert_int: 1\ninstances:")), Managers.deploy
    ),
    "deploy of another router id that keeps connections": Scenario(
        edited(KEEP, change=("51,", "53,")), Managers.deploy
    ),
    "reboot": Scenario(Managers, Managers.reboot),
    "reboot of a swarm": Scenario(swarm, lambda managers: managers.reboot("server02", "server01")),
    "upgrade of a swarm": Scenario(offered, lambda managers: managers.upgrade("server02", "server01")),
    "remove": Scenario(Managers, lambda managers: managers.remove("server01"), gone=("server01",)),
}


def dies_under(managers: Managers, number: int) -> None:
    """The node that is told the command dies."""
    managers.world.at(number, lambda: managers.world.crash(managers[managers.world.commands[-1].node]))


def peer_dies(managers: Managers, number: int) -> None:
    """The first node dies, or the second where the first is told the command."""

    def die() -> None:
        others = [name for name in managers.cluster.nodes if name != managers.world.commands[-1].node]
        managers.world.crash(managers[others[0]])

    managers.world.at(number, die)


def connection_breaks(managers: Managers, number: int) -> None:
    """The command is done, and the operator does not learn of it."""

    def break_it() -> None:
        managers[managers.world.commands[-1].node].answers_ssh = False

    managers.world.at(number, break_it)


ENDS: dict[str, Callable[[Managers, int], None]] = {
    "the operator's machine dies": lambda managers, number: managers.world.at(number, managers.operator_dies),
    "the command fails": lambda managers, number: managers.world.at(number, managers.fails()),
    "the node dies": dies_under,
    "another node dies": peer_dies,
    "the connection breaks": connection_breaks,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_that_ends_anywhere_leaves_the_address_served_and_the_next_one_completes(name: str, end: str) -> None:
    scenario = SCENARIOS[name]
    for number in count():
        managers = scenario.cluster()
        managers.world.commands.clear()
        ENDS[end](managers, number)
        try:
            if not ends(managers, scenario, number):
                break
        except BaseException as error:
            told = managers.world.commands
            where = f"command {number}, `{told[number].text}` on {told[number].node}" if number < len(told) else "none"
            error.add_note(f"{name}: {end} at {where}")
            raise
    assert number > 0


def ends(managers: Managers, scenario: Scenario, number: int) -> bool:
    """The run ends at a command, and the next one completes. False: the run has fewer commands."""
    with suppress(Stopped, OperatorGone):
        scenario.typed(managers)
    struck = not managers.world.mishaps
    managers.world.mishaps.clear()
    managers.wait()
    is_served(managers)
    if struck:
        for name, server in managers.world.servers.items():
            server.answers_ssh = True
            if not server.up:
                managers.boot(name)
        managers.wait(60)
        is_served(managers)
        scenario.typed(managers)
    is_completed(managers, scenario)
    return struck


def is_served(managers: Managers) -> None:
    for address in managers.cluster.addresses:
        assert managers.world.holders(address) or not managers.world.speakers(address)


def is_completed(managers: Managers, scenario: Scenario) -> None:
    """What was typed is so. What is drained is the operator's; all else is at rest."""
    managers.wait()
    assert managers.drained() == list(scenario.drained)
    for name in scenario.gone:
        assert managers[name].daemon is None
    for name in [*scenario.drained, *scenario.gone]:
        managers[name].files.pop(managers.cluster.drain.flag, None)
    if scenario.gone:
        managers.edit(f"{scenario.gone[0]}: 10.10.0.3, ", "")
        managers.deploy()
    assert managers.is_at_rest()
    assert all(task.runs for task in managers.world.swarm.tasks)
