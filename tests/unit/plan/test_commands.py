"""The next command stands whole on a line of its own: it can be copied and typed as it is."""

from keepalived.plan.commands import command, limit_to
from tests.unit.cluster_states import AT_REST

THREE = list(AT_REST.nodes)


def test_a_command_is_a_line_of_its_own() -> None:
    assert command("deploy.py") == "\n    pyinfra inventory.py deploy.py"
    assert command("tasks/drain.py", ["server02", "server03"], ["reason=it's due", "force=true"]) == (
        "\n    pyinfra inventory.py tasks/drain.py --limit server02 --limit server03 "
        """--data 'reason=it'"'"'s due' --data force=true"""
    )


def test_a_run_for_all_nodes_needs_no_limit() -> None:
    assert limit_to(AT_REST.cluster, reversed(THREE)) == []
    assert limit_to(AT_REST.cluster, ["server02"]) == ["server02"]
