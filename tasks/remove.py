"""Takes nodes out of a cluster for good: `pyinfra inventory.py tasks/remove.py --limit server02`.

Then take them out of the cluster file and run deploy.py.

--data force=true   also when no other node could serve
"""

from keepalived import deploys

deploys.remove()
