"""The process that keeps one lab: makes it, boots its hosts, and ends it when its owner ends.

A host that reboots is started again, one that was switched off or has crashed stays down until the
keeper is asked, on a socket, by a line `boot NAME`; it answers `ok` or what went wrong.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab import boot, cgroup, network, shell, teardown
from lab.errors import LabError
from lab.locks import held
from lab.places import HostPlaces, Places


class Keeper:
    """Keeps the hosts of one lab. Invariant: a host has at most one machine, a child of ours."""

    def __init__(self, lab: Places, nodes: int, bases: Sequence[Path]) -> None:
        self.lab = lab
        self.hosts = lab.hosts(nodes)
        self.bases = {name: bases[place % len(bases)] for place, name in enumerate(self.hosts)}
        self.machines: dict[str, subprocess.Popen[bytes]] = {}
        self.waiting = selectors.DefaultSelector()

    def make(self) -> None:
        """Make the network, the operator's home and what is each host's own, and boot them all."""
        network.make_operator(self.lab)
        authorized_key = shell.make_home(self.lab)
        keys = {}
        for host in self.hosts.values():
            keys[host.name] = boot.make_seed(host, self.bases[host.name], authorized_key)
            self.switch_on(host)
        shell.introduce(self.lab, ((host, keys[host.name]) for host in self.hosts.values()))
        (self.lab.cgroup / "operator").mkdir()

    def switch_on(self, host: HostPlaces) -> None:
        """Boot the host, unless it runs."""
        machine = self.machines.get(host.name)
        if machine is not None:
            if cgroup.is_populated(host.cgroup):
                return
            self.bury(host, machine)
        network.connect(self.lab, host)
        machine = boot.start(host, self.bases[host.name])
        self.machines[host.name] = machine
        self.waiting.register(os.pidfd_open(machine.pid), selectors.EVENT_READ, host)

    def bury(self, host: HostPlaces, machine: subprocess.Popen[bytes]) -> int:
        """Take leave of a machine that has ended. Returns how it did."""
        for key in list(self.waiting.get_map().values()):
            if key.data is host:
                self.waiting.unregister(key.fileobj)
                os.close(key.fd)
        del self.machines[host.name]
        status = machine.wait()
        # Whatever of it is left, where only the outermost process was killed.
        cgroup.kill(host.cgroup)
        network.disconnect(host)
        return status

    def serve(self, owner: int | None) -> None:
        """Answer until the owner, a process descriptor, ends."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            # Renamed when it listens: who sees the socket can connect.
            beside = self.lab.socket.with_suffix(".new")
            listener.bind(str(beside))
            beside.chmod(0o600)
            listener.listen(64)
            beside.rename(self.lab.socket)
            self.waiting.register(listener, selectors.EVENT_READ, "request")
            if owner is not None:
                self.waiting.register(owner, selectors.EVENT_READ, "owner")
            while True:
                for key, _ in self.waiting.select():
                    if key.data == "owner":
                        return
                    if key.data == "request":
                        self.answer(listener.accept()[0])
                    else:
                        self.ended(key.data)

    def ended(self, host: HostPlaces) -> None:
        """Start a host that rebooted again; leave another one down."""
        machine = self.machines.get(host.name)
        if machine is None or machine.poll() is None:
            return  # a request that came with this event has already seen to it
        status = self.bury(host, machine)
        print(f"{host.name} ended with status {status}", flush=True)
        if status == boot.REBOOTED:
            self.switch_on(host)

    def answer(self, client: socket.socket) -> None:
        """Do what one client asks."""
        with client:
            client.settimeout(5)
            try:
                verb, name = client.recv(200).decode().split()
                if verb != "boot" or name not in self.hosts:
                    raise LabError(f"no such request: {verb} {name}")
                self.switch_on(self.hosts[name])
                client.sendall(b"ok")
            except (LabError, ValueError) as error:
                client.sendall(str(error).encode())
            except OSError as error:
                print(f"a client was lost: {error}", flush=True)


def main(name: str, owner: int | None) -> None:
    """Keep the lab `name`, whose settings have been written, while the process `owner` lives."""
    os.umask(0o022)
    lab = Places(name)
    settings = json.loads(lab.settings.read_text())
    keeper = Keeper(lab, settings["nodes"], [Path(base) for base in settings["bases"]])
    keeper.make()
    keeper.serve(owner)
    with held(lab.lock, f"taking the lab {name} down", seconds=60):
        cgroup.leave()
        teardown.remove(lab)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
    except LabError as error:
        sys.exit(str(error))
