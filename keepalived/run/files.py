"""The shell commands that write and remove this project's files on a node, each at once and whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

from pyinfra.api import QuoteString, StringCommand

from keepalived.conf.fingerprint import sha256_of
from keepalived.observed.checkpoint import Checkpoint
from keepalived.spec import paths
from keepalived.spec.flag import RunKind

PREEMPT = (Path(__file__).parent.parent / "scripts/preempt.sh").read_text(encoding="utf-8")


def set_flag(
    path: str,
    content: str,
    *,
    until_reboot: bool = False,
    like: str | None = None,
    keep: Literal["script", "file"] | None = None,
) -> StringCommand:
    """Drains a node. The flag is there at once and whole, also for who reads the number in it, and after a power cut.

    It gets the time of the flag `like`: the node has been drained since then. `keep`: a flag that is there and
    drains, as this kind of check looks at it, stays. The folder may be another user's: the file is made new under a
    name that nobody knows before, and no link is followed. It may also be missing: somebody has removed it.
    """
    folder = QuoteString(_folder(path))
    named = StringCommand("mkdir -p", folder, "&& set -C && new=$(mktemp -u", QuoteString(f"{path}.XXXXXXXXXXXX"))
    command = StringCommand(StringCommand(named, ")", _separator=""), "&& printf %s", QuoteString(content), '> "$new"')
    if like:
        command = StringCommand(command, "&& touch -h -r", QuoteString(like), '"$new"')
    if until_reboot:
        command = StringCommand("touch", paths.DRAINED_THIS_BOOT, "&&", command)
    if keep:  # whether that is a failure differs between versions of mv
        command = StringCommand(command, '&& { mv -nT "$new"', QuoteString(path), '|| true; } && rm -f "$new"')
        if keep == "file":  # a file without a number above 0 drains nothing
            drains = StringCommand("{ grep -qsE '^[[:space:]]*\\+?0*[1-9]'", QuoteString(path))
            command = StringCommand(drains, "|| rm -f", QuoteString(path), "; } &&", command)
    else:
        command = StringCommand(command, '&& mv -fT "$new"', QuoteString(path))
    return StringCommand(command, "&& sync", QuoteString(path), folder)


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def remove_scripts(scripts: Sequence[str]) -> StringCommand:
    """Removes those of these files whose names end with the digest of their content, as conf/scripts.py names them: any
    other is somebody else's, or has been edited since."""
    each = StringCommand("for file in", *map(QuoteString, scripts), '; do [ -f "$file" ] &&', _separator=" ")
    return StringCommand(each, 'case $(sha256sum < "$file") in "${file##*-}"*) rm -f -- "$file";; esac; done; true')


def remove_file(path: str) -> StringCommand:
    """Removes a file; with the path of the flag it restores a node, also after a power cut. An empty folder in
    its place goes too: it drains a node as a file does."""
    return StringCommand("rm -df", QuoteString(path), _flushed(path))


def remove_runs_flag(path: str, run: RunKind) -> StringCommand:
    """Ends a run's own drain. What an operator has put there meanwhile stays."""
    removing = StringCommand("|| rm -f", QuoteString(path), _flushed(path))
    return StringCommand("! grep -qsx", QuoteString(f"run: {run}"), QuoteString(path), removing)


def _flushed(path: str) -> StringCommand:
    """What follows the removal of a file; its folder may be missing."""
    return StringCommand("&& { sync", QuoteString(_folder(path)), "2>/dev/null || true; }")


def write_checkpoint(checkpoint: Checkpoint) -> StringCommand:
    """Writes how far a run of maintenance has come, in a folder that may be missing."""
    new = QuoteString(f"{paths.CHECKPOINT}.new")
    folder = QuoteString(_folder(paths.CHECKPOINT))
    put = StringCommand("printf %s", QuoteString(checkpoint.content), ">", new)
    moved = StringCommand(
        "&& mv -fT", new, QuoteString(paths.CHECKPOINT), "&& sync", QuoteString(paths.CHECKPOINT), folder
    )
    return StringCommand("mkdir -p", folder, "&&", put, moved)


def put_configuration(text: str, *, keep: bool = False) -> StringCommand:
    """Moves the tested configuration `text` over the one in place, mode 0640. Fails when neither is `text`.

    `keep`: a copy of the one in place stays beside it, for root alone; its path is written.
    """
    return StringCommand(_put(text, paths.STAGED, paths.CONFIGURATION, "640", _keep() if keep else ""))


def put_drop_in(text: str) -> StringCommand:
    """Moves the drop-in `text` that was written beside the one in place over it, and has systemd read it."""
    return StringCommand(_put(text, paths.STAGED_DROP_IN, paths.DROP_IN, "644"), "&& systemctl daemon-reload")


def _put(text: str, staged: str, path: str, mode: str, first: str = "") -> str:
    digest = sha256_of(text)

    def is_it(path: str) -> str:
        return f"echo '{digest}  {path}' | sha256sum --check --status 2>/dev/null"

    return (
        f"if {is_it(staged)}; then {first}mv -f {staged} {path}; else {is_it(path)}; fi "
        f"&& chown root:root {path} && chmod {mode} {path}"
    )


def _keep() -> str:
    """Fails, and the configuration in place stays, when there can be no copy."""
    copy = f'copy="{paths.REPLACED}-$(date -u +%Y%m%dT%H%M%SZ)"'
    return f'{copy} && install -m 600 {paths.CONFIGURATION} "$copy" && sync "$copy" && echo "$copy" && '


def try_scripts(scripts: Sequence[str]) -> StringCommand:
    """Tries scripts, side by side: a check is run once, a notify command not at all. Fails when one cannot be run, and
    says which."""
    begun = " ".join(f'{path} try & begun="$begun $!";' for path in scripts)
    return StringCommand(
        f'begun=; {begun} status=0; for one in $begun; do wait "$one" || status=$?; done; exit $status'
    )


def systemctl(verb: str) -> StringCommand:
    """Starts, restarts or reloads keepalived. A failure shows what the daemon said."""
    return StringCommand(
        f"systemctl {verb} keepalived.service || {{ journalctl -u keepalived -n 60 --no-pager -o cat",
        "| grep -v 'Printing VRRP as json' | tail -n 12 >&2; exit 1; }",  # what our own looks have left there
    )


def preempt(instances: Sequence[str]) -> StringCommand:
    """Has keepalived run without `nopreempt` in these instances until it is reloaded or started again."""
    given = {"configuration": paths.CONFIGURATION, "instances": " ".join(instances), "lock": paths.PREEMPT_LOCK}
    assignments = [StringCommand(f"{name}=", QuoteString(value), _separator="") for name, value in given.items()]
    return StringCommand(*assignments, PREEMPT, _separator="\n")


def tell_journal(words: str) -> StringCommand:
    """Puts a line between keepalived's own: `journalctl -u keepalived` shows it."""
    fields = [f"MESSAGE={words}", "OBJECT_SYSTEMD_UNIT=keepalived.service", "SYSLOG_IDENTIFIER=pyinfra", "PRIORITY=5"]
    quoted = [QuoteString(field) for field in fields]
    return StringCommand("printf '%s\\n'", *quoted, "| logger --journald || true")
