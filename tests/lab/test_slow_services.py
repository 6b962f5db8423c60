"""A node that boots by itself, and whose service takes its time: whom the clients of the address reach meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from lab.operator import ADDRESS, DEPLOY, SHIPPED, Operator

UNIT = "slow.service"
SERVE = (
    "/usr/bin/perl -MIO::Socket::INET -e "
    "'$$all = IO::Socket::INET->new(LocalPort => 8080, Listen => 50, ReuseAddr => 1) or die; "
    "while ($$one = $$all->accept) { close $$one }'"
)
SERVICE = f"""
cat > /etc/systemd/system/{UNIT} <<'END'
[Service]
Type=exec
ExecStartPre=/bin/sleep SECONDS
ExecStart={SERVE}
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl enable --quiet {UNIT}; systemctl restart {UNIT}
"""
CLIENT = f"""
import json, socket, sys, threading, time
seen = {{"served": 0, "refused": []}}
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
while not done.wait(0.05):
    try:
        socket.create_connection(("{ADDRESS}", 8080), timeout=0.5).close()
        seen["served"] += 1
    except ConnectionRefusedError:
        seen["refused"].append(time.time())
    except OSError:
        pass
print(json.dumps(seen))
"""


def after_a_power_cut(managers: Operator) -> tuple[int, int]:
    """The first node loses its power and boots: how many connections were served, and refused after the boot."""
    client = managers.lab.operator_popen([sys.executable, "-c", CLIENT], stdin=subprocess.PIPE)
    managers.server01.crash()
    managers.sees_holder("server02")
    booting = time.time()
    managers.server01.boot()
    managers.sees_holder("server01", seconds=60)
    managers.sees(
        "the service", lambda: managers.server01.execute(f"systemctl is-active {UNIT}").stdout, "active\n", 60
    )
    out, _ = client.communicate()
    seen = json.loads(out)
    # What is left of a host for a moment after its power cut refuses as well: the lab's namespace of its network.
    refused = sum(when > booting for when in seen["refused"])
    print(f"{seen['served']} connections served, {refused} refused after the boot")
    return seen["served"], refused


def test_the_address_comes_back_when_what_serves_it_is_up(redeployed: Operator) -> None:
    for name, host in redeployed.hosts.items():
        host.succeed(SERVICE.replace("SECONDS", "6" if name == "server01" else "0"), timeout=60)
        redeployed.afterwards(host, f"systemctl disable --now {UNIT}; rm -f /etc/systemd/system/{UNIT}")
    served, refused = after_a_power_cut(redeployed)
    assert served > 0
    assert refused > 0  # the address is back some seconds before its service is

    redeployed.writes(f"{SHIPPED}start_after: [{UNIT}]\n")
    redeployed.types(DEPLOY)
    redeployed.sees_holder("server01")
    served, refused = after_a_power_cut(redeployed)
    assert served > 0
    assert refused == 0
