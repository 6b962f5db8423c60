"""Whether a node's firewall lets the adverts of VRRP in, as its report tells. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from keepalived.conf.firewall import RULE_NAME

OF_KEEPALIVED = "keepalived"
"""The table of nftables that keepalived itself makes for `accept: false`: it is no rule of the node's."""


def lets_adverts_in(report: Mapping[str, str]) -> bool | None:
    """Whether each place in which the firewall judges adverts has its rule. None: not asked, or no such firewall."""
    for part, judge in (("ruleset", _nftables), ("ufw", _ufw), ("firewalld", _firewalld)):
        if part in report:
            return judge(report[part])
    return None


def _nftables(ruleset: str) -> bool:
    """The lines of tables, of hooks and of rules of this project, in the order of `nft list ruleset`."""
    missing, judges = 0, False
    for line in ruleset.splitlines():
        words = line.split()
        if words[:1] == ["table"]:
            judges = words[1] in ("ip", "ip6", "inet") and words[2:3] != [OF_KEEPALIVED]
        elif words[:1] == ["type"]:
            missing += 2 if judges and words[1:4] == ["filter", "hook", "input"] else 0
        elif f'comment "{RULE_NAME}"' in line:
            missing -= 1
    return missing == 0


def _ufw(lines: str) -> bool:
    """The line of /etc/default/ufw with IPV6, and those of the rules that let one of the protocols in from anywhere."""
    given = [line.partition(" comment=")[0] for line in lines.splitlines()]
    with_six = any(line.partition("=")[2].strip("\"'").lower() == "yes" for line in given if line.startswith("IPV6="))
    needed = [("vrrp", "0.0.0.0/0"), ("ah", "0.0.0.0/0"), *([("vrrp", "::/0")] if with_six else [])]
    return all(f"### tuple ### allow {protocol} any {any} any {any} in" in given for protocol, any in needed)


def _firewalld(policy: str) -> bool:
    """The file of the policy, or nothing."""
    return all(f'<protocol value="{number}"/>' in policy for number in (112, 51))
