"""What the commands of this project do to a simulated server, program by program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from keepalived.observed.boot import IDENTITY
from keepalived.run.files import PREEMPT
from keepalived.spec import paths
from tests.fake.connections import run_script
from tests.fake.server import Content, Died, Server
from tests.fake.shell import Result, Shell

LOOKS = {"printf", "set", "sync", "echo", "sha256sum", "grep", "true", "exit", "journalctl", "logger", "test", "tail"}
"""Commands that change nothing."""


def run(server: Server, text: str, given: str = "") -> Result:
    """A command of a shell as root. `given`: its standard input. Raises Died."""
    if text == IDENTITY:
        return Result(out=f"{server.identity}\n")
    if "dpkg " in text and "--configure -a" in text:  # a loop that waits for the lock
        refused = server.world.command(server, text)
        return _configure_packages(server) if refused is None else refused

    if text.endswith(PREEMPT):
        instances = re.findall(r"^instances='?([^\n']*)", text, re.M)[0].split()
        refused = server.world.command(server, " ".join(["preempt", *instances]))
        result = server.preempt(instances) if refused is None else refused
        server.world.settle()
        return result

    def program(words: list[str], given: str) -> Result:
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.S):
            words = words[1:]
        name, *rest = words
        assert name in PROGRAMS, f"the simulated server does not know the command {' '.join(words)!r}"
        if name not in LOOKS and (refused := server.world.command(server, " ".join(words))) is not None:
            return refused
        result = PROGRAMS[name](server, rest, given)
        server.world.settle()
        return result

    return Shell(program, server.write).run(text, given)


def _true(server: Server, words: list[str], given: str) -> Result:
    return Result()


def _exit(server: Server, words: list[str], given: str) -> Result:
    return Result(int(words[0]))


def _printf(server: Server, words: list[str], given: str) -> Result:
    form, *values = words
    end = "\n" if form.endswith("\\n") else ""
    assert form in ("%s", "%s\\n"), f"printf {form}"
    return Result(out="".join(f"{value}{end}" for value in values))


def _echo(server: Server, words: list[str], given: str) -> Result:
    return Result(out=f"{' '.join(words)}\n")


def _logger(server: Server, words: list[str], given: str) -> Result:
    assert words == ["--journald"]
    server.world.journal.extend((server.name, line[8:]) for line in given.splitlines() if line.startswith("MESSAGE="))
    return Result()


def _journalctl(server: Server, words: list[str], given: str) -> Result:
    return Result(out=f"the last words of keepalived on {server.name}\n")


def _sha256sum(server: Server, words: list[str], given: str) -> Result:
    assert words == ["--check", "--status"]
    digest, path = given.split()
    text = server.read(path)
    return Result(int(text is None or hashlib.sha256(text.encode()).hexdigest() != digest))


def _tail(server: Server, words: list[str], given: str) -> Result:
    assert words[0] == "-n"
    return Result(out=given)


def _grep(server: Server, words: list[str], given: str) -> Result:
    if words[:2] == ["-D", "skip"]:
        words = words[2:]
    if words[0] == "-v":
        return Result(out="".join(line for line in given.splitlines(keepends=True) if words[1] not in line))
    options, wanted, path = words
    if options == "-qsE":
        pattern = wanted.replace("[[:space:]]", r"\s")
        return Result(int(re.search(pattern, server.read(path) or "", re.MULTILINE) is None))
    assert options == "-qsx", f"grep {options}"
    return Result(int(wanted not in (server.read(path) or "").splitlines()))


def _test(server: Server, words: list[str], given: str) -> Result:
    match words:
        case ["-e", path]:
            return Result(int(path not in server.files))
    raise AssertionError(f"test {words}")


def _mkdir(server: Server, words: list[str], given: str) -> Result:
    assert words[0] == "-p"
    return Result()


def _rmdir(server: Server, words: list[str], given: str) -> Result:
    assert words[0] == "--ignore-fail-on-non-empty"
    return Result()


def _chown(server: Server, words: list[str], given: str) -> Result:
    return Result(int(words[-1] not in server.files))


def _chmod(server: Server, words: list[str], given: str) -> Result:
    return Result(int(words[-1] not in server.files))


def _touch(server: Server, words: list[str], given: str) -> Result:
    match words:
        case ["-h", "-r", like, path]:
            if like not in server.files:
                return Result(1, err=f"touch: failed to get attributes of '{like}': No such file or directory\n")
            server.files[path] = Content(server.read(path) or "", server.files[like].time)
        case [path]:
            server.write(path, server.read(path) or "")
        case _:
            raise AssertionError(f"touch {words}")
    return Result()


def _mv(server: Server, words: list[str], given: str) -> Result:
    options, source, target = words
    assert options in ("-f", "-fT", "-nT"), f"mv {options}"
    if source not in server.files:
        return Result(1, err=f"mv: cannot stat '{source}': No such file or directory\n")
    if options == "-nT" and target in server.files:
        return Result()
    server.files[target] = server.files.pop(source)
    return Result()


def _install(server: Server, words: list[str], given: str) -> Result:
    mode, _, source, target = words
    assert mode == "-m"
    if source not in server.files:
        return Result(1, err=f"install: cannot stat '{source}': No such file or directory\n")
    server.write(target, server.read(source) or "")
    return Result()


def _rm(server: Server, words: list[str], given: str) -> Result:
    assert words[0] in ("-f", "-df"), words
    for path in words[1:]:
        server.files.pop(path, None)
    return Result()


def _env(server: Server, words: list[str], given: str) -> Result:
    """A command of the operator's own."""
    node, address, timeout, kill_after, seconds, *shell, command = words
    assert timeout == "timeout", words
    assert kill_after == "--kill-after=5", words
    assert shell == ["sh", "-c"], words
    assert float(seconds) > 0, words
    about = node.removeprefix("NODE=")
    assert address == f"NODE_ADDRESS={server.world.servers[about].address}", words
    server.world.hooks.append((server.name, about, command))
    return Result()


def _bash(server: Server, words: list[str], given: str) -> Result:
    return run_script(server, words)


def _docker(server: Server, words: list[str], given: str) -> Result:
    match words:
        case ["node", "update", "--availability", availability, node]:
            return server.world.swarm.update(server, availability, node)
    raise AssertionError(f"docker {words}")


def _apt_get(server: Server, words: list[str], given: str) -> Result:
    words = [word for word in words if not word.startswith(("-", "Dpkg", "DPkg"))]
    match words:
        case ["install", package] if package.startswith("keepalived="):
            if server.held:
                return Result(100, err="E: Held packages were changed and -y was used without it.\n")
            server.install(package.removeprefix("keepalived="))
        case ["upgrade"]:
            if "keepalived" in server.pending and not server.held:
                server.install(server.offered[0])
            server.pending = ["keepalived"] if server.held and "keepalived" in server.pending else []
        case _:
            raise AssertionError(f"apt-get {words}")
    return Result()


def _apt_mark(server: Server, words: list[str], given: str) -> Result:
    match words:
        case ["hold" | "unhold" as verb, "keepalived"]:
            server.held = verb == "hold"
            return Result()
    raise AssertionError(f"apt-mark {words}")


def _configure_packages(server: Server) -> Result:
    server.broken = False
    return Result()


def _systemctl(server: Server, words: list[str], given: str) -> Result:
    words = [word for word in words if word != "--quiet"]
    unit = "keepalived.service"
    match words:
        case ["start", name] if name == unit:
            return Result() if server.daemon else server.start()
        case ["restart", name] if name == unit:
            return server.restart()
        case ["reload", name] if name == unit:
            return server.reload()
        case ["stop", name] if name == unit:
            server.stop()
        case ["enable", name] if name == unit:
            server.enabled = True
        case ["disable", "--now", name] if name == unit:
            server.enabled = False
            server.stop()
        case ["try-restart", name]:
            server.stale = [one for one in server.stale if one != name]
            return server.restart() if name == unit and server.daemon else Result()
        case ["daemon-reload"]:
            server.unit_read = server.read(paths.DROP_IN)
        case ["reboot"]:
            if not server.reboots_when_told:
                return Result(1, err="Call to Reboot failed: Operation inhibited\n")
            server.reboot()
            raise Died
        case _:
            raise AssertionError(f"systemctl {words}")
    return Result()


PROGRAMS: dict[str, Callable[[Server, list[str], str], Result]] = {
    "true": _true,
    "exit": _exit,
    "printf": _printf,
    "echo": _echo,
    "logger": _logger,
    "journalctl": _journalctl,
    "sha256sum": _sha256sum,
    "grep": _grep,
    "tail": _tail,
    "test": _test,
    "mkdir": _mkdir,
    "rmdir": _rmdir,
    "chown": _chown,
    "chmod": _chmod,
    "touch": _touch,
    "mv": _mv,
    "install": _install,
    "rm": _rm,
    "set": _true,
    "sync": _true,
    "env": _env,
    "bash": _bash,
    "docker": _docker,
    "apt-get": _apt_get,
    "apt-mark": _apt_mark,
    "systemctl": _systemctl,
}
