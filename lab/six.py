"""IPv6 beside IPv4 in a lab: the operator has fd00:10::1, server01 fd00:10::11, and so on, also after a boot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from lab.lab import Lab
from lab.places import OPERATOR_INTERFACE

OWN_SIX = """\
cat > /etc/systemd/system/six.service <<END
[Unit]
Before=keepalived.service
[Service]
Type=oneshot
ExecStart=/usr/sbin/ip address replace fd00:10::1$(hostname | tail -c 2)/64 dev enp0s3 nodad
[Install]
WantedBy=multi-user.target
END
systemctl enable --now --quiet six"""


def give_six(lab: Lab) -> None:
    """Gives the operator's machine and every host an address; of nine hosts at most."""
    lab.operator(["ip", "address", "replace", "fd00:10::1/64", "dev", OPERATOR_INTERFACE, "nodad"], check=True)
    with ThreadPoolExecutor(len(lab.hosts)) as pool:
        list(pool.map(lambda host: host.succeed(OWN_SIX), lab.hosts.values()))
