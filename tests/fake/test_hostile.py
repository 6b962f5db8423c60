"""What nodes say goes into commands that root runs on them and on others: as one word, whatever it is."""

import shlex

import pytest
from pydantic import ValidationError

from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.observed.node import NodeState
from keepalived.observed.report import read_report
from keepalived.observed.swarm import Member
from keepalived.run import files
from keepalived.spec.flag import content
from tests.unit.node_report import captured, report

EVIL = 'x\'; touch /tmp/pwned; "$(id)" `id` \x1b[2J &'


def words(command: object) -> list[str]:
    return shlex.split(command.get_raw_value(), posix=True)  # type: ignore[attr-defined]


def evil_words(command: object) -> list[str]:
    """The words of a command that have something of EVIL in them."""
    return [word for word in words(command) if "pwned" in word]


COMMANDS = {
    "flag": files.set_flag("/run/flag", content(by=EVIL, reason=EVIL)),
    "path of a flag": files.set_flag(f"/run/{EVIL}", "1\n"),
    "like another": files.set_flag("/run/flag", "1\n", like=f"/run/{EVIL}"),
    "kept": files.set_flag("/run/flag", EVIL, keep="file"),
    "removal": files.remove_file(f"/run/{EVIL}"),
    "a run's": files.remove_runs_flag(f"/run/{EVIL}", "deploy"),
    "checkpoint": files.write_checkpoint(Checkpoint(run="reboot", by=EVIL, failed=(EVIL,), waiting={EVIL: 1})),
    "journal": files.tell_journal(EVIL),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_has_it_as_one_word(command: object) -> None:
    found = evil_words(command)
    assert found
    for word in found:
        assert EVIL in word


@pytest.mark.parametrize("availability", ["active; reboot", EVIL, "", "drain"])
def test_the_swarm_has_three_availabilities_and_no_other(availability: str) -> None:
    with pytest.raises(ValueError, match="availability"):
        read_checkpoint(
            f"run: reboot\navailability: {availability}\n" if availability else "run: reboot\navailability:"
        )
    with pytest.raises(ValidationError):
        Member(ID="x", Hostname="x", Status="Ready", Availability=availability, ManagerStatus="")  # type: ignore[arg-type]


def shown(node: NodeState) -> str:
    """Everything of a node that somebody may be shown."""
    return "\n".join([repr(node.to_json()), node.flag.words, *(node.configuration.contents or [])])


@pytest.mark.parametrize("part", ["flag", "checkpoint", "journal", "configuration", "running", "version", "boot"])
def test_no_control_character_of_a_node_is_shown(part: str) -> None:
    parts = captured("bookworm-drained_by_operator")
    hostile = {
        "flag": f"1795348361\n1\nby: {EVIL}\nreason: {EVIL}\n",
        "checkpoint": f"run: reboot\nby: {EVIL}\n",
        "journal": f"1795348361.1 x: ({EVIL.split()[0]}\x1b[2J) Entering MASTER STATE\n",
        "configuration": f"vrrp_instance {EVIL} {{\nnotify\x1b[2J x\n}}\n",
        "running": "vrrp_instance V\x1b[2J {\n}\n",
    }.get(part, EVIL)
    assert "\x1b" not in shown(read_report(report(parts | {part: hostile})))
