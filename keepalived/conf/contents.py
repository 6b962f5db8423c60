"""What a keepalived.conf has, one entry each: to tell what is lost when another one replaces it. Pure."""

from __future__ import annotations

import re

from keepalived.spec.blocks import parse_blocks

CHECKS = ("vrrp_script", "vrrp_track_process", "track_process")
TRACKED = {"track_process": "track_script"}
DIGEST = re.compile(r"-[0-9a-f]{8}$")
OF_NO_WEIGHT = {"state"}  # the state an instance begins with: the election decides at once


def contents(text: str) -> list[str]:
    """`address 10.10.0.7`, `virtual_server 10.10.0.9 80`, `notify_master of VI_1`, `smtp_server (global)`, …

    Values that may be secret are not in it. Raises ValueError where it is no such text.
    """
    found = []
    for words, block in parse_blocks(text):
        if words[0] == "global_defs":
            found += [f"{line[0]} (global)" for line, _ in block]
        elif words[0] == "vrrp_instance":
            for line, inner in block:
                if line[0] in ("virtual_ipaddress", "virtual_ipaddress_excluded"):
                    found += [f"address {address[0].split('/')[0]}" for address, _ in inner]
                elif line[0] not in OF_NO_WEIGHT:
                    found.append(f"{line[0]} of {' '.join(words[1:2])}")
        else:
            found.append(" ".join(words))
    return list(dict.fromkeys(found))


def lost(old: list[str], text: str) -> list[str]:
    """What of the contents `old` the configuration `text` has not. An instance may go by another name in it."""

    def what(entry: str) -> str:
        keyword, _, name = entry.partition(" of ")[0].partition(" ")
        if keyword in CHECKS and name:  # a check of a process is a script here, and a digest is in the name of each
            return f"check {DIGEST.sub('', name)}"
        return f"{TRACKED.get(keyword, keyword)} {name}"

    kept = {what(entry) for entry in contents(text)}
    return [entry for entry in old if what(entry) not in kept]
