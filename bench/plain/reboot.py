"""Reboots all nodes side by side, and waits until they can be reached again.

As pyinfra's own `server.reboot` does, but for its look at /proc/uptime: lab hosts have that of their machine.
"""

from time import monotonic, sleep

from pyinfra import host
from pyinfra.api.exceptions import ConnectError
from pyinfra.operations import python, server

DELAY_SECONDS, REBOOT_SECONDS = 5, 120


def reconnect() -> None:
    """Comes back when the node does."""
    host.disconnect()
    sleep(DELAY_SECONDS)
    deadline = monotonic() + REBOOT_SECONDS
    while True:
        try:
            host.connect(raise_exceptions=True, show_errors=False)
            return
        except ConnectError:
            if monotonic() > deadline:
                raise
            sleep(1)


server.shell(name="Reboot", commands=["( sleep 1 && reboot ) </dev/null >/dev/null 2>&1 &"])
python.call(name="Wait until it is back", function=reconnect)
