"""The files of a node: rendered from a checked cluster, and compared by meaning. Reads only the templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from keepalived.conf.drop_in import with_digest
from keepalived.conf.fingerprint import fingerprint
from keepalived.conf.scripts import check_scripts, notify_scripts, scripts_of
from keepalived.conf.templates import environment
from keepalived.spec import paths
from keepalived.spec.cluster import Cluster
from keepalived.spec.notify import STATES


def configuration(cluster: Cluster, node: str, interfaces: Mapping[str, str]) -> str:
    """The text of keepalived.conf on `node`; `interfaces` has the network interface of each instance.

    A comment has its fingerprint, so that a file that somebody has changed can be told from an older one.
    """
    template = environment.get_template("keepalived.conf.j2")

    def render(fingerprint: str) -> str:
        return template.render(
            cluster=cluster,
            node=node,
            interfaces=interfaces,
            scripts=check_scripts(cluster),
            notify=notify_scripts(cluster),
            states=STATES,
            fingerprint=fingerprint,
        )

    return render(str(fingerprint(render(""))))


def drop_in(cluster: Cluster) -> str:
    """The text of the drop-in for keepalived.service, the same on every node of a cluster, with its own digest."""
    return _drop_in(cluster.drain.flag, tuple(cluster.start_after), bool(scripts_of(cluster)))


@lru_cache
def _drop_in(flag: str, start_after: tuple[str, ...], scripts: bool) -> str:
    template = environment.get_template("keepalived.service.conf.j2")
    text = template.render(flag=flag, start_after=start_after, scripts=scripts, this_boot=paths.DRAINED_THIS_BOOT)
    return with_digest(text)
