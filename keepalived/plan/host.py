"""What a node lacks of what the cluster file asks for beside keepalived, and has too much. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from keepalived.conf.adverts import advert_settings
from keepalived.conf.firewall import firewall_text
from keepalived.conf.host import is_ours, settings_in, sysctl_text
from keepalived.observed.host import HostState
from keepalived.observed.node import NodeState
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.host import FirewallName

FIREWALL_WORDS: dict[FirewallName, str] = {
    "nftables": "nftables",
    "ufw": "ufw",
    "firewalld": "firewalld, which is reloaded: what is not permanent in it is lost",
}


class HostWork(NamedTuple):
    """What must be done on one node."""

    install: tuple[str, ...] = ()
    """Packages that are missing."""
    hold: bool = False
    sysctls: Mapping[str, str] = MappingProxyType({})
    """Settings of the kernel that have another value, or whose file is not right."""
    put_sysctls: bool = False
    left: tuple[str, ...] = ()
    """Settings that the file on the node has and will not have: nobody knows which value they had before."""
    remove: tuple[str, ...] = ()
    """Files of this project that are needed no more."""
    keep: tuple[str, ...] = ()
    """Drop-ins for systemd-networkd that are missing."""
    put_firewall: FirewallName | None = None
    """The firewall that must get its rule, or the script that makes it."""
    remove_firewall: bool = False
    """The rule and its script on the node are needed no more: there shall be none, or another."""

    @property
    def due(self) -> bool:
        """Whether there is anything to do."""
        return any(self)

    @property
    def words(self) -> list[str]:
        """The same for whoever reads the plan."""
        return [
            *(f"install {name}" for name in self.install),
            *(f"set {name} to {value}" for name, value in self.sysctls.items()),
            *([f"write {paths.SYSCTLS}"] if self.put_sysctls else []),
            *(f"write {path}" for path in self.keep),
            *(f"remove {path}" for path in self.remove),
            *(f"{name} keeps its value until the next boot" for name in self.left),
            *([f"remove {paths.FIREWALL} and its rules"] if self.remove_firewall else []),
            *([f"let adverts pass {FIREWALL_WORDS[self.put_firewall]}"] if self.put_firewall else []),
            *(["hold the package keepalived"] if self.hold else []),
        ]


def host_work(cluster: Cluster, node: NodeState | None, configuration: str) -> HostWork:
    """What must be done on `node`, which may not have been read, for this keepalived.conf to run there."""
    wanted, found = cluster.host, (node.host if node else HostState())
    text, script = sysctl_text(cluster), firewall_text(cluster)
    kept = _drop_ins(cluster, node, configuration) if node and wanted.keep_configuration else []
    return HostWork(
        install=tuple(name for name in wanted.packages if found.packages.get(name, "")[1:2] != "i"),
        hold=wanted.hold and found.packages.get("keepalived", "")[:1] != "h",
        sysctls={name: value for name, value in wanted.kernel.items() if found.sysctls.get(name) != value},
        put_sysctls=text is not None and found.sysctl_file != text,
        left=tuple(
            name
            for name in settings_in(found.sysctl_file or "")
            if name not in wanted.kernel and is_ours(found.sysctl_file)
        ),
        remove=(
            *([paths.SYSCTLS] if text is None and is_ours(found.sysctl_file) else []),
            *(path for path in found.kept if path not in kept),
        ),
        keep=tuple(path for path in kept if path not in found.kept),
        put_firewall=wanted.firewall if found.firewall_file != script or found.firewall_loaded is False else None,
        remove_firewall=is_ours(found.firewall_file) and found.firewall_file != script,
    )


def in_the_way(cluster: Cluster, node: NodeState) -> list[str]:
    """The files of somebody else where the cluster file asks for one of this project."""
    found = node.host
    wanted = (
        (paths.SYSCTLS, sysctl_text(cluster), found.sysctl_file),
        (paths.FIREWALL, firewall_text(cluster), found.firewall_file),
    )
    return [path for path, text, there in wanted if text is not None and there is not None and not is_ours(there)]


def _drop_ins(cluster: Cluster, node: NodeState, configuration: str) -> list[str]:
    """The drop-ins for the interfaces that may carry floating addresses."""
    named = {settings.interface for settings in advert_settings(configuration).values()}
    named |= {address.dev for instance in cluster.instances.values() for address in instance.floating if address.dev}
    files = dict.fromkeys(file for name, file in node.host.networks.items() if name in named)
    return [f"{paths.NETWORKS}/{PurePosixPath(file).name}.d/{paths.NETWORK_DROP_IN}" for file in files]
