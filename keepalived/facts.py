"""pyinfra facts about keepalived: one round trip reads a node."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FactProcessError, FactValueError, QuoteString, StringCommand
from typing_extensions import override

from keepalived import configuration
from keepalived.cluster import Cluster
from keepalived.flag import Flag, is_drained
from keepalived.node_report import ReportError, read_report
from keepalived.node_state import NodeState

# Every part of the report is a line KEY BASE64; a part that is not to be had is left out. The last line is `end`: what
# was cut short says nothing, rather than that there is no flag.
#
# The daemon is asked for its JSON dump by a signal, and only while systemd says it is up: before that it has no handler
# and would die of it. It renames the file into place before it writes it, so the end of the JSON is waited for, for a
# second at most. It writes to $TMPDIR, ours or that of whoever started it.
REPORT = r"""
export LC_ALL=C; runs_with=
say() { printf '%s ' "$1"; base64 -w 0; echo; }
echo "asked $asked"
if command -v keepalived >/dev/null; then keepalived --version 2>&1 | head -n 1 | say version; fi
show="systemctl show keepalived.service -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
  -p MainPID -p ExecMainStartTimestamp"
unit=$($show --timestamp=us+utc 2>/dev/null || $show)  # before systemd 248 there is no --timestamp
printf '%s\n' "$unit" | say unit
stat -c %.Y /etc/systemd/system/keepalived.service.d/*.conf 2>/dev/null | say drop_ins
ip -j address show | say addresses
if [ -e "$flag" ]; then stat -L -c %Y "$flag"; head -c 4096 "$flag"; fi | say flag
stat -c %a "$(dirname "$flag")" 2>/dev/null | say flag_folder
if [ -e "$configuration" ]; then say configuration < "$configuration"; fi
pid=$(printf '%s\n' "$unit" | sed -n 's/^MainPID=//p')
if [ "${pid:-0}" -gt 0 ]; then
  file=$(find /proc/"$pid"/fd -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
  if [ -n "$file" ]; then
    say running < "$file"
    runs_with=$(sed -n 's|^script "/usr/bin/test ! -e \(.*\)"$|\1|p; s|^file "\(.*\)"$|\1|p' "$file" | head -n 1)
  fi
fi
if [ -n "$runs_with" ]; then
  { echo "$runs_with"; if [ -e "$runs_with" ]; then stat -L -c %Y "$runs_with"; head -c 4096 "$runs_with"; fi; } |
    say running_flag
fi
if [ "${pid:-0}" -gt 0 ] && [ -e "$flag" ]; then
  if [ -e "/proc/$pid/root$flag" ]; then echo yes; else echo no; fi | say flag_seen
fi
if [ -n "$journal" ] && command -v journalctl >/dev/null; then
  look="journalctl --quiet --no-pager --unit keepalived.service --output short-unix"
  { $look --lines 1 --grep 'Entering [A-Z]+ STATE'; $look --since '-10 s' --grep 'advert from'; } 2>/dev/null |
    say journal
fi
case $unit in *ActiveState=active*)
  folder=$(tr '\0' '\n' < /proc/"$pid"/environ | sed -n 's/^TMPDIR=//p')
  dump=/proc/$pid/root${folder:-/tmp}/keepalived.json
  exec 9>/run/keepalived-report.lock; flock -w 3 9  # there is one dump for all who ask
  rm -f "$dump"
  if kill -s "$(keepalived --signum=JSON)" "$pid"; then
    tries=0
    while case $(tail -c 2 "$dump" 2>/dev/null) in *']') false;; esac && [ $tries -lt 50 ]; do
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
    + journal: whether the journal is asked as well (it is the slowest part)

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
            "macs": {"lo": "00:00:00:00:00:00", "enp0s3": "52:54:00:12:34:56"},
            "drained": false,
            "flag": {"path": "/var/lib/keepalived/releasevip", "present": false, "content": null, "since": null},
            "running_flag": {"path": "/var/lib/keepalived/releasevip", "present": false, …},
            "running_drained": false,
            "flag_seen": null,
            "flag_open": false,
            "configuration": {"sha256": "9d3c…", "applied": true, "running": "51ab…", "origin": "deployed"},
            "journal": {
                "last_change": {"time": "2026-01-31T09:12:46Z", "instance": "VI_1", "state": "MASTER"},
                "adverts_from": []
            }
        }
    """

    @override
    def command(
        self,
        flag: str | None = None,
        check: str | None = None,
        addresses: list[str] | None = None,
        journal: bool = True,
    ) -> StringCommand:
        if flag is None or check is None or addresses is None:
            cluster = node_arguments(_cluster())
            flag, check = flag or cluster["flag"], check or cluster["check"]
            addresses = cluster["addresses"] if addresses is None else addresses
        asked = json.dumps({"flag": flag, "check": check, "addresses": addresses})
        return StringCommand(
            StringCommand("asked=", base64.b64encode(asked.encode()).decode(), _separator=""),
            StringCommand(";journal=", "yes" if journal else "", _separator=""),
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
