"""What a server tells of its boot, and whether it asks for another one. Pure."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any

from pydantic import BaseModel, ConfigDict

IDENTITY = "read -r id </proc/sys/kernel/random/boot_id; read -r one </proc/1/stat; set -- ${one##*) }; echo $id/${20}"
"""The shell command that tells one boot from another: the kernel's boot id, and when the first process started.

A machine has another id after each boot; a container has that of its machine, and another first process."""

IS_IDENTITY = re.compile(r"[0-9a-f-]{36}/\d+")
"""What IDENTITY says, and nothing else that a shell may say."""

UNSETTLED = ("initializing", "starting", "stopping")  # systemd's words for a boot or its end that is under way


class BootState(BaseModel):
    """How a server has booted."""

    model_config = ConfigDict(frozen=True)

    kernel: str
    """The running one: `6.1.0-27-amd64`."""
    newest_kernel: str | None
    """The newest installed one of the same flavour; None: none is newer."""
    reboot_required: bool
    """Whether the system says so by /run/reboot-required."""
    system: str
    """In systemd's words: `starting`, `running`, `degraded`, …"""
    failed: list[str]
    """The units that have failed."""

    @property
    def asks(self) -> str | None:
        """Why the server asks for a reboot; None when it does not."""
        if self.reboot_required:
            return "/run/reboot-required is there"
        if self.newest_kernel:
            return f"kernel {self.newest_kernel} is installed, {self.kernel} runs"
        return None

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts."""
        return self.model_dump(mode="json") | {"asks": self.asks}


def newer_kernel(running: str, installed: list[str]) -> str | None:
    """The newest of the `installed` kernels of the running one's flavour; None when none is newer than it."""
    flavour, age = _kernel(running)
    newer = [name for name in installed if _kernel(name)[0] == flavour and _kernel(name)[1] > age]
    return max(newer, key=lambda name: _kernel(name)[1], default=None)


def _kernel(name: str) -> tuple[str, list[int]]:
    """`6.12.41+deb13-amd64` -> `amd64`, [6, 12, 41]; `6.1.0-27-cloud-amd64` -> `cloud-amd64`, [6, 1, 0, 27]"""
    parts = re.split(r"[.-]", re.sub(r"\+[a-z]+[0-9.]*|\.(?:deb|bpo)[0-9]*(?=[.-])", "", name))
    numbers = list(takewhile(str.isdigit, parts))
    return "-".join(parts[len(numbers) :]), [int(number) for number in numbers]


def read_boot(parts: dict[str, str]) -> BootState:
    """What the parts of the report of `facts.Boot` say. Raises LookupError when one is missing."""
    kernel = parts["kernel"].strip()
    return BootState(
        kernel=kernel,
        newest_kernel=newer_kernel(kernel, parts["installed"].split()),
        reboot_required=parts["required"].strip() == "yes",
        system=parts["system"].strip() or "unknown",
        failed=parts["failed"].split(),
    )
