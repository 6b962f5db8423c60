"""The scripts of a cluster's checks: rendered from the cluster file, named after their content. Reads the templates."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.check import Check, command_of
from keepalived.spec.cluster import Cluster


class CheckScript(NamedTuple):
    """The script of a check. `name`: the check's with a digest of the text, for keepalived and for the file."""

    name: str
    text: str

    @property
    def path(self) -> str:
        """Where it lies on a node."""
        return f"{paths.CHECKS}/{self.name}"


def check_scripts(cluster: Cluster) -> dict[str, CheckScript]:
    """The scripts of the checks of a cluster, by the check's name; the same on every node."""
    return {name: _script(cluster.name, name, check) for name, check in cluster.checks.items() if check.is_script}


def is_name_of_script(name: str) -> bool:
    """Whether a file of this name in the folder of the checks is one of ours."""
    return re.fullmatch(r"[A-Za-z0-9_-]+-[0-9a-f]{8}", name) is not None


@lru_cache
def _script(cluster: str, name: str, check: Check) -> CheckScript:
    template = environment.get_template("check.sh.j2")
    text = template.render(
        cluster={"name": cluster},
        name=name,
        check=check,
        command=command_of(check),
        results=paths.CHECK_RESULTS,
    )
    return CheckScript(f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}", text)
