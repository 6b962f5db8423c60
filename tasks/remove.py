"""Takes nodes out of a cluster for good: `pyinfra inventory.py tasks/remove.py --limit server02`.

Then take them out of the cluster file and run deploy.py.

--data force=true   also when no other node could serve
"""

from pyinfra.operations import apt

from keepalived.operations import remove as removal
from keepalived.run.commands import forced

removal.planned()  # refused here, before anything is done on any host
removal.drained(name="Drain the node and see another one hold its addresses", force=forced())
removal.stopped(name="Stop keepalived")
removal.files_removed(name="Remove its files")
apt.packages(
    name="Remove the package",
    packages=["keepalived"],
    present=False,
    purge=True,
    extra_uninstall_args="-o DPkg::Lock::Timeout=300",  # unattended-upgrades may be at it
)
