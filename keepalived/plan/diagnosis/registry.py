"""All diagnoses of a cluster, and what they find, worst first. Pure.

A new diagnosis is a row here, a function in one of the files beside this one, and a section in docs/troubleshooting.md.
"""

from __future__ import annotations

from keepalived.observed.cluster import ClusterState
from keepalived.plan.diagnosis import addresses, configuration, drains, network, nodes, runs
from keepalived.plan.diagnosis.findings import Diagnosis, Evidence, Problem, Severity

OUTAGE, FAULT, RISK, UNTIDY = Severity

OF_ADDRESSES = (
    Diagnosis("address-without-holder", OUTAGE, addresses.without_holder),
    Diagnosis("holder-unreadable", FAULT, addresses.holder_unreadable),
    Diagnosis("two-holders", OUTAGE, addresses.two_holders),
    Diagnosis("drained-node-holds", FAULT, addresses.drained_node_holds),
    Diagnosis("no-other-node-can-serve", FAULT, addresses.no_other_node_can_serve),
    Diagnosis("lower-priority-holds", FAULT, addresses.lower_priority_holds),
    Diagnosis("two-machines-answer", OUTAGE, network.two_machines_answer),
    Diagnosis("stranger-answers", OUTAGE, network.stranger_answers),
    Diagnosis("nobody-answers", FAULT, network.nobody_answers),
    Diagnosis("stranger-sends-adverts", FAULT, network.stranger_sends_adverts),
    Diagnosis("unknown-master", FAULT, network.unknown_master),
)
OF_NODES = (
    Diagnosis("node-unreadable", FAULT, nodes.unreadable),
    Diagnosis("keepalived-not-installed", FAULT, nodes.not_installed),
    Diagnosis("address-left-behind", OUTAGE, nodes.address_left_behind),
    Diagnosis("keepalived-stopped", FAULT, nodes.stopped),
    Diagnosis("keepalived-silent", FAULT, nodes.silent),
    Diagnosis("keepalived-not-enabled", RISK, nodes.not_enabled),
    Diagnosis("instance-missing", FAULT, nodes.instance_missing),
    Diagnosis("instance-not-ready", FAULT, nodes.instance_not_ready),
    Diagnosis("check-fails", FAULT, nodes.check_fails),
    Diagnosis("flag-ignored", RISK, drains.flag_ignored),
    Diagnosis("priority-lowered-without-flag", RISK, drains.priority_lowered_without_flag),
    Diagnosis("drain-would-not-work", RISK, drains.would_not_work),
    Diagnosis("drained-by-unfinished-run", RISK, drains.by_unfinished_run),
    Diagnosis("flag-without-number", RISK, drains.flag_without_number),
    Diagnosis("flag-world-writable", RISK, drains.flag_world_writable),
    Diagnosis("configuration-missing", RISK, configuration.missing),
    Diagnosis("configuration-large", RISK, configuration.large),
    Diagnosis("configuration-foreign", UNTIDY, configuration.foreign),
    Diagnosis("configuration-edited", UNTIDY, configuration.edited),
    Diagnosis("restart-pending", UNTIDY, configuration.restart_pending),
    Diagnosis("configuration-differs", UNTIDY, configuration.differs),
    Diagnosis("interface-undecided", UNTIDY, configuration.interface_undecided),
)
OF_THE_WHOLE = (
    Diagnosis("different-versions", UNTIDY, configuration.different_versions),
    Diagnosis("reboot-unfinished", UNTIDY, runs.reboot_unfinished),
    Diagnosis("upgrade-unfinished", UNTIDY, runs.upgrade_unfinished),
)
DIAGNOSES = (*OF_ADDRESSES, *OF_NODES, *OF_THE_WHOLE)


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


def _told(diagnoses: tuple[Diagnosis, ...], evidence: Evidence) -> list[Problem]:
    return [problem for one in diagnoses for problem in one.problems(evidence)]
