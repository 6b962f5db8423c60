"""Reboots the nodes of each cluster one after the other: `pyinfra inventory.py tasks/reboot.py`.

--data only=required             only nodes that ask for it: /run/reboot-required, or a newer kernel installed
--data reason="kernel upgrade"   why, for status and the node's journal
--data resume=no                 an earlier run that did not end is not continued: all begin anew
--data force=true                also when no other node could serve
"""

from keepalived import deploys

deploys.reboot()
