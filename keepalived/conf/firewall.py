"""The script that lets adverts pass the firewall of a node. Reads only the templates."""

from __future__ import annotations

from keepalived.conf.host import WRITTEN_BY
from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster

RULE_NAME = "floating-address"
"""The comment of each rule of this project, and the name of its policy."""
UFW_COMMENT = f"comment={RULE_NAME.encode().hex()}"
"""The same as ufw keeps it."""


def firewall_text(cluster: Cluster) -> str | None:
    """The script; None: none is asked for."""
    if cluster.host.firewall is None:
        return None
    return environment.get_template(f"firewall.{cluster.host.firewall}.sh.j2").render(
        cluster=cluster, name=RULE_NAME, ufw_comment=UFW_COMMENT, policy=paths.FIREWALLD_POLICY
    )


def firewall_drop_in(cluster: Cluster) -> str | None:
    """What has nftables.service run that script after its own rules. None: the firewall keeps the rule itself."""
    if cluster.host.firewall != "nftables":
        return None
    lines = [f"ExecStartPost={paths.FIREWALL}", f"ExecReload={paths.FIREWALL}"]
    return WRITTEN_BY.format(cluster.name) + "\n".join(["[Service]", *lines, ""])
