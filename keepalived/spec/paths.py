"""Every path that this project writes or reads on a node. Pure."""

from __future__ import annotations

CONFIGURATION = "/etc/keepalived/keepalived.conf"
STAGED = f"{CONFIGURATION}.staged"
"""The new configuration, tested before it replaces the one in place."""

REPLACED = f"{CONFIGURATION}.replaced"
"""The beginning of the name under which a keepalived.conf is kept that somebody else wrote or changed."""

DROP_IN = "/etc/systemd/system/keepalived.service.d/floating-address.conf"

STAGED_DROP_IN = f"{DROP_IN}.staged"
"""The new drop-in until it is the node's turn: systemd reads only names that end in .conf."""

SCRIPTS = "/etc/keepalived/checks"
"""The scripts that keepalived runs, checks and others. Their names change with their content."""

CHECK_RESULTS = "/run/keepalived/checks"
"""What each check has said last: it is gone when keepalived ends."""

CONNECTIONS = "/run/keepalived-connections"
"""What is remembered of established connections that live through a move; also in scripts/connections.sh."""

FLAG = "/var/lib/keepalived/releasevip"
"""The default of `drain.flag`: the file that drains a node."""

CHECKPOINT = "/var/lib/keepalived/maintenance"
"""How far a reboot or an upgrade of the node has come (observed/checkpoint.py)."""

DRAINED_THIS_BOOT = "/run/keepalived-drained"
"""Made with every flag that says `until: reboot`, and removed by a boot. Where it is missing when keepalived starts,
the unit's drop-in removes such a flag first."""

SYSCTLS = "/etc/sysctl.d/60-floating-address.conf"
"""What systemd-sysctl reads at each boot."""

NETWORKS = "/etc/systemd/network"
NETWORK_DROP_IN = "floating-address.conf"
"""The name of a drop-in beside a .network file of systemd-networkd."""

PREEMPT_LOCK = "/run/keepalived-preempt.lock"
"""Held by whoever has the daemon run without `nopreempt`: there is one file for all."""

FIREWALL = "/etc/keepalived/firewall.sh"
"""Lets adverts in; with `remove` no more. Made for one firewall."""

FIREWALL_DROP_IN = "/etc/systemd/system/nftables.service.d/floating-address.conf"
"""Has nftables.service run it each time after its own rules."""

FIREWALLD_POLICY = "/etc/firewalld/policies/floating-address.xml"

REPORT_LOCK = "/run/keepalived-report.lock"
"""Held by whoever asks the daemon for its dump: there is one file for all."""

REPORT_MEMORY = "/run/keepalived-report.binary"
"""What the installed binary says of itself, which is asked of each binary once."""
