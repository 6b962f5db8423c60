"""What VRRP and keepalived let an instance have beside its addresses, by keepalived's own keywords. Pure."""

from __future__ import annotations

from typing import Annotated

from keepalived.spec.fields import InterfaceName, Within
from keepalived.spec.global_defs import MOST_REPEATS, MOST_SECONDS, Group4, Group6
from keepalived.spec.lines import lines_of
from keepalived.spec.strict import Strict

Ttl = Annotated[int, Within(1, 255)]
DOWN_TIMER_ADVERTS = 3


class VrrpSettings(Strict):
    """The keywords of an instance that most clusters leave to keepalived."""

    garp_master_delay: Annotated[int, Within(0, MOST_SECONDS)] | None = None
    """Seconds until a new holder tells its neighbours again where the addresses are. Default:
    `global_defs.vrrp_garp_master_delay`."""
    garp_master_repeat: Annotated[int, Within(1, MOST_REPEATS)] | None = None
    """How many gratuitous ARPs a new holder sends each time. Default: `global_defs.vrrp_garp_master_repeat`."""
    garp_master_refresh: Annotated[int, Within(0, 86400)] | None = None
    """Seconds between two gratuitous ARPs of a holder. Default: `global_defs.vrrp_garp_master_refresh`."""
    garp_master_refresh_repeat: Annotated[int, Within(1, MOST_REPEATS)] | None = None
    """How many it sends each time. Default: `global_defs.vrrp_garp_master_refresh_repeat`."""
    garp_lower_prio_delay: Annotated[int, Within(0, MOST_SECONDS)] | None = None
    """Seconds until a holder that hears a lower priority tells its neighbours again. Default:
    `global_defs.vrrp_garp_lower_prio_delay`."""
    garp_lower_prio_repeat: Annotated[int, Within(0, MOST_REPEATS)] | None = None
    """How many gratuitous ARPs it then sends. Default: `global_defs.vrrp_garp_lower_prio_repeat`."""
    lower_prio_no_advert: bool | None = None
    """`true`: a holder that hears a lower priority keeps its own pace. With `false` it answers at once. Default:
    `global_defs.vrrp_lower_prio_no_advert`."""
    higher_prio_send_advert: bool | None = None
    """`true`: a holder that hears a higher priority sends a last advert before it becomes a backup. Default:
    `global_defs.vrrp_higher_prio_send_advert`."""
    down_timer_adverts: Annotated[int, Within(2, 100)] | None = None
    """So many adverts of a holder must be missing until a backup takes over. A move takes longer by as many. Default:
    `3`."""
    skip_check_adv_addr: bool = False
    """`true`: the addresses of an advert are not looked at when it comes from the same node as the one before."""
    accept: bool | None = None
    """`false`: the holder takes no packets for the addresses, as a router that only passes packets on (by nftables).
    The probe then hears no answers, and `probe.port` is refused. Default: `true`; with `strict_mode` `false`."""
    strict_mode: bool = False
    """`true`: keepalived keeps to the letter of RFC 5798: multicast alone, and no password."""
    mcast_src_ip: bool = False
    """`true`: the adverts come from the node's own address, or from its `unicast_src_ip` of the instance. Without it
    they come from the first address that the interface has."""
    mcast_dst_ip: Group4 | Group6 | None = None
    """The multicast group of the adverts. Default: `global_defs.vrrp_mcast_group4`, IPv6 `vrrp_mcast_group6`."""
    unicast_ttl: Ttl | None = None
    """The TTL of unicast adverts. Default: 255; IPv6 what the kernel has, mostly 64."""
    check_unicast_src: bool = False
    """`true`: unicast adverts of machines that are no nodes of the cluster are dropped."""
    min_ttl: Ttl | None = None
    """Unicast adverts of a smaller TTL are dropped, and those that `check_unicast_src` drops."""
    max_ttl: Ttl | None = None
    """Unicast adverts of a larger TTL are dropped, and those that `check_unicast_src` drops."""
    use_vmac: bool | InterfaceName = False
    """`true`, or the name of an interface: the addresses have a virtual MAC address, which moves with them. They lie on
    an interface of their own. Default: `false`; with `true` the interface is `vrrp.ID`, IPv6 `vrrp6.ID`."""
    vmac_xmit_base: bool = False
    """`true`: with `use_vmac` adverts leave by the interface below it."""
    use_vmac_addr: bool = False
    """`true`: addresses with a `dev` of their own have a virtual MAC address as well."""

    @property
    def vrrp_lines(self) -> dict[str, str]:
        """The line of each keyword that is not left to keepalived and is the same on all nodes."""
        apart = ("accept", "mcast_src_ip", "min_ttl", "max_ttl")
        values = {name: getattr(self, name) for name in VrrpSettings.model_fields if name not in apart}
        ordinary = {name for name, field in VrrpSettings.model_fields.items() if field.default is False}
        found = lines_of({name: value for name, value in values.items() if not (value is False and name in ordinary)})
        if self.accept is not None:
            found["accept"] = "accept" if self.accept else "no_accept"
        return found

    @property
    def ttl_limits(self) -> str:
        """What stands behind each of its peers."""
        return "".join(f" {name} {value}" for name in ("min_ttl", "max_ttl") if (value := getattr(self, name)))
