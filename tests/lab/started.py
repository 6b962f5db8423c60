"""The tests' side of `pyinfra_once`: commands of an operator without the start of a program for each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from select import select
from typing import IO

from lab import shell
from lab.errors import LabError
from lab.lab import Lab

PROGRAM = Path(__file__).with_name("pyinfra_once.py")


def _reading(text: str | None) -> IO[bytes]:
    """What a command reads: a pipe that ends after `text`, or nothing."""
    if text is None:
        return Path(os.devnull).open("rb")
    reading, writing = os.pipe()
    os.write(writing, text.encode())  # an answer or two: less than a pipe holds
    os.close(writing)
    return os.fdopen(reading, "rb")


class StartedOnce:
    """Runs commands where the operator of a lab stands; those that begin with `pyinfra` without its start."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._requests: socket.socket | None = None
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, command: Sequence[str], *, input: str | None = None, timeout: float, cwd: Path
    ) -> subprocess.CompletedProcess[str]:
        """As `Lab.operator`. Raises LabError after `timeout` seconds."""
        if command[0] != "pyinfra":
            return self._lab.operator(command, input=input, timeout=timeout, cwd=cwd)
        with _reading(input) as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            told, telling = os.pipe()
            request = {
                "arguments": command[1:],
                "environment": shell.environment(self._lab.places),
                "folder": str(cwd),
            }
            socket.send_fds(
                self._server_of_requests(),
                [json.dumps(request).encode()],
                [stdin.fileno(), out.fileno(), err.fileno(), telling],
            )
            os.close(telling)
            with os.fdopen(told, "rb", buffering=0) as answers:
                running = int(answers.readline())
                if not select([answers], [], [], timeout)[0]:
                    os.kill(running, signal.SIGKILL)
                    raise LabError(f"`{' '.join(command)}` took more than {timeout:g} s")
                status = int(answers.readline())
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
            return subprocess.CompletedProcess(list(command), status, *texts)

    def _server_of_requests(self) -> socket.socket:
        if self._server is None or self._server.poll() is not None or self._requests is None:
            self.end()
            self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._server = subprocess.Popen(
                    self._lab.entering([sys.executable, str(PROGRAM), str(theirs.fileno())]),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=shell.environment(self._lab.places),
                    pass_fds=[theirs.fileno()],
                    text=True,
                )
        return self._requests

    def end(self) -> None:
        """Ends the server: it sees that nobody asks any more."""
        if self._requests is not None:
            self._requests.close()
        if self._server is not None:
            self._server.wait()
