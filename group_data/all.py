"""How to connect, for every host.

Everything that pyinfra's SSH connector knows may stand here (ssh_user, ssh_port, ssh_key, …); what is not set comes
from ~/.ssh/config. A node is connected to by its address in the cluster file, so a stanza there begins with
`Host server01 10.10.0.3`; one with a HostName (`Host server01`, `HostName 192.0.2.3`) is gone by instead.
"""

from keepalived.run.connections import watched

# A node that dies after it was connected to is noticed within 10 s (channel_timeout) or 25 s (watched).
ssh_paramiko_connect_kwargs = {"channel_timeout": 10, "transport_factory": watched}
ssh_strict_host_key_checking = "yes"  # a host whose key is not in known_hosts is not talked to
