"""The small facts say what they have seen, and null where they have seen nothing they know."""

import pytest

from keepalived.facts import Drained, Holds

DRAINED = [
    ("script", ["absent"], False),
    ("script", ["present"], True),
    ("file", ["absent"], False),
    ("file", ["present"], False),
    ("file", ["present", "1"], True),
    ("file", ["present", "", "1"], True),
    ("file", ["present", "0"], False),
    ("script", [], None),
    ("script", [""], None),
    ("file", ["sudo: a password is required"], None),
]


@pytest.mark.parametrize(("check", "output", "drained"), DRAINED)
def test_drained_is_told_by_the_flag_or_unknown(check: str, output: list[str], drained: bool | None) -> None:
    fact = Drained()
    fact.command(flag="/run/flag", check=check)
    assert fact.process(output) is drained


LO = "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever"
VIP = "2: enp0s3    inet 10.10.0.2/32 scope global enp0s3\\       valid_lft forever preferred_lft forever"
VIP6 = "2: enp0s3    inet6 fd00::2/64 scope global nodad \\       valid_lft forever preferred_lft forever"
HOLDS = [
    ([LO, VIP, VIP6], ["10.10.0.2", "fd00::2"]),
    ([LO, VIP6], ["fd00::2"]),
    ([LO, VIP.replace("0.2/", "0.20/")], []),
    ([], None),
    (["ip: command not found"], None),
]


@pytest.mark.parametrize(("output", "holds"), HOLDS)
def test_holds_is_what_the_kernel_has_or_unknown(output: list[str], holds: list[str] | None) -> None:
    fact = Holds()
    fact.command(addresses=["10.10.0.2", "fd00::2"])
    assert fact.process(output) == holds
