"""Puts nodes back in service: `pyinfra inventory.py tasks/restore.py --limit server02`.

What a reboot or upgrade that did not end has left is ended too.
"""

from pyinfra import host

from keepalived.cli.options import RestoreOptions, read
from keepalived.operations import restore

read(RestoreOptions, host.data.get)
restore.plan()
restore.restore(name="Restore the node and see it hold what it should")
