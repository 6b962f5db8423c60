"""keepalived's own words in a cluster file, for what no key says; and what they must not say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from keepalived.spec.blocks import parse_blocks
from keepalived.spec.fields import wrong
from keepalived.spec.global_defs import GlobalDefs
from keepalived.spec.notify import STATES
from keepalived.spec.strict import Strict
from keepalived.spec.vrrp import VrrpSettings

NO_COMPARISON = "keepalived alone can resolve it, and nobody could compare what runs with what is deployed"

CHECKS = "use checks: a drain, a deploy and the status count those"
RELOAD = "a deploy needs keepalived to reload as it does by itself: leave it out"
DUMP = "status reads what keepalived writes in its own place: leave it out"
WAITS = "no drain and no deploy would wait for it: leave it out"
UNSEEN = "status and drain would not see it: leave it out"
OF_GLOBAL_DEFS = {
    **{keyword: f"use global_defs.{keyword}" for keyword in GlobalDefs.model_fields},
    "vrrp_version": "use vrrp_version of the cluster file",
    "script_user": "use user of a check",
    "enable_script_security": "it is set already",
    "vrrp_rt_priority": "the unit gives keepalived its priority: leave it out",
    "vrrp_rlimit_rttime": "the unit gives keepalived its priority: leave it out",
    "vrrp_rlimit_rtime": "the unit gives keepalived its priority: leave it out",
    "vrrp_priority": "the unit gives keepalived its priority: leave it out",
    "vrrp_down_timer_adverts": "use down_timer_adverts of each instance",
    "vrrp_strict": "use strict_mode of each instance",
    "vrrp_check_unicast_src": "use check_unicast_src of each instance",
    "reload_check_config": RELOAD,
    "reload_file": RELOAD,
    "reload_repeat": RELOAD,
    "reload_time_file": RELOAD,
    "tmp_config_directory": DUMP,
    "config_save_dir": DUMP,
    "state_dump_file": DUMP,
    "data_use_instance": DUMP,
    "use_symlink_paths": DUMP,
}
"""What `raw.global_defs` must not say, and what to do instead."""

OF_INSTANCE = {
    **{keyword: f"use {keyword}" for keyword in VrrpSettings.model_fields if keyword not in ("min_ttl", "max_ttl")},
    "no_accept": "use accept: false",
    "state": "the priorities decide who holds an address: leave it out",
    "interface": "use interface, or nodes.NAME.interface",
    "virtual_router_id": "use virtual_router_id",
    "priority": "use the order of nodes, prefer, nodes.NAME.priority or nodes.NAME.instances.INSTANCE.priority",
    "version": "use version",
    "advert_int": "use advert_int",
    "authentication": "use authentication",
    "unicast_peer": "use unicast",
    "unicast_src_ip": "use unicast, and nodes.NAME.instances.INSTANCE.unicast_src_ip",
    "virtual_ipaddress": "use virtual_ipaddress",
    "virtual_ipaddress_excluded": "use virtual_ipaddress_excluded",
    "no_virtual_ipaddress": "use no_virtual_ipaddress",
    "virtual_routes": "use virtual_routes",
    "virtual_rules": "use virtual_rules",
    "promote_secondaries": "use promote_secondaries",
    "track_script": CHECKS,
    "track_file": CHECKS,
    "track_interface": "use checks, with interface",
    "track_process": CHECKS,
    "track_bfd": CHECKS,
    "preempt": "it is keepalived's default: leave it out",
    "nopreempt": "use nopreempt",
    "preempt_delay": "use preempt_delay",
    "dont_track_primary": "a holder without network would keep its addresses: leave it out",
    "use_ipvlan": UNSEEN,
    **{keyword: f"use {keyword}: a plan tells whom it calls" for keyword in STATES},
}
"""What `instances.NAME.raw` must not say, and what to do instead."""

OF_BLOCKS = {
    "global_defs": "use raw.global_defs",
    "vrrp_instance": "use instances",
    "vrrp_sync_group": "use sync_groups",
    "vrrp_script": CHECKS,
    "vrrp_track_process": CHECKS,
    "track_process": CHECKS,
    "vrrp_track_file": CHECKS,
    "track_file": CHECKS,
    "instance": NO_COMPARISON,
    "net_namespace": UNSEEN,
    "use_pid_dir": UNSEEN,
}
"""What whole blocks must not be, and what to do instead."""


def _read(text: str, refused: Mapping[str, str]) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if problem := _unreadable(line):
            raise wrong("line {number}: {problem}", number=number, problem=problem)
    try:
        block = parse_blocks(text)
    except ValueError as error:
        raise wrong("{problem}", problem=str(error)) from None
    if not block:
        raise wrong("is empty: leave it out")
    for words, _ in block:
        if words[0] in refused:
            raise wrong("{word}: {instead}", word=words[0], instead=refused[words[0]])
    return text.rstrip()


def _unreadable(line: str) -> str | None:
    """Why a line is not one that means what it says, on every node and whenever it is read."""
    if not line.replace("\t", " ").isprintable():
        return "has a control character"
    code = re.sub(r'("[^"]*")|[#!].*', lambda part: part[1] or "", line).strip()
    if code.startswith("include"):
        return f"include: {NO_COMPARISON}. Put the text itself here, or name its file in raw.file"
    if re.match(r"[@~]", code) or re.search(r"\$[A-Za-z_{]", code):
        return f"{code.split()[0]}: {NO_COMPARISON}. Write the value itself"
    if code.endswith("\\"):
        return "ends in \\: write it on one line"
    if code.count('"') % 2:
        return 'a " is missing'
    return None


GlobalLines = Annotated[str, AfterValidator(lambda text: _read(text, OF_GLOBAL_DEFS))]
InstanceLines = Annotated[str, AfterValidator(lambda text: _read(text, OF_INSTANCE))]
Blocks = Annotated[str, AfterValidator(lambda text: _read(text, OF_BLOCKS))]


class Raw(Strict):
    """Text that goes into keepalived.conf as it is, on every node: for what the cluster file has no key for."""

    global_defs: GlobalLines | None = None
    """Lines for keepalived's `global_defs`, for keywords that the key of this name has not."""
    blocks: Blocks | None = None
    """Whole blocks, put after all others: `virtual_server 10.10.0.2 80 { … }`."""
    file: Blocks | None = None
    """A file with whole blocks, in the folder of the cluster file: `lvs.conf`."""
