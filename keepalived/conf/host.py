"""The files that a node gets beside those of keepalived. Reads only the templates."""

from __future__ import annotations

from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

WRITTEN_BY = (
    "# Written by pyinfra deploy.py from group_data/{}.yml: edit that file, the next deploy replaces this one.\n"
)
KEPT = "[Network]\nKeepConfiguration=static\n"


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


def firewall_text(cluster: Cluster) -> str | None:
    """The script that lets adverts in; None: none is asked for."""
    if cluster.host.firewall is None:
        return None
    return environment.get_template("firewall.sh.j2").render(cluster=cluster)


def firewall_drop_in(cluster: Cluster) -> str:
    """What has nftables.service run that script after its own rules."""
    lines = [f"ExecStartPost={paths.FIREWALL}", f"ExecReload={paths.FIREWALL}"]
    return WRITTEN_BY.format(cluster.name) + "\n".join(["[Service]", *lines, ""])
