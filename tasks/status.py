"""Who holds what, and what is wrong: `pyinfra inventory.py tasks/status.py`. Ends with 0 (healthy) or 1.

--data format=json   one JSON document on stdout, described in docs/status.md
--data watch=true    draws again and again until Ctrl-C
"""

from keepalived import deploys

deploys.status()
