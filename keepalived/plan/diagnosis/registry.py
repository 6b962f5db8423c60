"""All checks of a cluster, and what they find, worst first. Pure.

A new check is a row here, a function in one of the files beside this one, and a section in docs/troubleshooting.md.
"""

from __future__ import annotations

from keepalived.observed.cluster import ClusterState
from keepalived.plan.diagnosis import addresses, configuration, drains, network, nodes, runs
from keepalived.plan.diagnosis.findings import Check, Evidence, Problem, Severity

OUTAGE, FAULT, RISK, UNTIDY = Severity

OF_ADDRESSES = (
    Check("address-without-holder", OUTAGE, addresses.without_holder),
    Check("holder-unreadable", FAULT, addresses.holder_unreadable),
    Check("two-holders", OUTAGE, addresses.two_holders),
    Check("drained-node-holds", FAULT, addresses.drained_node_holds),
    Check("no-other-node-can-serve", FAULT, addresses.no_other_node_can_serve),
    Check("lower-priority-holds", FAULT, addresses.lower_priority_holds),
    Check("two-machines-answer", OUTAGE, network.two_machines_answer),
    Check("stranger-answers", OUTAGE, network.stranger_answers),
    Check("nobody-answers", FAULT, network.nobody_answers),
    Check("stranger-sends-adverts", FAULT, network.stranger_sends_adverts),
    Check("unknown-master", FAULT, network.unknown_master),
)
OF_NODES = (
    Check("node-unreadable", FAULT, nodes.unreadable),
    Check("keepalived-not-installed", FAULT, nodes.not_installed),
    Check("address-left-behind", OUTAGE, nodes.address_left_behind),
    Check("keepalived-stopped", FAULT, nodes.stopped),
    Check("keepalived-silent", FAULT, nodes.silent),
    Check("keepalived-not-enabled", RISK, nodes.not_enabled),
    Check("instance-missing", FAULT, nodes.instance_missing),
    Check("instance-not-ready", FAULT, nodes.instance_not_ready),
    Check("flag-ignored", RISK, drains.flag_ignored),
    Check("priority-lowered-without-flag", RISK, drains.priority_lowered_without_flag),
    Check("drain-would-not-work", RISK, drains.would_not_work),
    Check("drained-by-unfinished-run", RISK, drains.by_unfinished_run),
    Check("flag-without-number", RISK, drains.flag_without_number),
    Check("flag-world-writable", RISK, drains.flag_world_writable),
    Check("configuration-foreign", UNTIDY, configuration.foreign),
    Check("configuration-edited", UNTIDY, configuration.edited),
    Check("restart-pending", UNTIDY, configuration.restart_pending),
    Check("configuration-differs", UNTIDY, configuration.differs),
)
OF_THE_WHOLE = (
    Check("different-versions", UNTIDY, configuration.different_versions),
    Check("reboot-unfinished", UNTIDY, runs.reboot_unfinished),
    Check("upgrade-unfinished", UNTIDY, runs.upgrade_unfinished),
)
CHECKS = (*OF_ADDRESSES, *OF_NODES, *OF_THE_WHOLE)


def problems(evidence: Evidence) -> list[Problem]:
    """All that is wrong, worst first; of the same severity first the addresses, then node by node, then the whole."""
    place = {name: number for number, name in enumerate(evidence.state.nodes)}
    severities = list(Severity)
    found = [
        *_told(OF_ADDRESSES, evidence),
        *sorted(_told(OF_NODES, evidence), key=lambda problem: place.get(problem.node or "", 0)),
        *_told(OF_THE_WHOLE, evidence),
    ]
    return sorted(found, key=lambda problem: severities.index(problem.severity))


def likely(state: ClusterState) -> list[str]:
    """What may be the reason when something did not come about, in lines: all but what is merely untidy."""
    lines = []
    for problem in problems(Evidence(state)):
        if problem.severity is not UNTIDY:
            lines.append(f"{problem.words}. {problem.cure}{':' if problem.command else '.'}")
            lines += [f"    {problem.command}"] if problem.command else []
    return lines


def _told(checks: tuple[Check, ...], evidence: Evidence) -> list[Problem]:
    return [problem for check in checks for problem in check.problems(evidence)]
