"""What a cluster file names and others keep: its secrets, and a file with raw blocks. Reads files, starts commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keepalived.spec.fault import Fault
from keepalived.spec.fields import shown

SOURCES = ("env", "file", "command")
SECONDS = 60  # somebody may have to type a passphrase


class _NotThere(Exception):
    """Nothing can be had from a source. The text names it, and never what it gives."""


def fill_in(data: dict[str, Any], folder: Path | None) -> list[Fault]:
    """Puts into the `data` of a cluster file what it only names. What cannot be had is taken out and is a fault."""
    return [*_secrets(data, folder), *_raw_file(data, folder)]


def _secrets(data: dict[str, Any], folder: Path | None) -> Iterator[Fault]:
    instances = data.get("instances")
    for name, instance in instances.items() if isinstance(instances, dict) else ():
        authentication = instance.get("authentication") if isinstance(instance, dict) else None
        if not isinstance(authentication, dict) or not isinstance(source := authentication.get("auth_pass"), dict):
            continue
        try:
            authentication["auth_pass"] = _secret(source, folder)
        except _NotThere as problem:
            del instance["authentication"]
            yield Fault(f"instances.{name}.authentication.auth_pass", str(problem))


def _secret(source: dict[str, Any], folder: Path | None) -> str:
    if len(source) != 1 or not set(source) < set(SOURCES):
        raise _NotThere(f"needs the password or one of {', '.join(SOURCES)}")
    ((kind, where),) = source.items()
    if not isinstance(where, str) or not where.strip() or "\0" in where:
        raise _NotThere(f"{kind}: {shown(where)} names nothing")
    match kind:
        case "env":
            value = os.environ.get(where)
            if value is None:
                raise _NotThere(f"the environment variable {where} is not set")
        case "file":
            value = _file(Path(where).expanduser(), folder)
        case _:
            value = _output(where)
    lines = value.splitlines()
    if len(lines) != 1 or not lines[0]:
        raise _NotThere(
            f"{kind} {where} gives {len(lines)} lines: one is needed" if lines else f"{kind} {where} is empty"
        )
    return lines[0]


def _file(path: Path, folder: Path | None) -> str:
    if folder is None and not path.is_absolute():
        raise _NotThere(f"{path}: give its full path")
    try:
        return ((folder or Path()) / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _NotThere(f"{path} is no text") from None
    except OSError as error:
        raise _NotThere(f"{path} cannot be read: {error.strerror}") from None


def _output(command: str) -> str:
    """What a command of the operator's own says. Its complaints go to the terminal."""
    try:
        done = subprocess.run(  # noqa: S602 - a shell is what it is written for
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS, check=False
        )
        value = done.stdout.decode()
    except subprocess.TimeoutExpired:
        raise _NotThere(f"the command {command!r} takes longer than {SECONDS} s") from None
    except UnicodeDecodeError:
        raise _NotThere(f"what the command {command!r} says is no text") from None
    if done.returncode:
        raise _NotThere(f"the command {command!r} ends with {done.returncode}")
    return value


def _raw_file(data: dict[str, Any], folder: Path | None) -> Iterator[Fault]:
    raw = data.get("raw")
    if isinstance(raw, dict) and isinstance(name := raw.get("file"), str):
        try:
            raw["file"] = _file(Path(name), folder)
        except _NotThere as problem:
            del raw["file"]
            yield Fault("raw.file", str(problem))
