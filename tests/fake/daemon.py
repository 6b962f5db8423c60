"""keepalived as the simulation has it, written down from its manual and from nothing of this project's own elections:
what each instance says and hears, and when a backup becomes master."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from keepalived.conf.adverts import AdvertSettings, advert_settings
from keepalived.observed.node import VrrpState
from keepalived.spec.blocks import first, parse_blocks, value_of


@dataclass(frozen=True)
class Check:
    """The check that looks at a flag: a script that tests that it is absent, or a file with a number."""

    kind: str
    path: str
    interval: float
    weight: int

    def contributes(self, text: str | None) -> int:
        """What it adds to the priority, or takes from it. `text`: what is in the flag; None: there is no flag."""
        if self.kind == "file":
            number = (text or "").split()[:1]
            return self.weight * int(number[0]) if number and number[0].lstrip("+-").isdigit() else 0
        if self.weight > 0:
            return self.weight if text is None else 0
        return self.weight if text is not None else 0


@dataclass(frozen=True)
class Wanted:
    """An instance as a configuration asks for it."""

    settings: AdvertSettings
    priority: int
    advert_seconds: float
    addresses: tuple[str, ...]
    peers: frozenset[str] | None
    """None: adverts go to everybody."""
    nopreempt: bool = False
    preempt_delay: float = 0.0


@dataclass(frozen=True)
class Text:
    """What a keepalived.conf says."""

    instances: dict[str, Wanted]
    check: Check | None


@lru_cache
def read(text: str) -> Text:
    """A keepalived.conf as the daemon reads it."""
    top = parse_blocks(text)
    settings = advert_settings(text)
    instances = {
        words[1]: Wanted(
            settings=settings[words[1]],
            priority=int(value_of(block, "priority", "100")),
            advert_seconds=float(value_of(block, "advert_int", "1")),
            addresses=tuple(words[0].split("/")[0] for words, _ in first(block, "virtual_ipaddress")),
            peers=frozenset(words[0] for words, _ in first(block, "unicast_peer"))
            if any(words[0] == "unicast_peer" for words, _ in block)
            else None,
            nopreempt=any(words[0] == "nopreempt" for words, _ in block),
            preempt_delay=float(value_of(block, "preempt_delay", "0")),
        )
        for words, block in top
        if words[0] == "vrrp_instance"
    }
    check = None
    for words, block in top:
        weight, interval = int(value_of(block, "weight", "0")), float(value_of(block, "interval", "1"))
        if words[0] == "vrrp_script":
            check = Check("script", value_of(block, "script", "").split(" ")[-1], interval, weight)
        elif words[0] == "track_file":
            check = Check("file", value_of(block, "file", ""), 0, weight)
    return Text(instances, check)


@dataclass
class Vrrp:
    """An instance in a running daemon."""

    wanted: Wanted
    state: VrrpState = "BACKUP"
    since: float = 0.0
    preempts_at: float | None = None
    """When it begins not to listen to a lower priority any more; None: it hears none."""
    expires: float | None = None
    """When it becomes master, should it hear none by then; None: it hears one, or has just begun."""
    heard: int = 0
    """The priority of the master it has heard last."""


@dataclass
class Daemon:
    """A running keepalived."""

    text: str
    started: float
    drop_in: str | None
    """The unit's drop-in that it was started with."""
    instances: dict[str, Vrrp] = field(default_factory=dict)
    seen: str | None = None
    """What its check has found in the flag; None: no flag."""
    looks_at: float | None = None
    """When the check looks next, if there is something new to be seen."""

    @cached_property
    def check(self) -> Check | None:
        """Its check of the flag."""
        return read(self.text).check

    def priority(self, instance: str) -> int:
        """What it announces."""
        given = self.check.contributes(self.seen) if self.check else 0
        return max(1, min(254, self.instances[instance].wanted.priority + given))

    def skew(self, instance: str) -> float:
        """By how much later than others it takes over, the lower its priority."""
        return (256 - self.priority(instance)) / 256 * self.instances[instance].wanted.advert_seconds

    def patience(self, instance: str) -> float:
        """How long it waits for adverts before it becomes master."""
        return 3 * self.instances[instance].wanted.advert_seconds + self.skew(instance)

    def start(self, now: float) -> None:
        """All instances begin as backups."""
        self.instances = {name: Vrrp(wanted, since=now) for name, wanted in read(self.text).instances.items()}

    def reload(self, text: str, now: float) -> None:
        """Takes up `text`. An instance whose adverts a reload carries goes on as it is, any other begins anew."""
        before, self.text = self.instances, text
        self.check = read(text).check
        self.instances = {}
        for name, wanted in read(text).instances.items():
            old = before.get(name)
            if old and old.wanted.settings.reload_carries(wanted.settings):
                old.wanted, old.expires = wanted, None  # a backup begins anew to wait for the holder
                self.instances[name] = old
            else:
                self.instances[name] = Vrrp(wanted, since=now)
