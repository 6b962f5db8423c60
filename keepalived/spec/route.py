"""The lines of `virtual_routes` and `virtual_rules`: keepalived's text, looked at for what it would not do. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_interface, ip_network
from typing import Annotated

from pydantic import AfterValidator

from keepalived.spec.fields import shown, wrong

TYPES = ("unicast", "local", "broadcast", "anycast", "multicast", "throw", "unreachable", "prohibit", "blackhole")
BEFORE_A_NETWORK = {*TYPES, "to", "src", "inet", "inet6"}
ADDRESS_OF_ONE = ("via", "src")
"""The words that the address of one machine follows, not that of a network."""
PREFERENCES = {"preference", "order", "priority"}
ACTIONS = {"table", "lookup", "goto", "nop", "l3mdev", *TYPES}


def _read_route(line: str) -> str:
    words = _words(line)
    if "default" in words:  # after some words keepalived takes it for a route of neither family
        raise wrong("{line}: write 0.0.0.0/0 or ::/0 for default", line=shown(line))
    if words[0] not in BEFORE_A_NETWORK and not _is_address(words[0]):
        raise wrong(
            "{line}: {word} is no network: 10.30.0.0/16 via 10.10.0.1 dev eth1", line=shown(line), word=shown(words[0])
        )
    if "track_group" in words:
        raise wrong("{line}: track_group is for static routes alone: leave it out", line=shown(line))
    for word, instead in (("gw", "via"), ("or", "nexthop via")):  # its -t complains
        if word in words:
            raise wrong("{line}: keepalived has given {word} up: write {new}", line=shown(line), word=word, new=instead)
    if not {"dev", "oif", "no_track"} & set(words[: words.index("nexthop") if "nexthop" in words else None]):
        raise wrong(
            "{line} names no interface, so keepalived cannot watch it: add dev eth1, or no_track", line=shown(line)
        )
    return " ".join(words)


def _read_rule(line: str) -> str:
    words = _words(line)
    if not ACTIONS & set(words):
        raise wrong("{line} does nothing: from 10.30.0.0/16 table 100 priority 100", line=shown(line))
    if not PREFERENCES & set(words):  # keepalived counts down from the last one, and its -t complains
        raise wrong("{line} has no place among the rules: add priority 100", line=shown(line))
    if "track_group" in words:
        raise wrong("{line}: track_group is for static rules alone: leave it out", line=shown(line))
    return " ".join(words)


def _words(line: str) -> list[str]:
    """The words of a line. Raises where one is no address although it looks like it."""
    words = line.split()
    if not words:
        raise wrong("is empty: leave it out")
    if "\n" in line:
        raise wrong("{line} has several lines: make a list of them", line=shown(line))
    before = ""
    for word in words:
        if not re.fullmatch(r"[A-Za-z0-9_.:/,+-]+", word):
            raise wrong("{line}: keepalived cannot read {word} here", line=shown(line), word=shown(word))
        if before == "dev" and len(word) > 15:
            raise wrong("{line}: {word} is not the name of a network interface", line=shown(line), word=shown(word))
        if _is_address(word):
            _check_address(line, before, word)
        before = word
    if before in (*ADDRESS_OF_ONE, "dev", "to", "from", "table"):
        raise wrong("{line} ends where a value of {word} must follow", line=shown(line), word=before)
    return words


def _is_address(word: str) -> bool:
    return ":" in word or word.count(".") > 2 or re.fullmatch(r"[0-9.]+/[0-9]+", word) is not None


def _check_address(line: str, before: str, word: str) -> None:
    try:
        if before in ADDRESS_OF_ONE:
            ip_interface(word)
        else:
            ip_network(word, strict=False)
    except ValueError:
        raise wrong("{line}: {word} is not an IP address", line=shown(line), word=shown(word)) from None
    network = ip_network(word, strict=False)
    if before not in ADDRESS_OF_ONE and str(network.network_address) != str(ip_interface(word).ip):
        raise wrong(
            "{line}: {word} is not a network: {network}", line=shown(line), word=shown(word), network=str(network)
        )


RouteLine = Annotated[str, AfterValidator(_read_route)]
RuleLine = Annotated[str, AfterValidator(_read_rule)]
