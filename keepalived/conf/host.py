"""The files that a node gets beside those of keepalived, but for its firewall. Pure."""

from __future__ import annotations

from keepalived.spec.cluster import Cluster

MARK = "# Written by pyinfra deploy.py from "
WRITTEN_BY = MARK + "group_data/{}.yml: edit that file, the next deploy replaces this one.\n"
KEPT = "[Network]\nKeepConfiguration=static\n"


def is_ours(text: str | None) -> bool:
    """Whether a file on a node is one that deploy.py has written, whoever has edited it since."""
    return text is not None and any(line.startswith(MARK) for line in text.splitlines())


def sysctl_text(cluster: Cluster) -> str | None:
    """What systemd-sysctl reads at each boot; None: nothing."""
    settings = cluster.host.kernel
    if not settings:
        return None
    return WRITTEN_BY.format(cluster.name) + "".join(f"{name} = {value}\n" for name, value in settings.items())


def settings_in(text: str) -> list[str]:
    """The settings of the kernel in such a file, by their paths below /proc/sys."""
    return [line.partition("=")[0].strip() for line in text.splitlines() if "=" in line and not line.startswith("#")]


def network_text(cluster: Cluster) -> str:
    """What systemd-networkd reads beside a .network file."""
    return WRITTEN_BY.format(cluster.name) + KEPT
