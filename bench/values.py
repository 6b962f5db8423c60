"""The settings that are held against each other, as cluster files: what decides how soon an address moves."""

from __future__ import annotations

from bench.taking import ORIGINS_VALUES, cluster

FASTEST, STEP = 0.04, 30
"""The shortest `advert_int` that is offered as safe: see what the group `fastest` finds. With a `priority_step` of 1
the timers of two backups would lie 0.16 ms apart, with 30 nearly 5 ms: so that two of them never take over together."""

QUICK = 0.25
"""The longest with which a drain moves within a second: three of them and the skew."""


def quick(interval: float) -> str:
    """A cluster file for such adverts."""
    return cluster(more=f"drain: {{check: file}}\nadvert_int: {interval}\npriority_step: {STEP}\n")


SETTINGS = {
    "the blog post's values": ORIGINS_VALUES,
    "our defaults": cluster(),
    "`check: file`": cluster(more="drain: {check: file}\n"),
    f"`check: file`, `advert_int: {QUICK}`": cluster(more=f"drain: {{check: file}}\nadvert_int: {QUICK}\n"),
    f"`check: file`, `advert_int: {FASTEST}`, `priority_step: {STEP}`": quick(FASTEST),
}


def flag(cluster_file: str) -> str:
    """Where the flag lies by it."""
    return "/tmp/releasevip" if "/tmp/releasevip" in cluster_file else "/var/lib/keepalived/releasevip"  # noqa: S108
