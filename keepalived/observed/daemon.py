"""What the daemon says of itself: its version, its instances, its journal. Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from keepalived.observed.node import VRRP_STATES, InstanceState, Journal, Transition
from keepalived.spec.plain_text import plain


def read_version(text: str) -> str | None:
    """`Keepalived v2.2.7 (01/16,2022)` -> `2.2.7`"""
    match = re.search(r"v(\d+(?:\.\d+)+)", text)
    return match.group(1) if match else None


def read_instances(dump: str) -> dict[str, InstanceState] | None:
    """The daemon's JSON dump (vrrp/vrrp_json.c): a list with `data` and `stats` of each instance."""
    try:
        entries = json.loads(dump)
    except ValueError:
        return None  # half written: the daemon did not finish in time
    if isinstance(entries, dict):
        entries = entries["vrrp"]  # json_version 2
    if not isinstance(entries, list):
        raise TypeError
    return {
        plain(data["iname"]): InstanceState(
            state=VRRP_STATES[data["state"]] if data["state"] in range(len(VRRP_STATES)) else None,
            base_priority=data["base_priority"],
            effective_priority=data["effective_priority"],
            virtual_router_id=data["vrid"],
            version=data["version"],
            master_priority=data.get("master_priority"),
            addresses=[
                re.split("[ /]", address)[0] for address in [*data.get("vips", []), *data.get("evips", [])]
            ],  # 10.10.0.2/24 dev eth0 scope global
            last_transition=time_of(data["last_transition"]) if data["last_transition"] else None,
            nopreempt=data.get("nopreempt"),
            preempt_delay=data.get("preempt_delay"),
        )
        for data in (entry["data"] for entry in entries)
    }


def read_journal(text: str) -> Journal:
    """Lines of `journalctl -o short-unix`: `1795346218.123456 server01 Keepalived_vrrp[1]: (VI_1) Entering ...`."""
    changes = [
        Transition(time=time_of(float(line.split(" ", 1)[0])), instance=found[1], state=found[2])
        for line in text.splitlines()
        if (found := re.search(r"\((\S+)\) Entering (\w+) STATE", line))
    ]
    speakers = re.findall(r"advert from ([0-9a-fA-F.:]+)", text)
    return Journal(last_change=changes[-1] if changes else None, adverts_from=sorted(set(speakers)))


def time_of(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
