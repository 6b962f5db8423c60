"""What an operator can ask for, one pyinfra deploy function a verb: deploy.py and tasks/*.py here, and any repository.

A parameter that is left out (None) is what `--data NAME=` says, else its default (cli/options.py). Each function
imports what it needs itself: no command waits for the modules of another verb.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pyinfra import api, host, inventory, state
from pyinfra.api.arguments import pop_global_arguments

from keepalived.cli.errors import NothingDone
from keepalived.cli.options import (
    DeployOptions,
    DrainOptions,
    ImportOptions,
    Model,
    RebootOptions,
    RemoveOptions,
    RestoreOptions,
    StatusOptions,
    UpgradeOptions,
    Watched,
    read,
)
from keepalived.run.context import current
from keepalived.run.ending import take_over
from keepalived.run.record import Recorder

DEPLOY_NAME = "keepalived"  # pyinfra shows it before the name of each operation


@api.deploy(DEPLOY_NAME)
def deploy(
    *,
    adopt: bool | None = None,
    resume: bool | None = None,
    force: bool | None = None,
    probe: bool | None = None,
    probe_port: int | None = None,
    record: str | None = None,
) -> None:
    """Installs and configures keepalived on every node; changes what runs node by node, the holder last."""
    from pyinfra.operations import apt

    from keepalived.facts import Node, node_arguments
    from keepalived.operations import deploy as deploying
    from keepalived.operations import host as preparing
    from keepalived.plan.host import host_work

    options = _begin(
        DeployOptions, adopt=adopt, resume=resume, force=force, probe=probe, probe_port=probe_port, record=record
    )
    plan = deploying.plan(options)  # refused here, before anything is done on any host
    if host.name not in plan.due:
        return
    text = plan.texts[host.data.cluster.name][host.data.node]
    node = host.get_fact(Node, **node_arguments(host.data.cluster), journal=False)
    apt.packages(
        name="Install the package",
        packages=["keepalived", *host.data.cluster.packages],
        update=node is None or node.version is None,
        no_recommends=True,
        extra_install_args="-o DPkg::Lock::Timeout=60",  # unattended-upgrades may be at it
    )
    deploying.supported(name="Check its version")
    if host_work(host.data.cluster, node, text).due:
        preparing.prepared(name="Prepare the host", text=text)

    # Every node's configuration is good before any node is touched.
    deploying.staged(name="Test the new configuration", text=text)
    deploying.enabled(name="Enable the service")
    for batch in _one_after_the_other(plan.batches):
        deploying.turn(
            name="Change one node of each cluster", batch=batch, text=text, resume=options.resume, force=options.force
        )


@api.deploy(DEPLOY_NAME)
def drain(
    *,
    reason: str | None = None,
    until: Literal["reboot", "restore"] | None = None,
    wait: int | None = None,
    force: bool | None = None,
    probe: bool | None = None,
    probe_port: int | None = None,
    record: str | None = None,
) -> None:
    """Takes nodes out of service, and returns when another node is seen to hold their addresses."""
    from keepalived.operations import drain as draining

    options = _begin(
        DrainOptions,
        reason=reason,
        until=until,
        wait=wait,
        force=force,
        probe=probe,
        probe_port=probe_port,
        record=record,
    )
    draining.plan(options)  # refused here, before anything is done on any host
    draining.drain(
        name="Drain the node and see another one hold its addresses",
        reason=options.reason,
        until=options.until,
        force=options.force,
        wait=options.wait,
    )


@api.deploy(DEPLOY_NAME)
def restore(*, probe: bool | None = None, probe_port: int | None = None, record: str | None = None) -> None:
    """Puts nodes back in service, and ends what a reboot or upgrade that did not end has left."""
    from keepalived.operations import restore as restoring

    _begin(RestoreOptions, probe=probe, probe_port=probe_port, record=record)
    restoring.plan()
    restoring.restore(name="Restore the node and see it hold what it should")


@api.deploy(DEPLOY_NAME)
def reboot(
    *,
    only: Literal["required"] | None = None,
    reason: str | None = None,
    resume: bool | None = None,
    force: bool | None = None,
    probe: bool | None = None,
    probe_port: int | None = None,
    record: str | None = None,
) -> None:
    """Reboots the nodes of each cluster one after the other."""
    from keepalived.operations import reboot as rebooting

    options = _begin(
        RebootOptions,
        only=only,
        reason=reason,
        resume=resume,
        force=force,
        probe=probe,
        probe_port=probe_port,
        record=record,
    )
    plan = rebooting.plan(options)  # refused here, before anything is done on any host
    rebooting.checkpoint(name="Write down what is to be rebooted", plan=plan)
    for batch in _one_after_the_other(plan.batches):
        rebooting.turn(name="Reboot one node of each cluster", batch=batch, reason=options.reason, force=options.force)
    rebooting.finish(name="Write down that all is done")


@api.deploy(DEPLOY_NAME)
def upgrade(
    *,
    version: str | None = None,
    packages: Literal["all"] | None = None,
    reason: str | None = None,
    force: bool | None = None,
    probe: bool | None = None,
    probe_port: int | None = None,
    record: str | None = None,
) -> None:
    """Upgrades keepalived, or the whole system, on the nodes of each cluster one after the other."""
    from pyinfra.operations import server

    from keepalived.operations import upgrade as upgrading

    options = _begin(
        UpgradeOptions,
        version=version,
        packages=packages,
        reason=reason,
        force=force,
        probe=probe,
        probe_port=probe_port,
        record=record,
    )
    plan = upgrading.plan(options)  # refused here, before anything is done on any host
    server.shell(name="Read what packages there are", commands=[upgrading.READ_PACKAGES])
    upgrading.known(name="Check that the version is to be had", plan=plan)
    for batch in _one_after_the_other(plan.batches):
        upgrading.turn(
            name="Upgrade one node of each cluster", batch=batch, plan=plan, reason=options.reason, force=options.force
        )


@api.deploy(DEPLOY_NAME)
def remove(
    *,
    force: bool | None = None,
    probe: bool | None = None,
    probe_port: int | None = None,
    record: str | None = None,
) -> None:
    """Takes nodes out of a cluster for good. Then take them out of the cluster file and deploy."""
    from pyinfra.operations import apt

    from keepalived.operations import remove as removing

    options = _begin(RemoveOptions, force=force, probe=probe, probe_port=probe_port, record=record)
    removing.plan(options)  # refused here, before anything is done on any host
    removing.service_stopped(name="Drain the node and stop the service", force=options.force)
    removing.files_removed(name="Remove its files")
    apt.packages(
        name="Remove the package",
        packages=["keepalived"],
        present=False,
        purge=True,
        # unattended-upgrades may be at it; and what is held (host.hold) apt would not remove
        extra_uninstall_args="-o DPkg::Lock::Timeout=300 --allow-change-held-packages",
    )


@api.deploy(DEPLOY_NAME)
def status(*, format: Literal["json", "table"] | None = None, watch: bool | None = None) -> None:
    """Shows who holds what and what is wrong, and ends the whole run: with exit status 0 (healthy) or 1."""
    from keepalived.status.run import show_and_exit

    _alone("status")
    show_and_exit(_asked(StatusOptions, format=format, watch=watch))


@api.deploy(DEPLOY_NAME)
def import_() -> None:
    """Prints the cluster file that reproduces the keepalived.conf of the nodes, and ends the whole run."""
    from keepalived.operations.importing import show_and_exit

    _alone("import")
    _asked(ImportOptions)
    show_and_exit()


def _begin(model: type[Watched], **given: str | bool | int | None) -> Watched:
    """What every verb that changes something begins with: its options. Raises NothingDone."""
    if state.config.FAIL_PERCENT != 0:
        raise NothingDone("A run must end with the first failure: put `config.FAIL_PERCENT = 0` into config.py")
    if (typed := current().typed) and typed.out_of_order:
        typed_options = " and ".join(typed.out_of_order)
        raise NothingDone(f"{typed_options} would change nodes before another one has taken over: type it without")
    _refuse_global_arguments()
    options = _asked(model, **given)
    run = current()
    run.probes, run.probe_port = options.probe, options.probe_port
    if (path := options.record) is not None:
        run.record = run.once("record", lambda: Recorder(Path(path), run.typed))
    return options


UNTRUE = ("_ignore_errors", "_continue_on_error", "_if", "_run_once", "_serial", "_retries")
"""pyinfra's global arguments with which a failure passes for done, or nodes are left out or change out of order."""


def _refuse_global_arguments() -> None:
    """Raises NothingDone where one of them is set: by the call, for the host, or in config.py."""
    arguments, _ = pop_global_arguments(state, host, {})
    wrong = [name for name in UNTRUE if arguments.get(name)]
    if list(arguments.get("_success_exit_codes") or [0]) != [0]:
        wrong.append("_success_exit_codes")
    if wrong:
        elsewhere = {"_ignore_errors": "IGNORE_ERRORS out of config.py", "_retries": "type no --retry"}
        also = "".join(f", and {elsewhere[name]}" for name in wrong if name in elsewhere)
        raise NothingDone(
            f"With {' and '.join(wrong)} a failure could pass for done, or nodes be left out or changed out of their "
            f"order. Leave it out of --data, group_data and the call{also}"
        )


def _alone(verb: str) -> None:
    """Raises NothingDone where something else is asked for too: `verb` prints and ends the run, so it would not be."""
    if (typed := current().typed) and len(set(typed.files)) > 1:
        raise NothingDone(f"{verb} prints and ends the run, so the other files would not be run: type it by itself")
    if state.op_meta:
        raise NothingDone(
            f"{verb} prints and ends the run, so the operations before it would not be run: call it in a file of its "
            "own"
        )


def _asked(model: type[Model], **given: str | bool | int | None) -> Model:
    """The options of a verb: what a parameter gives, or else --data. Data of hosts and groups is somebody else's."""
    take_over()  # by now: another repository may have an inventory of its own
    if (model, host.name) in current().verbs:
        raise NothingDone(f"{model.__name__.removesuffix('Options').lower()} is called twice: call it once a run")
    current().verbs.add((model, host.name))
    said: dict[str, object] = inventory.get_override_data()  # type: ignore[no-untyped-call]
    return read(model, lambda name: said.get(name) if given.get(name) is None else given[name])


def _one_after_the_other(batches: Iterable[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Node by node within a cluster, clusters side by side: pyinfra runs an operation on all hosts before the next."""
    return host.loop(batches)  # type: ignore[no-any-return, no-untyped-call]
