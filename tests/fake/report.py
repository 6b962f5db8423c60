"""What the facts read on a simulated server."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from keepalived.conf.adverts import advert_settings
from keepalived.conf.drain_obstacles import drain_obstacles
from keepalived.conf.drop_in import drop_in_digest
from keepalived.conf.fingerprint import fingerprint, fingerprint_but_election, fingerprint_but_nopreempt, origin
from keepalived.observed.boot import BootState
from keepalived.observed.checkpoint import Checkpoint, read_checkpoint
from keepalived.observed.node import Configuration, InstanceState, NodeState, Unit
from keepalived.observed.packages import PackagesState
from keepalived.spec import paths
from keepalived.spec.flag import Flag, is_drained
from tests.fake.daemon import Daemon
from tests.fake.server import Server

EPOCH = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def state(server: Server) -> NodeState:
    """What the fact Node reads."""
    cluster, daemon = server.world.cluster, server.daemon
    flag = _flag(server, cluster.drain.flag)
    running_flag = _flag(server, daemon.check.path) if daemon and daemon.check else None
    disk, running = server.read(paths.CONFIGURATION), daemon.text if daemon else None
    return NodeState(
        version=re.sub(r"^\d+:|-.*", "", server.installed) if server.installed else None,
        unit=_unit(server),
        instances=_instances(daemon) if daemon and server.silent_until <= server.world.now else None,
        holds=[address for address in server.world.addresses if address in server.kernel],
        interfaces={"lo": ["127.0.0.1"], server.interface: [server.address, *server.kernel]},
        drained=is_drained(cluster.drain.check, flag),
        flag=flag,
        running_flag=running_flag,
        running_drained=is_drained(daemon.check.kind, running_flag)
        if daemon and daemon.check and running_flag
        else None,
        flag_seen=True if flag.present and daemon else None,
        flag_open=False,
        connections=server.connections.told(),
        tools=list(server.connections.tools),
        configuration=configuration(disk, running),
        boot=server.identity,
        checkpoint=_checkpoint(server),
    )


def _checkpoint(server: Server) -> Checkpoint | None:
    """How far a run has come here."""
    with suppress(ValueError, LookupError):
        return read_checkpoint(server.files[paths.CHECKPOINT].text)
    return None


def _flag(server: Server, path: str) -> Flag:
    if path not in server.files:
        return Flag(path=path, present=False)
    since = (EPOCH + timedelta(seconds=server.files[path].time)).replace(microsecond=0)
    return Flag(path=path, present=True, content=server.files[path].text, since=since)


def _unit(server: Server) -> Unit:
    disk = server.read(paths.DROP_IN)
    needs_reload = server.unit_read != disk
    return Unit(
        load_state="loaded" if server.installed else "not-found",
        active_state=server.active,
        sub_state="running" if server.daemon else "dead",
        enabled=server.enabled,
        since=EPOCH + timedelta(seconds=int(server.daemon.started)) if server.daemon else None,
        needs_reload=needs_reload,
        current=server.daemon.drop_in == server.unit_read and not needs_reload if server.daemon else None,
        drop_in=hashlib.sha256(disk.encode()).hexdigest() if disk is not None else None,
        running_drop_in=drop_in_digest(server.daemon.drop_in or "") if server.daemon else None,
    )


def _instances(daemon: Daemon) -> dict[str, InstanceState]:
    return {
        name: InstanceState(
            state=one.state,
            base_priority=one.wanted.priority,
            effective_priority=daemon.priority(name),
            virtual_router_id=one.wanted.settings.virtual_router_id,
            version=one.wanted.settings.version,
            master_priority=one.heard,
            addresses=list(one.wanted.addresses),
            last_transition=EPOCH + timedelta(seconds=int(one.since)),
            nopreempt=one.wanted.nopreempt,
            preempt_delay=int(one.wanted.preempt_delay),
        )
        for name, one in daemon.instances.items()
    }


def boot_state(server: Server) -> BootState:
    """What the fact Boot reads."""
    return BootState(
        kernel="6.1.0-27-amd64",
        newest_kernel="6.1.0-28-amd64" if server.kernel_asks else None,
        reboot_required=False,
        system=server.system,
        failed=list(server.failed),
    )


def packages(server: Server) -> PackagesState:
    """What the fact Packages reads."""
    return PackagesState(
        installed=server.installed,
        offered=list(server.offered),
        pending=[name for name in server.pending if not (server.held and name == "keepalived")],
        broken=server.broken,
        held=server.held,
        stale=list(server.stale),
    )


_configurations: dict[tuple[str | None, str | None], Configuration] = {}


def configuration(disk: str | None, running: str | None) -> Configuration:
    """What a report tells of the two texts."""
    if (disk, running) not in _configurations:
        prints = [fingerprint(text) if text else None for text in (disk, running)]
        _configurations[disk, running] = Configuration(
            sha256=hashlib.sha256(disk.encode()).hexdigest() if disk is not None else None,
            applied=None if None in prints else prints[0] == prints[1],
            running=prints[1],
            applied_but_nopreempt=None
            if None in prints
            else fingerprint_but_nopreempt(disk or "") == fingerprint_but_nopreempt(running or ""),
            running_but_election=fingerprint_but_election(running) if running else None,
            origin=origin(disk) if disk is not None else None,
            advert_settings=advert_settings(running) if running else None,
            drain_obstacles=drain_obstacles(running) if running else {},
        )
    return _configurations[disk, running]
