"""Takes nodes out of a cluster for good: `pyinfra inventory.py tasks/remove.py --limit server02`.

Then take them out of the cluster file and run deploy.py.

--data force=true   also when no other node could serve
"""

from pyinfra import host
from pyinfra.operations import apt

from keepalived.cli.options import RemoveOptions, read
from keepalived.operations import remove

options = read(RemoveOptions, host.data.get)
remove.plan(options)  # refused here, before anything is done on any host
remove.stopped(name="Drain the node and stop keepalived", force=options.force)
remove.files_removed(name="Remove its files")
apt.packages(
    name="Remove the package",
    packages=["keepalived"],
    present=False,
    purge=True,
    extra_uninstall_args="-o DPkg::Lock::Timeout=300",  # unattended-upgrades may be at it
)
