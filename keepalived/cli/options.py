"""What an operator may say by --data: one model a verb, beside the text that explains it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from keepalived.cli.errors import NothingDone
from keepalived.spec.flag import fault_of

YES_OR_NO = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def _yes_or_no(value: object) -> bool:
    if (found := YES_OR_NO.get(str(value).lower())) is None:
        raise ValueError(f"={value} is neither true nor false (true, on, yes; false, off, no)")
    return found


def _reason(value: object) -> str:
    if fault := fault_of(str(value)):
        raise ValueError(f": the reason {fault}")
    return str(value)


def _version(value: object) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.+:~*-]+", str(value)):
        raise ValueError(f"={value} is not a version of a Debian package: 1:2.2.7-1+b2, or 1:2.2.*")
    return str(value)


def _seconds(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", str(value)):
        raise ValueError(f"={value} is not a number of seconds: 60")
    return int(str(value))


def _port(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or not 1 <= int(str(value)) <= 65535:
        raise ValueError(f"={value} is not a TCP port: 443")
    return int(str(value))


def _record(value: object) -> str:
    if not re.fullmatch(r".*[^/]\.html", str(value)):
        raise ValueError(f"={value} is not the name of a page: drain.html")
    return str(value)


def _one_of(key: str, values: dict[str, str]) -> BeforeValidator:
    """One of some words behind `key`; `values` has what each means."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in values:
            known = " or ".join(f"{key}={word} {meaning}" for word, meaning in values.items())
            raise ValueError(f"={value} is not known: {known}")
        return str(value)

    return BeforeValidator(check)


Model = TypeVar("Model", bound="Options")
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Reason = Annotated[str, BeforeValidator(_reason)]
Version = Annotated[str, BeforeValidator(_version)]
Seconds = Annotated[int, BeforeValidator(_seconds)]
Port = Annotated[int, BeforeValidator(_port)]
Record = Annotated[str, BeforeValidator(_record)]
Until = Annotated[
    Literal["reboot", "restore"], _one_of("until", {"reboot": "(the next boot ends it)", "restore": "(the default)"})
]
Only = Annotated[Literal["required"], _one_of("only", {"required": "takes only the nodes that ask for a reboot"})]
WholeSystem = Annotated[Literal["all"], _one_of("packages", {"all": "upgrades the whole system"})]
Format = Annotated[
    Literal["table", "json"], _one_of("format", {"json": "prints one JSON document", "table": "(the default)"})
]


class Options(BaseModel):
    """The options of one verb. The text below each is what the documents say of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WatchedOptions(Options):
    """What every verb that may move an address knows."""

    probe: YesOrNo = True
    """`off`: what clients see of the addresses meanwhile is not watched"""

    probe_port: Port | None = None
    """`443`: established connections to this TCP port of each address are watched as well"""

    record: Record | None = None
    """`drain.html`: the run leaves this page: what was done, and who held what over time"""


Watched = TypeVar("Watched", bound=WatchedOptions)


class DeployOptions(WatchedOptions):
    """Options of deploy.py."""

    adopt: YesOrNo = False
    """also where somebody else wrote keepalived.conf: it is replaced, and a copy is kept beside it"""
    resume: YesOrNo = False
    """also where another deploy has drained a node within the last five minutes: it has died, and this one goes on"""
    force: YesOrNo = False
    """also where an address would have no holder, or two, for some seconds; also where what a daemon runs is unknown"""


class DrainOptions(WatchedOptions):
    """Options of tasks/drain.py."""

    reason: Reason | None = None
    """why, for status and the node's journal"""
    until: Until | None = None
    """`reboot`: the node's next boot ends the drain; `restore`, the default: it lasts over boots"""
    wait: Seconds = 0
    """`60`: waits so many seconds for the end of the connections that the node still serves (`connections: keep`)"""
    force: YesOrNo = False
    """also when no other node could serve"""


class RestoreOptions(WatchedOptions):
    """Options of tasks/restore.py."""


class StatusOptions(Options):
    """Options of tasks/status.py."""

    format: Format = "table"
    """`json`: one JSON document on stdout"""
    watch: YesOrNo = False
    """`true`: draws again and again until Ctrl-C"""

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        if self.format == "json" and self.watch:
            raise ValueError("format=json and watch=true do not go together: leave one out")
        return self


class RebootOptions(WatchedOptions):
    """Options of tasks/reboot.py."""

    only: Only | None = None
    """`required`: only nodes that ask for a reboot: /run/reboot-required, or a newer kernel is installed"""
    reason: Reason | None = None
    """why, for status and the node's journal"""
    resume: YesOrNo = True
    """`no`: an earlier run that did not end is not continued, all nodes begin anew"""
    force: YesOrNo = False
    """also when no other node could serve; clients will notice"""


class UpgradeOptions(WatchedOptions):
    """Options of tasks/upgrade.py."""

    version: Version | None = None
    """this version of keepalived, also an older one; of a pattern (`1:2.2.*`) the best that matches"""
    packages: WholeSystem | None = None
    """`all`: the whole system"""
    reason: Reason | None = None
    """why, for status and the node's journal"""
    force: YesOrNo = False
    """also when no other node could serve; clients will notice"""

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        if self.version is not None and self.packages is not None:
            raise ValueError("version= is keepalived's, packages=all takes the newest of all: leave one out")
        return self


class RemoveOptions(WatchedOptions):
    """Options of tasks/remove.py."""

    force: YesOrNo = False
    """also when no other node could serve"""


class ImportOptions(Options):
    """Options of tasks/import.py: there are none."""


OPTIONS: dict[str, type[Options]] = {
    "deploy": DeployOptions,
    "drain": DrainOptions,
    "restore": RestoreOptions,
    "status": StatusOptions,
    "reboot": RebootOptions,
    "upgrade": UpgradeOptions,
    "remove": RemoveOptions,
    "import": ImportOptions,
}
"""By verb."""


def read(model: type[Model], said: Callable[[str], Any]) -> Model:
    """What was `said` by --data of the options of `model`; `said` gets a key. Raises NothingDone with every fault."""
    values = {key: value for key in model.model_fields if (value := said(key)) is not None}
    try:
        return model(**values)
    except ValidationError as error:
        raise NothingDone("; ".join(_words(one["loc"], one["msg"]) for one in error.errors())) from None


def as_data(options: Options, **more: str) -> list[str]:
    """What was said, and `more` beside it, as it is typed behind --data: `KEY=VALUE` each.

    Without the record, which is that of one run.
    """
    words = {True: "true", False: "false"}
    said = {
        key: words.get(value, value)
        for key, value in options.model_dump(exclude_unset=True, exclude={"record"}).items()
    }
    return [f"{key}={value}" for key, value in (said | more).items()]


def _words(location: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ")
    return f"{location[0]}{said}" if location else said
