"""Locks between processes, held by the kernel: a dead process holds none."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.waiting import wait_for


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock `path`."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def held(path: Path, what: str, *, seconds: float) -> Iterator[None]:
    """Hold the lock `path`; no file is left of it afterwards.

    Raises LabError when somebody else still holds it after `seconds`.
    """
    descriptors: list[int] = []

    def holder() -> str | None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # the directory went with another lock
            return "nobody"
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 20).decode()
            os.close(descriptor)
            return f"process {pid}"
        # The holder before us removed the file when done: what we have locked may be no file any
        # more, while others lock its successor.
        if not path.exists() or path.stat().st_ino != os.fstat(descriptor).st_ino:
            os.close(descriptor)
            return "nobody"
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        descriptors.append(descriptor)
        return None

    wait_for(f"{what}, which another process is at", holder, seconds=seconds, until=lambda s: s is None)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()  # with the last lock
        os.close(descriptors.pop())
