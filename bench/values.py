"""The settings that are held against each other, as cluster files: what decides how soon an address moves."""

from __future__ import annotations

from bench.taking import ORIGINS_VALUES, cluster

FASTEST = 0.04
"""The shortest `advert_int` that is offered as safe: see what the group `fastest` finds."""

QUICK = 0.25
"""The longest with which a drain moves within a second: three of them and the skew."""

SETTINGS = {
    "the blog post's values": ORIGINS_VALUES,
    "our defaults": cluster(),
    "`check: file`": cluster(more="drain: {check: file}\n"),
    f"`check: file`, `advert_int: {QUICK}`": cluster(more=f"drain: {{check: file}}\nadvert_int: {QUICK}\n"),
    f"`check: file`, `advert_int: {FASTEST}`": cluster(more=f"drain: {{check: file}}\nadvert_int: {FASTEST}\n"),
}


def flag(cluster_file: str) -> str:
    """Where the flag lies by it."""
    return "/tmp/releasevip" if "/tmp/releasevip" in cluster_file else "/var/lib/keepalived/releasevip"  # noqa: S108
