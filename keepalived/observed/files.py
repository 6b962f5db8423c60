"""keepalived.conf of a node with all that it includes, as the node reports it. Pure."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from keepalived.conf.importing.handmade import Handmade
from keepalived.conf.secrets import without_secrets
from keepalived.spec.plain_text import plain


class FoundFiles(BaseModel):
    """What lies on a node. The texts are as they are: what is shown of them must be made plain first."""

    model_config = ConfigDict(frozen=True)

    hostname: str
    interfaces: dict[str, list[str]]
    """The addresses of each network interface, without prefix length."""
    files: dict[str, str] = Field(repr=False)
    """keepalived.conf and what it includes, by path."""
    large: list[str]
    """The files that were not read: each is too large, or they are too many."""
    programs: dict[str, bool]
    """Whether the programs that these files name are there and can be run."""
    running: str | None = Field(default=None, repr=False)
    """The daemon's own copy of its configuration."""
    config_id: str = ""
    """What the daemon was started with behind -i."""

    def to_json(self) -> dict[str, Any]:
        """For pyinfra's output of facts: without passwords."""
        shown = self.model_dump(mode="json")
        shown["files"] = {plain(path): plain(without_secrets(text)) for path, text in self.files.items()}
        shown["running"] = None if self.running is None else plain(without_secrets(self.running))
        return shown

    def of(self, node: str, connected: str) -> Handmade:
        """The same for the import. `connected`: the address that pyinfra connects to, where it is one."""
        return Handmade(
            node=node,
            files=self.files,
            hostname=self.hostname,
            connected=connected,
            interfaces=self.interfaces,
            running=self.running,
            config_id=self.config_id,
            programs=self.programs,
            large=self.large,
        )


def read_files(report: dict[str, str]) -> FoundFiles:
    """What the parts of a report say. Raises what reading something else than expected raises."""
    files = dict(text.split("\n", 1) for key, text in report.items() if key.startswith("file_"))
    programs = [line.partition(" ") for line in report["programs"].splitlines()]
    return FoundFiles(
        hostname=plain(report["hostname"].strip()),
        interfaces={
            plain(link["ifname"]): [plain(info["local"]) for info in link.get("addr_info", []) if "local" in info]
            for link in json.loads(report["addresses"])
            if "ifname" in link
        },
        files={posixpath.normpath(path): text for path, text in files.items()},
        large=[plain(path) for path in report["large"].splitlines()],
        programs={plain(program): runs == "yes" for runs, _, program in programs},
        running=report.get("running"),
        config_id=plain(report.get("config_id", "").strip()),
    )
