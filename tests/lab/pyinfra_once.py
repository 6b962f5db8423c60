"""A `pyinfra` that is started once, and from which each command of a test is forked: `pyinfra_once.py DESCRIPTOR`.

A whole run of the tests types more than a thousand commands, and most of what the shorter ones cost is the start of
Python and the import of pyinfra, which is the same each time. A forked command gets its arguments, variables, folder
and standard streams from the tests, runs `main` of pyinfra as the program does, and ends as any process ends.

The package of this repository is imported here too: it is the one that every folder of a test has, by a link.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from os import fork, waitpid  # before gevent puts its own in their place
from typing import Any

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What most commands import. pyinfra's own comes first: errors of ours are its errors too where it is there.
IMPORTED = (
    *("pyinfra_cli.main", "jinja2", "yaml", "rich.table", "rich.console", "rich.progress", "icmplib"),
    *("keepalived.inventory", "keepalived.deploys", "keepalived.status.run", "keepalived.operations.deploy"),
    *("keepalived.operations.drain", "keepalived.operations.restore", "keepalived.operations.host"),
)
REQUEST_BYTES = 1 << 16


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Forks for each request. Returns the request in the process that is to run it; None when there are no more.

    A request comes with four descriptors: the standard streams, and where its process id and then its exit status go.
    """
    while True:
        asked, descriptors, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 4)
        if not asked:
            return None
        if fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            told = descriptors.pop()
            if (running := fork()) == 0:
                for number, descriptor in enumerate(descriptors):
                    os.dup2(descriptor, number)
                    os.close(descriptor)
                os.close(told)
                requests.close()
                return json.loads(asked)  # type: ignore[no-any-return]
            os.write(told, f"{running}\n".encode())
            os.write(told, f"{os.waitstatus_to_exitcode(waitpid(running, 0)[1])}\n".encode())
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def main(descriptor: int) -> None:
    """Serves until the tests hang up, and in a fork runs one command."""
    requests = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.path[0] = REPOSITORY
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # what is imported stays: no fork looks through it for garbage, nor copies its pages
    if request := serve(requests):
        program = os.path.join(os.path.dirname(sys.executable), "pyinfra")
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.path[0] = os.path.dirname(program)
        sys.argv = [program, *request["arguments"]]
        sys.exit(importlib.import_module("pyinfra_cli.main").main())


if __name__ == "__main__":
    main(int(sys.argv[1]))
