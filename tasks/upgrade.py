"""Upgrades keepalived on the nodes of each cluster one after the other: `pyinfra inventory.py tasks/upgrade.py`.

--data version=1:2.2.7-1+b2      that version, also an older one; a pattern (1:2.2.*) takes the best that matches
--data packages=all              the whole system instead
--data reason="security update"  why, for status and the node's journal
--data force=true                also when no other node could serve
"""

from keepalived import deploys

deploys.upgrade()
