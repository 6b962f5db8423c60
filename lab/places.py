"""Where everything of a lab lies: its directories, namespaces, cgroups and addresses, by its name."""

import re
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

CACHE = Path("/var/cache/keepalived-lab")
STATE = Path("/var/lib/keepalived-lab")
LOCKS = Path("/run/keepalived-lab")
NAMESPACES = Path("/run/netns")

INTERFACE = "enp0s3"
BRIDGE = "br0"
OPERATOR_INTERFACE = "enp0s2"
OPERATOR_ADDRESS = "10.10.0.1/24"
MOST_NODES = 60


def cgroup_root() -> Path:
    """Where the machine's cgroups of version 2 are: beside those of version 1, or alone."""
    unified = Path("/sys/fs/cgroup/unified")
    return unified if unified.is_dir() else Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class HostPlaces:
    """Where one host of a lab lies."""

    lab: str
    name: str
    number: int  # from 1

    @property
    def address(self) -> str:
        """The first host has 10.10.0.3: 10.10.0.2 is the floating address and stays free."""
        return f"10.10.0.{self.number + 2}"

    @property
    def directory(self) -> Path:
        return STATE / self.lab / "hosts" / self.name

    @property
    def seed(self) -> Path:
        """What makes the host this one and no other (its name, its keys): above the base system."""
        return self.directory / "seed"

    @property
    def disk(self) -> Path:
        """What the host has written since it was last fresh."""
        return self.directory / "disk"

    @property
    def saved(self) -> Path:
        """A copy of its disk."""
        return self.directory / "saved"

    @property
    def console(self) -> Path:
        return self.directory / "console.log"

    @property
    def namespace(self) -> str:
        return f"keepalived-lab.{self.lab}.{self.name}"

    @property
    def cgroup(self) -> Path:
        return cgroup_root() / f"keepalived-lab.{self.lab}" / self.name

    @property
    def machine(self) -> str:
        return f"{self.lab}-{self.name}"


@dataclass(frozen=True)
class Places:
    """Where one lab lies. A name has no dot, so that no lab's names begin with another's."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", self.name):
            raise LabError(
                f"`{self.name}` cannot name a lab: lower case letters, digits and inner hyphens can, 32 at most"
            )

    @property
    def state(self) -> Path:
        return STATE / self.name

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.name}.lock"

    @property
    def settings(self) -> Path:
        return self.state / "settings.json"

    @property
    def socket(self) -> Path:
        """Where the keeper listens; it exists once the hosts have been started."""
        return self.state / "keeper.sock"

    @property
    def keeper_log(self) -> Path:
        return self.state / "keeper.log"

    @property
    def home(self) -> Path:
        return self.state / "home"

    @property
    def cgroup(self) -> Path:
        return cgroup_root() / f"keepalived-lab.{self.name}"

    @property
    def operator_namespace(self) -> str:
        return f"keepalived-lab.{self.name}.operator"

    @property
    def switch_namespace(self) -> str:
        return f"keepalived-lab.{self.name}.switch"

    def namespaces(self) -> list[str]:
        """The network namespaces of this lab that exist."""
        return sorted(path.name for path in NAMESPACES.glob(f"keepalived-lab.{self.name}.*"))

    def hosts(self, nodes: int) -> dict[str, HostPlaces]:
        numbers = range(1, nodes + 1)
        return {f"server{n:02}": HostPlaces(self.name, f"server{n:02}", n) for n in numbers}
