"""pyinfra facts about keepalived: one round trip reads a node."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pyinfra import host
from pyinfra.api import FactBase, FactProcessError, FactValueError, QuoteString, StringCommand
from typing_extensions import override

from keepalived.conf.connections_script import connections_command
from keepalived.observed.boot import IDENTITY, BootState, read_boot
from keepalived.observed.files import FoundFiles, read_files
from keepalived.observed.host import Beside
from keepalived.observed.node import NodeState
from keepalived.observed.packages import PackagesState, read_packages
from keepalived.observed.parts import UNREADABLE, ReportError, parts_of
from keepalived.observed.report import read_report
from keepalived.observed.swarm import SwarmState, Tasks, read_swarm, read_tasks
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.flag import Flag, is_drained
from keepalived.spec.plain_text import plain

T = TypeVar("T")
REPORTS = Path(__file__).parent / "scripts"
READ_FLAG = (REPORTS / "flag.sh").read_text(encoding="utf-8")
REPORT = READ_FLAG + (REPORTS / "node.sh").read_text(encoding="utf-8")


def _cluster() -> Cluster:
    cluster = host.data.get("cluster")
    if not isinstance(cluster, Cluster):
        raise FactValueError(f"{host.name} belongs to no cluster of group_data/*.yml: name the arguments")
    return cluster


def node_arguments(cluster: Cluster) -> dict[str, Any]:
    """What `Node` must be given when it is asked about a peer: pyinfra's `host` is then another one."""
    wanted = cluster.host
    asks_for_packages = wanted.packages or wanted.hold
    return {
        "flag": cluster.drain.flag,
        "check": cluster.drain.check,
        "addresses": cluster.addresses,
        "beside": {
            "sysctls": list(wanted.kernel),
            "packages": ["keepalived", *wanted.packages] if asks_for_packages else [],
            "networkd": wanted.keep_configuration,
            "firewall": wanted.firewall,
        },
    }


def _beside(given: object) -> Beside:
    try:
        return Beside.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("beside", *first["loc"])))
        raise FactValueError(f"{where}: {first['msg']} (known are {', '.join(Beside.model_fields)})") from None


class Node(FactBase[NodeState | None]):
    """
    All that a node can tell about its floating addresses, in one round trip. None: it could not be read.

    + flag: path of the file that drains the node (default: the cluster's)
    + check: how the flag is looked at, ``script`` or ``file`` (default: the cluster's)
    + addresses: the floating addresses, without prefix length (default: the cluster's)
    + journal: whether the journal is asked as well (it is the slowest part)
    + beside: what is asked for beside keepalived (default: the cluster's): ``sysctls``, a list of settings of the
      kernel by path below /proc/sys; ``packages``, a list of Debian packages; ``networkd``, whether it is
      asked; ``firewall``, which one: ``nftables``, ``ufw`` or ``firewalld``. On the command line it is JSON:
      ``beside='{"packages": ["haproxy"]}'``

    .. code:: python

        {
            "version": "2.2.7",
            "unit": {
                "load_state": "loaded",
                "active_state": "active",
                "sub_state": "running",
                "enabled": true,
                "since": "2026-01-31T09:12:44Z",
                "needs_reload": false,
                "current": true
            },
            "instances": {
                "VI_1": {
                    "state": "MASTER",
                    "base_priority": 3,
                    "effective_priority": 103,
                    "virtual_router_id": 51,
                    "version": 3,
                    "master_priority": 103,
                    "addresses": ["10.10.0.2"],
                    "last_transition": "2026-01-31T09:12:46Z",
                    "nopreempt": false,
                    "preempt_delay": 0
                }
            },
            "holds": ["10.10.0.2"],
            "interfaces": {"lo": ["127.0.0.1"], "enp0s3": ["10.10.0.3", "10.10.0.2"]},
            "macs": {"lo": "00:00:00:00:00:00", "enp0s3": "52:54:00:12:34:56"},
            "drained": false,
            "flag": {"path": "/var/lib/keepalived/releasevip", "present": false, "content": null, "since": null},
            "running_flag": {"path": "/var/lib/keepalived/releasevip", "present": false, …},
            "running_drained": false,
            "flag_seen": null,
            "flag_open": false,
            "configuration": {"applied": true, "origin": "deployed"},
            "journal": {
                "last_change": {"time": "2026-01-31T09:12:46Z", "instance": "VI_1", "state": "MASTER"},
                "adverts_from": []
            },
            "checks": {"web": {"status": 7, "since": "2026-01-31T10:02:01Z", "words": "curl: (7) Failed to connect"}},
            "connections": {"10.10.0.9": {"serves": 12, "passes_on_to": null}},
            "links_down": [],
            "boot": "5a1c5b7c-…/21",
            "checkpoint": null
        }
    """

    @override
    def command(
        self,
        flag: str | None = None,
        check: str | None = None,
        addresses: list[str] | None = None,
        journal: bool = True,
        beside: dict[str, Any] | None = None,
    ) -> StringCommand:
        if flag is None or check is None or addresses is None:
            cluster = node_arguments(_cluster())
            flag, check = flag or cluster["flag"], check or cluster["check"]
            addresses = cluster["addresses"] if addresses is None else addresses
            beside = cluster["beside"] if beside is None else beside
        others = _beside(beside or {})
        asked = json.dumps({"flag": flag, "check": check, "addresses": addresses})
        return StringCommand(
            StringCommand("asked=", QuoteString(asked), _separator=""),
            StringCommand(";journal=", "yes" if journal else "", _separator=""),
            StringCommand(";flag=", QuoteString(str(flag)), _separator=""),
            StringCommand(";configuration=", QuoteString(paths.CONFIGURATION), _separator=""),
            StringCommand(";drop_in=", QuoteString(paths.DROP_IN), _separator=""),
            StringCommand(";checkpoint=", QuoteString(paths.CHECKPOINT), _separator=""),
            StringCommand(";checks=", QuoteString(paths.SCRIPTS), _separator=""),
            StringCommand(";results=", QuoteString(paths.CHECK_RESULTS), _separator=""),
            StringCommand(";sysctl_file=", QuoteString(paths.SYSCTLS), _separator=""),
            StringCommand(";sysctls=", QuoteString(" ".join(others.sysctls)), _separator=""),
            StringCommand(";packages=", QuoteString(" ".join(others.packages)), _separator=""),
            StringCommand(";networkd=", "yes" if others.networkd else "", _separator=""),
            StringCommand(";firewall_name=", others.firewall or "", _separator=""),
            StringCommand(";firewall_policy=", QuoteString(paths.FIREWALLD_POLICY), _separator=""),
            StringCommand(";firewall=", QuoteString(paths.FIREWALL), _separator=""),
            StringCommand(";network_drop_in=", QuoteString(paths.NETWORK_DROP_IN), _separator=""),
            StringCommand(";networks=", QuoteString(paths.NETWORKS), _separator=""),
            StringCommand(";connections=", QuoteString(paths.CONNECTIONS), _separator=""),
            StringCommand(";lock=", QuoteString(paths.REPORT_LOCK), _separator=""),
            StringCommand(";memory=", QuoteString(paths.REPORT_MEMORY), _separator=""),
            StringCommand(";identity=", QuoteString(IDENTITY), _separator=""),
            f"\n{REPORT}",
        )

    @override
    def process(self, output: list[str]) -> NodeState | None:
        try:
            return read_report(output)
        except ReportError as error:
            raise FactProcessError(str(error)) from error


class Drained(FactBase[bool | None]):
    """
    Whether the node is drained, told by its flag. None: unknown.

    + flag: path of the file that drains the node (default: the cluster's)
    + check: how the flag is looked at, ``script`` or ``file`` (default: the cluster's)

    .. code:: python

        false
    """

    @override
    def command(self, flag: str | None = None, check: str | None = None) -> StringCommand:
        cluster = _cluster() if flag is None or check is None else None
        path = QuoteString(flag or cluster.drain.flag)  # type: ignore[union-attr]
        self.check = check or cluster.drain.check  # type: ignore[union-attr]
        shown = StringCommand("then echo present; read_flag", path, "| tail -n +2; else echo absent; fi")
        return StringCommand(f"{READ_FLAG}if [ -e", path, "];", shown)

    @override
    def process(self, output: list[str]) -> bool | None:
        if output[:1] not in (["present"], ["absent"]):
            return None
        return is_drained(self.check, Flag(path="", present=output[0] == "present", content="\n".join(output[1:])))


class Holds(FactBase[list[str] | None]):
    """
    Those of the floating addresses that the node's kernel has. None: unknown.

    + addresses: the addresses asked for, without prefix length (default: the cluster's)

    .. code:: python

        ["10.10.0.2"]
    """

    @override
    def command(self, addresses: list[str] | None = None) -> str:
        self.addresses = _cluster().addresses if addresses is None else addresses
        return "ip -o address show"

    @override
    def process(self, output: list[str]) -> list[str] | None:
        carried = set(re.findall(r"inet6? ([0-9a-fA-F.:]+)", "\n".join(output)))
        if not carried:  # not even that of lo
            return None
        return [address for address in self.addresses if address in carried]


class Obstacles(FactBase[list[str] | None]):
    """
    What keeps a node from having established connections live through a move, in words. None: it could not be read.

    + neighbours: the addresses of the other nodes (default: those of the cluster file)

    .. code:: python

        ["nft is not installed"]
    """

    @override
    def command(self, neighbours: list[str] | None = None) -> str:
        if neighbours is None:
            neighbours = [str(node.address) for node in _cluster().nodes.values()]
        return f"{connections_command('check', *neighbours)}; echo end"

    @override
    def process(self, output: list[str]) -> list[str] | None:
        return [plain(line) for line in output[:-1]] if output[-1:] == ["end"] else None


def _read(output: list[str], read: Callable[[dict[str, str]], T], what: str) -> T:
    try:
        return read({key: plain(text) for key, text in parts_of(output).items()})
    except ReportError as error:
        raise FactProcessError(str(error)) from error
    except UNREADABLE as error:
        raise FactProcessError(f"{what} cannot be read: it is not what it should be") from error


class Files(FactBase[FoundFiles | None]):
    """
    keepalived.conf of a node with all that it includes, whoever wrote it. None: it could not be read.

    Passwords are not shown.

    .. code:: python

        {
            "hostname": "server01",
            "interfaces": {"lo": ["127.0.0.1"], "enp0s3": ["10.10.0.3", "10.10.0.2"]},
            "files": {"/etc/keepalived/keepalived.conf": "vrrp_instance VI_1 {…"},
            "large": [],
            "programs": {"/usr/bin/test": true},
            "running": "vrrp_instance VI_1 {…",
            "config_id": ""
        }
    """

    @override
    def command(self) -> StringCommand:
        return StringCommand(
            StringCommand("configuration=", QuoteString(paths.CONFIGURATION), _separator=""),
            f"\n{(REPORTS / 'files.sh').read_text(encoding='utf-8')}",
        )

    @override
    def process(self, output: list[str]) -> FoundFiles:
        try:
            return read_files(parts_of(output))
        except ReportError as error:
            raise FactProcessError(str(error)) from error
        except UNREADABLE as error:
            raise FactProcessError("the node's files cannot be read: its report is not what it should be") from error


class Boot(FactBase[BootState | None]):
    """
    How the server has booted, and whether it asks for another boot. None: it could not be read.

    .. code:: python

        {
            "kernel": "6.1.0-27-amd64",
            "newest_kernel": "6.1.0-28-amd64",
            "reboot_required": false,
            "system": "running",
            "failed": [],
            "asks": "kernel 6.1.0-28-amd64 is installed, 6.1.0-27-amd64 runs"
        }
    """

    @override
    def command(self) -> str:
        return (REPORTS / "boot.sh").read_text(encoding="utf-8")

    @override
    def process(self, output: list[str]) -> BootState:
        return _read(output, read_boot, "the report of the boot")


class Packages(FactBase[PackagesState | None]):
    """
    What apt tells of keepalived and of the system's packages. None: it could not be read.

    .. code:: python

        {
            "installed": "1:2.2.7-1+b2",
            "offered": ["1:2.2.8-1", "1:2.2.7-1+b2"],
            "pending": ["keepalived", "libnftnl11"],
            "broken": false,
            "held": false,
            "stale": ["cron.service"]
        }
    """

    @override
    def command(self) -> str:
        return (REPORTS / "packages.sh").read_text(encoding="utf-8")

    @override
    def process(self, output: list[str]) -> PackagesState:
        return _read(output, read_packages, "what apt says")


class Swarm(FactBase[SwarmState | None]):
    """
    The Docker Swarm as this server tells of it. None: it could not be read.

    .. code:: python

        {
            "node_id": "x1k9…",
            "state": "active",
            "members": {
                "x1k9…": {
                    "id": "x1k9…",
                    "hostname": "server01",
                    "status": "Ready",
                    "availability": "Active",
                    "manager": "Leader"
                }
            },
            "cluster_id": "u7r2…"
        }
    """

    @override
    def command(self) -> str:
        return (REPORTS / "swarm.sh").read_text(encoding="utf-8")

    @override
    def process(self, output: list[str]) -> SwarmState:
        return _read(output, read_swarm, "what docker says of the swarm")


class SwarmTasks(FactBase[Tasks | None]):
    """
    The tasks of the swarm, asked of a manager. None: they could not be read.

    + node: the id of the node whose tasks are told apart

    .. code:: python

        {
            "here": [],
            "all": [
                {
                    "name": "web.1",
                    "node": "server01",
                    "desired": "Running",
                    "current": "Running 2 hours ago",
                    "error": ""
                }
            ]
        }
    """

    @override
    def command(self, node: str) -> StringCommand:
        return StringCommand(
            StringCommand("node=", QuoteString(node), _separator=""),
            f"\n{(REPORTS / 'swarm_tasks.sh').read_text(encoding='utf-8')}",
        )

    @override
    def process(self, output: list[str]) -> Tasks:
        return _read(output, read_tasks, "what docker says of the tasks")
