"""What in a keepalived.conf keeps a drain from moving an address. Pure."""

from __future__ import annotations

from keepalived.spec.blocks import Block, first, parse_blocks


def drain_obstacles(text: str) -> dict[str, str]:
    """By instance, what in a configuration keeps a drain from working (keepalived.conf(5)), in words."""
    top = parse_blocks(text)
    words = {line[0] for line, _ in first(top, "global_defs")}
    scripts = {line[1]: block for line, block in top if line[0] == "vrrp_script" and len(line) > 1}
    files = {line[1] for line, _ in top if line[0] in ("track_file", "vrrp_track_file") and len(line) > 1}
    groups = [
        ([name for names, _ in first(block, "group") for name in names], block)
        for line, block in top
        if line[0] == "vrrp_sync_group"
    ]
    found = {}
    for line, block in top:
        if line[:1] != ["vrrp_instance"] or len(line) < 2:
            continue
        group = next((block for words, block in groups if line[1] in words), None)
        tracked = _tracked(block if group is None else group)
        users = [line[0] for name in tracked & scripts.keys() for line, _ in scripts[name]]
        if not tracked & (scripts.keys() | files):
            found[line[1]] = "no check that looks at a flag"
        elif tracked & scripts.keys() and "script_user" not in words and "user" not in users:
            found[line[1]] = "a check without script_user: keepalived may have removed it for want of a user"
    return found


def _tracked(block: Block) -> set[str]:
    """The checks of a block. In an instance of a sync group only the group's own count: keepalived drops the others."""
    return {name for kind in ("track_script", "track_file") for (name, *_), _ in first(block, kind)}
