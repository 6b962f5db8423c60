"""Installs and configures keepalived on every node: `pyinfra inventory.py deploy.py`.

--data adopt=true    also where somebody else wrote keepalived.conf: it is replaced, and a copy is kept
--data resume=true   also where another deploy has drained a node within the last five minutes, and has died
--data force=true    also where an address would have no holder, or two, for some seconds
"""

from keepalived import deploys

deploys.deploy()
