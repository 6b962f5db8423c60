"""The lab that faults are done to: its hosts, its operator, and whom keepalived's election gives the addresses to."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from faults.phases import Allowed, Holders
from faults.variants import Variant
from keepalived.spec.cluster import Cluster
from keepalived.spec.cluster_file import parse
from lab.errors import LabError
from lab.host import Host
from lab.lab import CHECKOUT, Lab
from lab.operator import DEPLOY, DRAIN, RESTORE, STATUS, Operator
from lab.six import give_six
from lab.talking import serve
from lab.waiting import wait_for
from lab.witness import holders

BUSY_SECONDS = 1.0  # this machine carries all hosts at once
REST_SECONDS = 40.0
UNCHANGED = "nothing to change"


class Stage:
    """One variant, up and deployed. `kills`: how often the operator's machine dies in a case. `chance`: seeded."""

    def __init__(self, variant: Variant, project: Path, *, kills: int, seed: int) -> None:
        self.variant, self.kills, self.seed = variant, kills, seed
        self.chance = random.Random(f"{seed} {variant.name}")  # noqa: S311 - it only has to be the same again
        self.lab = Lab(f"faults-{os.getpid()}")
        self.lab.up(variant.nodes, variant.suite, owner=os.getpid())
        self.file = variant.cluster_file()
        self.operator = Operator(self.lab, project)
        self.cluster: Cluster = parse(self.file, "managers")
        self.since: float | None = None
        self._changes = 0
        self._asker: subprocess.Popen[str] | None = None
        self._macs: dict[str, str] = {}

    def deploy(self) -> None:
        """Makes the cluster, and keeps the disks of its hosts as they are then."""
        if self.variant.family == "ipv6":
            give_six(self.lab)
        self.operator.writes(self.file)
        self.operator.types(f"{DEPLOY} --data probe=off")
        if self.variant.kind == "connections":
            for host in self.hosts:
                serve(host)
        self.lab.save()
        if self.variant.family == "ipv6":
            give_six(self.lab)
        self.rest()

    def down(self) -> None:
        """Ends it."""
        self.lab.down()

    # Who is who.

    @property
    def hosts(self) -> list[Host]:
        """In the order of the cluster file."""
        return list(self.lab.hosts.values())

    @property
    def address(self) -> str:
        """The floating address that is watched."""
        return self.variant.addresses[0]

    def order(self, address: str | None = None) -> list[str]:
        """The nodes by preference for an address."""
        return self.cluster.order(self._instance(address or self.address))

    def _instance(self, address: str) -> str:
        return next(name for name in self.cluster.instances if address in self.cluster.held(name))

    def holder(self) -> Host:
        """The host that holds the watched address. Raises LabError when it is not one."""
        (name,) = wait_for(
            "one holder", lambda: self.held()[self.address], seconds=10, until=lambda seen: len(seen) == 1
        )
        return self.lab.hosts[name]

    def backups(self) -> list[Host]:
        """The others, the one that takes over first."""
        holder = self.holder().name
        return [self.lab.hosts[name] for name in self.order() if name != holder]

    def held(self) -> dict[str, Holders]:
        """Who holds each address, by the kernels' own word."""
        return {address: tuple(holders(self.lab, address)) for address in self.variant.addresses}

    # What is expected.

    @property
    def failover(self) -> float:
        """Seconds that clients may be without an answer when a holder dies: until a backup has missed its adverts."""
        return 4 * self.cluster.advert_seconds(self._instance(self.address)) + BUSY_SECONDS

    @property
    def planned(self) -> float:
        """Seconds until a planned move is over."""
        return self.cluster.move_seconds + BUSY_SECONDS

    def one_each(self, *, without: Collection[Host] = (), drained: Collection[Host] = ()) -> Allowed:
        """Each address is where the election puts it: one holder, or none where no node is left."""
        dead, out, now = {host.name for host in without}, {host.name for host in drained}, self.held()
        return {address: [self._elected(address, now[address], dead, out)] for address in self.variant.addresses}

    def _elected(self, address: str, now: Holders, dead: Collection[str], drained: Collection[str]) -> Holders:
        alive = [name for name in self.order(address) if name not in dead]
        able = [name for name in alive if name not in drained] or alive
        if self.variant.kind == "nopreempt" and (stay := [name for name in now if name in able]):
            return (stay[0],)
        return tuple(able[:1])

    def any_one(self) -> Allowed:
        """Each address has one holder, whoever it is."""
        return {address: [(host.name,) for host in self.hosts] for address in self.variant.addresses}

    def back(self) -> Allowed:
        """All is in service again: each address is where the election puts it, or stays where it is."""
        return self.any_one() if self.variant.kind == "nopreempt" else self.one_each()

    def none(self) -> Allowed:
        """No address has a holder."""
        return {address: [()] for address in self.variant.addresses}

    def both_sides(self, sides: Sequence[Sequence[Host]]) -> Allowed:
        """Each address has a holder on each side of a network that is in parts."""
        found = {}
        for address in self.variant.addresses:
            order = self.order(address)
            best = [min((host.name for host in side), key=order.index) for side in sides]
            found[address] = [tuple(sorted(best))]
        return found

    # What the operator types.

    def drain(self, *hosts: Host, options: str = "") -> None:
        """Takes hosts out of service. Raises LabError when it does not succeed."""
        self.operator.types(f"{DRAIN} {_limits(hosts)} {options}")

    def restore(self, *hosts: Host) -> None:
        """Puts hosts back in service."""
        self.operator.types(f"{RESTORE} {_limits(hosts)}")

    def change(self) -> None:
        """Writes a cluster file that no node has run by: another advert_int."""
        self._changes += 1
        self.operator.writes(f"{self.file}advert_int: {0.4 + self._changes / 100:.2f}\n")

    def types_deploy(self, options: str = "") -> None:
        """Deploys what is written."""
        self.operator.types(f"{DEPLOY} {options}")

    def deploy_fails(self) -> None:
        """Deploys what is written, in vain. Raises LabError when it succeeds, or ends in a traceback."""
        self.operator.is_refused(DEPLOY)

    def begins_deploy(self) -> subprocess.Popen[str]:
        """Deploys what is written, and returns when the first node's turn has begun."""
        return self.operator.begins(DEPLOY, "Starting operation: keepalived | Change one node of each cluster")

    def ends_in_failure(self, run: subprocess.Popen[str]) -> None:
        """Waits for the end of a command that fails. Raises LabError when it succeeds, or ends in a traceback."""
        ended = self.operator.ends(run)
        if ended.status == 0 or "Traceback" in ended.text:
            raise LabError(f"exit status {ended.status}: {ended.text[-500:]}")

    def kill_after(self, command: str, seconds: float) -> None:
        """Types a command, and the machine that it is typed on dies so many seconds later."""
        run = self.operator.starts(command, apart=True)
        try:
            run.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()

    # What is seen.

    def floating(self) -> str:
        """The watched address as `ip address add` takes it."""
        return f"{self.address}/{128 if self.variant.family == 'ipv6' else 32}"

    def nodad(self) -> str:
        """What an IPv6 address needs to be there at once."""
        return " nodad" if self.variant.family == "ipv6" else ""

    def advert_targets(self) -> list[str]:
        """Where adverts of the watched address go."""
        if self.variant.adverts == "multicast":
            return ["ff02::12" if self.variant.family == "ipv6" else "224.0.0.18"]
        return [str(self.cluster.advert_source(self._instance(self.address), node)) for node in self.cluster.nodes]

    def begins(self) -> None:
        """The fault comes about now, not when its phase began."""
        self.since = time.time()

    def answered(self) -> dict[str, list[str]]:
        """Who answers for each address to ARP or neighbour discovery: hosts by name, others by MAC address."""
        asker = self._asking()
        assert asker.stdin is not None
        assert asker.stdout is not None
        print(json.dumps(self.variant.addresses), file=asker.stdin, flush=True)
        told: dict[str, dict[str, list[str]]] = json.loads(asker.stdout.readline())
        names = self._names()
        return {address: sorted(names.get(mac, mac) for mac in one.get("macs", ())) for address, one in told.items()}

    def _asking(self) -> subprocess.Popen[str]:
        """The process with which status itself asks, in the operator's place. It takes a second to start."""
        if self._asker is None or self._asker.poll() is not None:
            command = ["python", "-m", "keepalived.status.neighbours"]
            self._asker = self.lab.operator_popen(
                command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT, start_new_session=True
            )
        return self._asker

    def _names(self) -> dict[str, str]:
        """The hosts by MAC address, which stays for as long as the lab is up."""
        for host in self.hosts:
            if host.name not in self._macs.values():
                with suppress(LabError):
                    self._macs[host.succeed("cat /sys/class/net/enp0s3/address").strip()] = host.name
        return self._macs

    def problems(self) -> list[str]:
        """The ids of what status says is wrong."""
        run = self.operator.attempts(f"{STATUS} --data format=json")
        try:
            clusters = json.loads(run.stdout)["clusters"]
        except ValueError:
            raise LabError(f"status gave no document: {run.text[-500:]}") from None
        return list(dict.fromkeys(one["id"] for one in clusters["managers"]["problems"]))

    def redeploy(self) -> str:
        """What a deploy does now: nothing to change, or its last lines."""
        run = self.operator.attempts(f"{DEPLOY} --data probe=off")
        if run.status == 0 and UNCHANGED in run.text:
            return UNCHANGED
        return f"exit status {run.status}: {' '.join(run.text.split())[-300:]}"

    def rest(self) -> None:
        """Waits until each address has its holder and status finds nothing wrong. Raises LabError."""

        def look() -> tuple[dict[str, Holders], bool, set[str]]:
            held, allowed = self.held(), self.one_each()
            here = all(held[address] in allowed[address] for address in held)
            return held, here, set(self.problems()) if here else set()

        wait_for(
            "rest", look, seconds=REST_SECONDS, until=lambda seen: seen[1] and seen[2] <= self.variant.known_problems
        )

    def repair(self, *, quick: bool) -> None:
        """Has the hosts at rest again after a case, from their saved disks where nothing else helps. `quick`: they have
        just been seen at rest."""
        try:
            self.operator.repairs()
            self.operator.configures(self.file)
            if not quick:
                self.rest()
        except LabError:
            self.lab.put_back()
            self.operator.forgets()
            self.operator.writes(self.file)
            self.operator.is_deployed(self.file)
            if self.variant.family == "ipv6":
                give_six(self.lab)
            self.rest()


def _limits(hosts: Sequence[Host]) -> str:
    return " ".join(f"--limit {host.name}" for host in hosts)
