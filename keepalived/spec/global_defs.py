"""keepalived's settings for all instances, as the cluster file has them. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from keepalived.spec.fields import HOST_NAME, FilePath, Within, matching, wrong
from keepalived.spec.lines import lines_of
from keepalived.spec.strict import Strict

MOST_SECONDS = 3600
MOST_REPEATS = 100
GROUP4 = re.compile(r"224\.0\.0\.([1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-4])")
GROUP6 = re.compile(r"ff02::[0-9a-f]{1,4}")


def _read_interval(value: float) -> float:
    if not 0.000001 <= value <= 1:  # NaN is not
        raise wrong("{value} is not in 0.000001..1", value=value)
    return value


Interval = Annotated[float, AfterValidator(_read_interval)]
Group4 = Annotated[str, matching(GROUP4, "is not a multicast group of a network: 224.0.0.18")]
Group6 = Annotated[str, matching(GROUP6, "is not a multicast group of a network: ff02::12")]


class GlobalDefs(Strict):
    """keepalived's settings for all instances, by keepalived's own keywords."""

    router_id: Annotated[str, matching(HOST_NAME, "is not a name: use letters, digits, . _ -")] | None = None
    """The name in SNMP and mail. Default: the node's own host name."""
    vrrp_startup_delay: Annotated[int, Within(1, MOST_SECONDS)] | None = None
    """Seconds after keepalived's start in which a node takes nothing over. Every wait after a start is so much longer.
    Default: none."""
    vrrp_garp_master_delay: Annotated[int, Within(0, MOST_SECONDS)] = 1
    """Seconds until a new holder tells its neighbours again where the addresses are. With `0` two nodes that take over
    at the same time may leave neighbours with the wrong one."""
    vrrp_garp_master_repeat: Annotated[int, Within(1, MOST_REPEATS)] | None = None
    """How many gratuitous ARPs a new holder sends each time. Default: 5."""
    vrrp_garp_master_refresh: Annotated[int, Within(0, 86400)] | None = None
    """Seconds between two gratuitous ARPs of a holder. Default: none are sent."""
    vrrp_garp_master_refresh_repeat: Annotated[int, Within(1, MOST_REPEATS)] | None = None
    """How many it sends each time. Default: 1."""
    vrrp_garp_lower_prio_delay: Annotated[int, Within(0, MOST_SECONDS)] | None = None
    """Seconds until a holder that hears a lower priority tells its neighbours again. Default:
    `vrrp_garp_master_delay`."""
    vrrp_garp_lower_prio_repeat: Annotated[int, Within(0, MOST_REPEATS)] | None = None
    """How many gratuitous ARPs it then sends. Default: `vrrp_garp_master_repeat`."""
    vrrp_garp_interval: Interval | None = None
    """Seconds between two gratuitous ARPs on an interface. Default: 0; with `use_vmac` 0.001."""
    vrrp_gna_interval: Interval | None = None
    """Seconds between two unsolicited neighbour advertisements (IPv6) on an interface. Default: 0; with `use_vmac`
    0.001."""
    vrrp_lower_prio_no_advert: bool = True
    """`true`: a holder that hears a lower priority keeps its own pace. With `false` it answers at once."""
    vrrp_higher_prio_send_advert: bool = False
    """`true`: a holder that hears a higher priority sends a last advert before it becomes a backup."""
    vrrp_mcast_group4: Group4 | None = None
    """The IPv4 multicast group of the adverts. Default: 224.0.0.18."""
    vrrp_mcast_group6: Group6 | None = None
    """The IPv6 multicast group of the adverts. Default: ff02::12."""
    vrrp_skip_check_adv_addr: bool = False
    """`true`: the addresses of an advert are not looked at when it comes from the same node as the one before."""
    dynamic_interfaces: bool = False
    """`true`: keepalived starts also while an interface of an instance is not there."""
    enable_snmp_vrrp: bool = False
    """`true`: SNMP tells the state of the instances, by keepalived's own MIB. It needs an SNMP agent on the node."""
    enable_snmp_rfc: bool = False
    """`true`: SNMP by the MIBs of RFC 2787 and RFC 6527."""
    enable_traps: bool = False
    """`true`: SNMP traps."""
    enable_dbus: bool = False
    """`true`: D-Bus tells the state of the instances, where keepalived is built with it."""
    vrrp_notify_fifo: FilePath | None = None
    """A named pipe, `/run/vrrp.fifo`. keepalived makes it, and writes a line into it for every change of state, in
    order. Who reads it is up to you."""

    @property
    def lines(self) -> dict[str, str]:
        """The line of each keyword that is not left to keepalived."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return lines_of({name: value for name, value in values.items() if value is not False})
