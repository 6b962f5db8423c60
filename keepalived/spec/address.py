"""A floating address with what keepalived puts on the interface beside it, as text or as keys. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from keepalived.spec.fields import AddressWithPrefix, Broadcast, InterfaceName, Label, Lifetime, shown, wrong
from keepalived.spec.strict import Strict

VALUES = {"dev": "dev", "label": "label", "scope": "scope", "brd": "brd", "broadcast": "brd"}
"""The words of a text that a value follows, with the key that they are."""
FLAGS = ("noprefixroute", "no_track")


class FloatingAddress(Strict):
    """A floating address. `10.10.0.2/24 dev eth1` is short for `{address: 10.10.0.2/24, dev: eth1}`."""

    address: AddressWithPrefix
    """`10.10.0.2` (means /32; IPv6: /128) or `10.10.0.2/24`."""
    dev: InterfaceName | None = None
    """The network interface that gets this address. Default: that of the instance."""
    label: Label | None = None
    """A name for it: `eth1:vip`. IPv4 only."""
    scope: Literal["global", "site", "link", "host"] | None = None
    """Where it is valid. IPv4 only. Default: `global`."""
    brd: Broadcast | None = None
    """The broadcast address, or `+`: the last address of its network, or `-`: the first one. IPv4 only."""
    preferred_lft: Lifetime | None = None
    """Seconds during which new connections may begin at this address, or `forever`. `0`: only for programs that
    name it. Default: `forever`; IPv6 with /128 `0`."""
    noprefixroute: bool = False
    """`true`: no route to its network comes with it."""
    no_track: bool = False
    """`true`: the node stays the holder if somebody removes the address."""

    @model_validator(mode="after")
    def _fits_its_family(self) -> FloatingAddress:
        for key in ("label", "scope", "brd"):
            if self.version == 6 and getattr(self, key) is not None:
                raise wrong("an IPv6 address has no {key}: leave it out", key=key)
        if self.brd in ("+", "-") and self.address.network.prefixlen > 30:
            raise wrong("brd {brd} needs the prefix length of a network: 10.10.0.2/24", brd=self.brd)
        return self

    @property
    def ip(self) -> Any:
        """The address alone."""
        return self.address.ip

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.address.version

    def __str__(self) -> str:
        """The line that keepalived reads."""
        words = [str(self.address)]
        for key in ("brd", "dev", "scope", "label", "preferred_lft"):
            if (value := getattr(self, key)) is not None:
                words += [key, str(value)]
        return " ".join([*words, *(flag for flag in FLAGS if getattr(self, flag))])

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [{"type": "string", "description": "10.10.0.2/24 dev eth1 label eth1:vip"}, schema]}


def _read_text(value: object) -> object:
    """`10.10.0.2/24 dev eth1 label eth1:vip` as keys."""
    if not isinstance(value, str):
        return value if isinstance(value, dict) else {"address": value}
    address, *words = value.split() or [""]
    found: dict[str, object] = {"address": address}
    rest = iter(words)
    for word in rest:
        key = VALUES.get(word, word)
        if key in found:
            raise wrong("{value} says {key} twice", value=shown(value), key=key)
        if word in FLAGS:
            found[key] = True
        elif word in VALUES or word == "preferred_lft":
            given = next(rest, None)
            if given is None:
                raise wrong("{value} ends where a value of {word} must follow", value=shown(value), word=word)
            found[key] = int(given) if key == "preferred_lft" and re.fullmatch("[0-9]{1,10}", given) else given
        else:
            known = ", ".join([*VALUES, "preferred_lft", *FLAGS])
            raise wrong(
                "{value}: {word} is no word for an address: {known}", value=shown(value), word=shown(word), known=known
            )
    return found


AddressEntry = Annotated[FloatingAddress, BeforeValidator(_read_text)]
