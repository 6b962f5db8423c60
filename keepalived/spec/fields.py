"""The fields of a cluster file: what each kind of value may be, and what is said of one that is none. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from keepalived.spec import paths

# keepalived splits words at blanks and gives quotes, braces, # ! @ $ ~ a meaning of their own.
KEEPALIVED_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}")
FILE_NAME = re.compile(r"[A-Za-z0-9_.,:=+-]{1,255}")
ZONE = "%"  # fe80::2%eth0 means something on one node only
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")

UNIT_NAME = re.compile(r"[A-Za-z0-9:_.@-]{1,200}\.(service|socket|target|mount|path|timer|device)")

URL = re.compile(r"https?://[A-Za-z0-9_.:\[\]-]+(/[A-Za-z0-9_.,:;/?&=%@+~#-]*)?")

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


def wrong(template: str, **values: Any) -> PydanticCustomError:
    return PydanticCustomError("cluster", template, values)


def shown(value: object) -> str:
    """`value` in a message: on one line, and without what is inside it, which may be a password."""
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)


class Within(NamedTuple):
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"minimum": self.low, "maximum": self.high}

    def check(self, value: int) -> int:
        if not self.low <= value <= self.high:
            raise wrong("{value} is not in {low}..{high}", value=value, low=self.low, high=self.high)
        return value


def matching(pattern: re.Pattern[str], meaning: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise wrong("{value} {meaning}", value=shown(value), meaning=meaning)
        return value

    return AfterValidator(check)


def _check_host(address: Address, text: str) -> None:
    if mapped := getattr(address, "ipv4_mapped", None):
        raise wrong("{text} is an IPv4 address written as IPv6: write {mapped}", text=text, mapped=str(mapped))
    if (
        address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address == IPv4Address("255.255.255.255")
    ):
        raise wrong("{text} cannot be the address of a host", text=text)


def _read_address(value: object) -> Address:
    try:
        address = ip_address(value) if isinstance(value, str) and ZONE not in value else None
    except ValueError:
        address = None
    if address is None:
        raise wrong("{value} is not an IP address", value=shown(value))
    _check_host(address, str(value))
    return address


def _read_floating(value: object) -> Interface:
    try:
        interface = ip_interface(value) if isinstance(value, str) and ZONE not in value else None
    except ValueError:
        interface = None
    if interface is None:
        raise wrong("{value} is not an IP address (10.10.0.2 or 10.10.0.2/24)", value=shown(value))
    _check_host(interface.ip, str(value))
    network = interface.network
    if network.prefixlen == 0:
        raise wrong("{value} would make every address a neighbour: give its network's prefix length", value=str(value))
    if network.num_addresses > 2 and interface.ip in (network.network_address, network.broadcast_address):
        raise wrong("{value} is the address of its network, not of a host", value=str(value))
    return interface


def _read_broadcast(value: str) -> str:
    try:
        return value if value in ("+", "-") else str(IPv4Address(value))
    except ValueError:
        raise wrong("{value} is not a broadcast address: 10.10.0.255, + or -", value=shown(value)) from None


def _read_file(value: str) -> str:
    root, *parts = value.split("/")
    if root or not parts or not all(FILE_NAME.fullmatch(part) and part not in (".", "..") for part in parts):
        raise wrong("{value} is not the full path of a file (no blanks or quotes)", value=shown(value))
    return value


def _read_flag(value: str) -> str:
    parts = _read_file(value).split("/")[1:]
    if parts[0] in ("dev", "proc", "sys") or value.startswith(paths.CONFIGURATION):
        raise wrong("{value} is no place for a flag: use /var/lib/keepalived", value=shown(value))
    if value.startswith("/run/keepalived/"):  # the unit's own: emptied by every restart of the daemon
        raise wrong("{value} would be gone after a restart of keepalived: use /var/lib/keepalived", value=shown(value))
    if value == paths.DRAINED_THIS_BOOT:
        raise wrong("{value} is taken: use /var/lib/keepalived", value=shown(value))
    return value


def _read_password(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_.:,+/-]{1,8}", value.get_secret_value()):
        raise wrong("keepalived takes 1 to 8 letters, digits or _.:,+/-")  # and the password stays untold
    return value


def _read_command(value: str) -> str:
    if not value.strip():
        raise wrong("is empty: a command is needed")
    if "\0" in value:
        raise wrong("a command cannot have a NUL in it")
    return value


def _read_url(value: str) -> str:
    if not URL.fullmatch(value):
        raise wrong("{value} is not the address of a page: http://127.0.0.1:8080/health", value=shown(value))
    return value


def _read_check_address(value: object) -> str:
    """`443` or `192.0.2.10:443` or `[2001:db8::10]:443`, as HOST:PORT. It goes into a shell's text as it is."""
    alone = (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal())
    text = f"127.0.0.1:{value}" if alone else str(value)
    host, _, port = text.rpartition(":")
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
        sound = ZONE not in host and re.fullmatch(r"[0-9]{1,5}", port) is not None and 1 <= int(port) <= 65535
    except ValueError:
        sound = False
    if not sound:
        raise wrong("{value} is not a port or an address with a port: 443 or 192.0.2.10:443", value=shown(value))
    return text


def _read_shipped(value: str, info: ValidationInfo) -> str:
    """The text of a file beside the cluster file. Whoever reads that file gives the function that reads this one."""
    if not all(FILE_NAME.fullmatch(part) and part != ".." for part in value.split("/")):
        raise wrong("{value} is not the path of a file beside the cluster file: scripts/moved.sh", value=shown(value))
    try:
        text: str = info.context["read"](value) if info.context else ""
    except (OSError, UnicodeDecodeError) as error:
        raise wrong("{value} cannot be read: {error}", value=shown(value), error=str(error)) from None
    if not text.startswith("#!"):
        raise wrong("{value} must begin with #!, as #!/bin/sh", value=shown(value))
    return text


def _read_mail_server(value: object) -> str:
    """`10.10.0.25` or `10.10.0.25:587` or `[fd00::25]:587`, as keepalived has it: ADDRESS PORT."""
    host, port = str(value), "25"
    try:
        ip_address(host)
    except ValueError:
        host, _, port = host.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host) if isinstance(value, str) and ZONE not in host else None
    except ValueError:
        address = None
    if address is None or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise wrong("{value} is not an IP address, with or without a port: 10.10.0.25:587", value=shown(value))
    return f"{address} {port}"


NodeAddress = Annotated[Address, BeforeValidator(_read_address)]
AddressWithPrefix = Annotated[Interface, BeforeValidator(_read_floating)]
Broadcast = Annotated[str, AfterValidator(_read_broadcast)]
Label = Annotated[
    str, matching(re.compile(r"[A-Za-z0-9_.:-]{1,15}"), "is not a label: eth1:vip, at most 15 characters")
]
Lifetime = Annotated[int, Within(0, 2**32 - 1)] | Literal["forever"]
InstanceName = Annotated[
    str, matching(KEEPALIVED_WORD, "cannot be read by keepalived as a name: use letters, digits, _ . : -, at most 64")
]
NodeName = Annotated[str, matching(HOST_NAME, "is not a host name")]
InterfaceName = Annotated[str, matching(re.compile(r"[A-Za-z0-9_.@-]{1,15}"), "is not the name of a network interface")]
UnitName = Annotated[str, matching(UNIT_NAME, "is not the name of a systemd unit: haproxy.service")]
Password = Annotated[
    SecretStr,
    AfterValidator(_read_password),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "password"},
                *(
                    {
                        "type": "object",
                        "properties": {source: {"type": "string"}},
                        "required": [source],
                        "additionalProperties": False,
                    }
                    for source in ("env", "file", "command")
                ),
            ]
        }
    ),
]
Command = Annotated[str, AfterValidator(_read_command)]
FlagPath = Annotated[str, AfterValidator(_read_flag)]
FilePath = Annotated[str, AfterValidator(_read_file)]
CheckName = Annotated[
    str,
    matching(
        re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,31}"), "cannot name a check: use letters, digits, _ -, at most 32"
    ),
]
CheckAddress = Annotated[
    str,
    BeforeValidator(_read_check_address),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]
MailAddress = Annotated[
    str, matching(re.compile(r"[A-Za-z0-9_.+=-]{1,64}@[A-Za-z0-9.-]{1,253}"), "is not a mail address: ops@example.org")
]
ShippedFile = Annotated[str, AfterValidator(_read_shipped)]
MailServer = Annotated[str, AfterValidator(_read_mail_server)]
PingAddress = Annotated[str, BeforeValidator(lambda value: str(_read_address(value)))]
ProcessName = Annotated[
    str,
    matching(re.compile(r"[A-Za-z0-9_.+:@-]{1,64}"), "is not the name of a process: haproxy, without path or blanks"),
]
Url = Annotated[str, AfterValidator(_read_url)]
UserName = Annotated[str, matching(re.compile(r"[a-z_][a-z0-9_.-]{0,31}"), "is not the name of a user")]
