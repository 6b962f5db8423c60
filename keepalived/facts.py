"""pyinfra facts about keepalived: one round trip reads a node."""

from __future__ import annotations

import json
import re
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FactProcessError, FactValueError, QuoteString, StringCommand
from typing_extensions import override

from keepalived import configuration
from keepalived.cluster import Cluster
from keepalived.node_report import ReportError, read_report
from keepalived.node_state import Flag, NodeState, is_drained

# Every part of the report is a line KEY BASE64; a part that is not to be had is left out. The last line is `end`: what
# was cut short says nothing, rather than that there is no flag.
#
# The daemon is asked for its JSON dump by a signal, and only while systemd says it is up: before that it has no handler
# and would die of it. It renames the file into place before it writes it, so the end of the JSON is waited for, for a
# second at most. It writes to $TMPDIR, ours or that of whoever started it.
REPORT = r"""
export LC_ALL=C; runs_with=
say() { printf '%s ' "$1"; base64 -w 0; echo; }
printf '%s' "$asked" | say asked
if command -v keepalived >/dev/null; then keepalived --version 2>&1 | head -n 1 | say version; fi
show="systemctl show keepalived.service -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
  -p MainPID -p ExecMainStartTimestamp"
unit=$($show --timestamp=us+utc 2>/dev/null || $show)  # before systemd 248 there is no --timestamp
printf '%s\n' "$unit" | say unit
stat -c %.Y /etc/systemd/system/keepalived.service.d/*.conf 2>/dev/null | say drop_ins
ip -j address show | say addresses
if [ -e "$flag" ]; then stat -c %Y "$flag"; head -c 4096 "$flag"; fi | say flag
if [ -e "$configuration" ]; then say configuration < "$configuration"; fi
pid=$(printf '%s\n' "$unit" | sed -n 's/^MainPID=//p')
if [ "${pid:-0}" -gt 0 ]; then
  for file in /proc/"$pid"/fd/*; do
    case $(readlink "$file") in /memfd:/keepalived/consolidated_configuration*)
      say running < "$file"
      runs_with=$(sed -n 's|^script "/usr/bin/test ! -e \(.*\)"$|\1|p; s|^file "\(.*\)"$|\1|p' "$file" | head -n 1)
      break;;
    esac
  done
fi
if [ -n "$runs_with" ]; then
  { printf '%s\n' "$runs_with"; if [ -e "$runs_with" ]; then stat -c %Y "$runs_with"; head -c 4096 "$runs_with"; fi; } |
    say running_flag
fi
case $unit in *ActiveState=active*)
  folder=$(tr '\0' '\n' < /proc/"$pid"/environ | sed -n 's/^TMPDIR=//p')
  dump=/proc/$pid/root${folder:-/tmp}/keepalived.json
  rm -f "$dump"
  if kill -s "$(keepalived --signum=JSON)" "$pid"; then
    tries=0
    until [ "$(tail -c 2 "$dump" 2>/dev/null | tr -d '\n' | tail -c 1)" = ']' ] || [ $tries -ge 50 ]; do
      sleep 0.02; tries=$((tries + 1))
    done
    if [ -s "$dump" ]; then say dump < "$dump"; fi
    rm -f "$dump"
  fi;;
esac
echo end
"""


def _cluster() -> Cluster:
    cluster = host.data.get("cluster")
    if not isinstance(cluster, Cluster):
        raise FactValueError(f"{host.name} belongs to no cluster of group_data/*.yml: name the arguments")
    return cluster


def node_arguments(cluster: Cluster) -> dict[str, Any]:
    """What `Node` must be given when it is asked about a peer: pyinfra's `host` is then another one."""
    return {"flag": cluster.drain.flag, "check": cluster.drain.check, "addresses": cluster.addresses}


class Node(FactBase[NodeState | None]):
    """
    All that a node can tell about its floating addresses, in one round trip. None: it could not be read.

    + flag: path of the file that drains the node (default: the cluster's)
    + check: how the flag is looked at, ``script`` or ``file`` (default: the cluster's)
    + addresses: the floating addresses, without prefix length (default: the cluster's)

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
                    "last_transition": "2026-01-31T09:12:46Z"
                }
            },
            "holds": ["10.10.0.2"],
            "interfaces": {"lo": ["127.0.0.1"], "enp0s3": ["10.10.0.3", "10.10.0.2"]},
            "drained": false,
            "flag": {"path": "/var/lib/keepalived/releasevip", "present": false, "content": null, "since": null},
            "running_flag": {"path": "/var/lib/keepalived/releasevip", "present": false, …},
            "running_drained": false,
            "configuration": {"sha256": "9d3c…", "applied": true, "running": "51ab…"}
        }
    """

    @override
    def command(
        self, flag: str | None = None, check: str | None = None, addresses: list[str] | None = None
    ) -> StringCommand:
        if flag is None or check is None or addresses is None:
            cluster = node_arguments(_cluster())
            flag, check = flag or cluster["flag"], check or cluster["check"]
            addresses = cluster["addresses"] if addresses is None else addresses
        asked = json.dumps({"flag": flag, "check": check, "addresses": addresses})
        return StringCommand(
            StringCommand("asked=", QuoteString(asked), _separator=""),
            StringCommand(";flag=", QuoteString(str(flag)), _separator=""),
            StringCommand(";configuration=", QuoteString(configuration.PATH), _separator=""),
            REPORT,
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
        return StringCommand("if [ -e", path, "]; then echo present; head -c 4096", path, "; else echo absent; fi")

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
