"""Puts nodes back in service: `pyinfra inventory.py tasks/restore.py --limit server02`.

What a reboot or upgrade that did not end has left is ended too.
"""

from keepalived import deploys

deploys.restore()
