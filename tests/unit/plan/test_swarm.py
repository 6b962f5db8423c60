"""A manager may leave its swarm while the others have the quorum; what its leave and return move is waited for."""

import json

import pytest

from keepalived.observed.swarm import Member, Task, Tasks, read_swarm, read_tasks
from keepalived.plan.swarm import homeless, lacking, not_back, quorum_lost, starting, still_here

IDS = {f"server0{number}": f"{number}x1k9v0f3m8q2w7e5r4t6y1u{number}"[:25] for number in range(1, 6)}
NO_PLACE = "no suitable node (1 node not available for new tasks; host-mode port already in use on 2 nodes)"
QUOTED = f'"{NO_PLACE}"'  # as docker writes it


def member(name: str, manager: str = "", status: str = "Ready", availability: str = "Active") -> str:
    """A line of `docker node ls --format '{{json .}}'`."""
    return json.dumps(
        {
            "Availability": availability,
            "EngineVersion": "26.1.5+dfsg1",
            "Hostname": name,
            "ID": IDS[name],
            "ManagerStatus": manager,
            "Self": manager == "Leader",
            "Status": status,
            "TLSStatus": "Ready",
        }
    )


def task(
    name: str, current: str = "Running 9 seconds ago", desired: str = "Running", error: str = "", node: str = "server01"
) -> str:
    """A line of `docker service ps --no-trunc --format '{{json .}}'`."""
    return json.dumps(
        {
            "CurrentState": current,
            "DesiredState": desired,
            "Error": error,
            "ID": "pr4h7z1x0c9v8b7n6m5l4k3j2",
            "Image": "local/http:1",
            "Name": name,
            "Node": node,
            "Ports": "*:80->80/tcp" if current.startswith("Running") else "",
        }
    )


def info(state: str = "active", node: str = "server01", **more: object) -> str:
    """What `docker info --format '{{json .Swarm}}'` says."""
    said = {"NodeID": IDS[node], "NodeAddr": "10.10.0.3", "LocalNodeState": state, "ControlAvailable": True}
    return f"{json.dumps(said | {'Error': '', 'RemoteManagers': None} | more)}\n"


def lines(*said: str) -> str:
    return "".join(f"{line}\n" for line in said)


def members(*said: str) -> dict[str, Member]:
    found = read_swarm({"swarm": info(), "members": lines(*said)}).members
    assert found is not None
    return found


def tasks(*everywhere: str, here: tuple[str, ...] = ()) -> Tasks:
    return read_tasks({"here": lines(*here), "all": lines(*here, *everywhere)})


LEADER, SECOND, THIRD = member("server01", "Leader"), member("server02", "Reachable"), member("server03", "Reachable")
WORKER = member("server04")
CLUSTER = {"ID": "u7r2w1q0p9o8i7u6y5t4r3e2w", "Spec": {"Name": "default", "Labels": {}}}


def test_what_a_manager_tells_in_full() -> None:
    said = {"swarm": info(Cluster=CLUSTER), "members": lines(LEADER, member("server04", "", "Down", "Drain"))}
    assert read_swarm(said).to_json() == {
        "node_id": IDS["server01"],
        "state": "active",
        "members": {
            IDS["server01"]: {
                "id": IDS["server01"],
                "hostname": "server01",
                "status": "Ready",
                "availability": "Active",
                "manager": "Leader",
            },
            IDS["server04"]: {
                "id": IDS["server04"],
                "hostname": "server04",
                "status": "Down",
                "availability": "Drain",
                "manager": "",
            },
        },
        "cluster_id": "u7r2w1q0p9o8i7u6y5t4r3e2w",
    }
    assert read_swarm(said).leader == IDS["server01"]


LESS = {
    "a worker": (info(ControlAvailable=False), "active", None),
    "a worker whose cluster is null": (info(ControlAvailable=False, Cluster=None), "active", None),
    "a manager without a quorum": (
        info(Error="rpc error: code = Unknown desc = The swarm does not have a leader."),
        "active",
        None,
    ),
    "a server that has left": (info("inactive", NodeID="", ControlAvailable=False), "inactive", None),
    "a server that joins": (info("pending", ControlAvailable=False), "pending", None),
    "a locked manager": (info("locked", ControlAvailable=False), "locked", None),
}


@pytest.mark.parametrize(("swarm", "state", "cluster"), LESS.values(), ids=LESS)
def test_who_cannot_list_the_members_knows_none(swarm: str, state: str, cluster: str | None) -> None:
    found = read_swarm({"swarm": swarm, "members": ""})
    assert (found.state, found.members, found.leader, found.cluster_id) == (state, None, None, cluster)


UNANSWERED = {
    "the daemon does not answer": info("", NodeID="", NodeAddr="", ControlAvailable=False),
    "docker says nothing": "",
}


@pytest.mark.parametrize("swarm", UNANSWERED.values(), ids=UNANSWERED)
def test_a_docker_that_does_not_answer_is_unknown_rather_than_out_of_the_swarm(swarm: str) -> None:
    assert read_swarm({"swarm": swarm, "members": ""}).state == "unknown"


def test_while_managers_elect_there_is_no_leader() -> None:
    found = read_swarm({"swarm": info(), "members": lines(SECOND, THIRD, WORKER)})
    assert found.members is not None
    assert found.leader is None


BROKEN = [
    {"swarm": info(), "members": "Error response from daemon: rpc error\n"},
    {"swarm": info(), "members": LEADER[:-9]},
    {"swarm": info(), "members": "{}\n"},
    {"swarm": "Cannot connect to the Docker daemon\n", "members": ""},
    {"swarm": info()[:-9], "members": ""},
    {"swarm": info("active", NodeID=5), "members": ""},
    {"swarm": info()},
    {"members": ""},
]


@pytest.mark.parametrize("said", BROKEN)
def test_what_is_not_what_docker_says_of_a_swarm_is_refused(said: dict[str, str]) -> None:
    with pytest.raises((ValueError, LookupError)):
        read_swarm(said)


TWO = [LEADER, SECOND]
THREE = [*TWO, THIRD]
FIVE = [*THREE, member("server04", "Reachable"), member("server05", "Reachable")]


def gone(name: str) -> str:
    return member(name, "Unreachable", "Down")


QUORUM = [
    # the members, who leaves, what the swarm would lose its quorum by
    (THREE, "server01", None),
    (THREE, "server03", None),
    ([*THREE, WORKER], "server04", None),
    ([LEADER, WORKER], "server04", None),
    ([*THREE[:2], gone("server03"), WORKER], "server04", None),  # a worker has no vote
    ([*THREE[:2], gone("server03")], "server03", None),  # it is away already
    (FIVE, "server01", None),
    ([*FIVE[:4], gone("server05")], "server02", None),
    ([LEADER], "server01", "without server01 it has 0 of 1 managers, and needs 1"),
    ([LEADER, WORKER, member("server05")], "server01", "without server01 it has 0 of 1 managers, and needs 1"),
    (TWO, "server01", "without server01 it has 1 of 2 managers, and needs 2"),
    (TWO, "server02", "without server02 it has 1 of 2 managers, and needs 2"),
    (
        [*TWO, gone("server03")],
        "server02",
        "without server02 it has 1 of 3 managers (server03 cannot be reached by the others), and needs 2",
    ),
    (
        [*FIVE[:3], gone("server04"), gone("server05")],
        "server03",
        "without server03 it has 2 of 5 managers (server04, server05 cannot be reached by the others), and needs 3",
    ),
    ([*THREE, member("server04", "Reachable")], "server01", None),  # 3 of 4
    (
        [*THREE, gone("server04")],
        "server01",
        "without server01 it has 2 of 4 managers (server04 cannot be reached by the others), and needs 3",
    ),
    # a manager that takes no tasks has its vote all the same
    ([LEADER, SECOND, member("server03", "Reachable", availability="Drain")], "server01", None),
]


@pytest.mark.parametrize(("said", "leaving", "why"), QUORUM)
def test_a_manager_leaves_only_while_the_others_have_the_quorum(said: list[str], leaving: str, why: str | None) -> None:
    assert quorum_lost(members(*said), IDS[leaving]) == (f"the swarm would lose its quorum: {why}" if why else None)


def test_a_node_that_the_swarm_does_not_know_is_told() -> None:
    """The manager that is asked may be in another swarm than the node."""
    assert IDS["server05"] in (quorum_lost(members(*THREE), IDS["server05"]) or "")


def test_what_a_manager_tells_of_the_tasks_in_full() -> None:
    found = tasks(task("web.2", "Pending 3 seconds ago", error=QUOTED, node=""), here=(task("web.1"),))
    first = {"name": "web.1", "node": "server01", "desired": "Running", "current": "Running 9 seconds ago", "error": ""}
    second = {
        "name": "web.2",
        "node": "",
        "desired": "Running",
        "current": "Pending 3 seconds ago",
        "error": QUOTED,
    }
    assert found.to_json() == {"here": [first], "all": [first, second]}


@pytest.mark.parametrize("nothing", ["", "\n"])
def test_where_no_task_has_ever_been_there_are_none(nothing: str) -> None:
    assert read_tasks({"here": nothing, "all": nothing}) == Tasks(here=[], all=[])


@pytest.mark.parametrize("part", ["here", "all"])
@pytest.mark.parametrize("said", [None, "Error response from daemon\n", "{}\n", "[]\n", task("web.1")[:-9]])
def test_what_is_not_what_docker_says_of_tasks_is_refused(part: str, said: str | None) -> None:
    parts = {"here": lines(task("web.1")), "all": ""} | ({part: said} if said else {})
    if said is None:
        del parts[part]
    with pytest.raises((ValueError, LookupError)):
        read_tasks(parts)


SERVICES = [
    ("web.1", "web"),
    ("web-2.10", "web-2"),
    (f"agent.{IDS['server01']}", "agent"),  # a global service
    ("pr4h7z1x0c9v8b7n6m5l4k3j2.1", "pr4h7z1x0c9v8b7n6m5l4k3j2"),  # a service that has been removed
    ("web", "web"),
]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_a_task_belongs_to_a_service(name: str, service: str) -> None:
    assert Task.model_validate_json(task(name)).service == service


STATES = [
    # current, desired, whether it is over, whether it should run and does not
    ("Running 5 minutes ago", "Running", False, False),
    ("Running about a minute ago", "Shutdown", False, False),  # is being stopped
    ("Running 3 seconds ago", "Remove", False, False),  # its service has been removed
    ("New less than a second ago", "Running", False, True),
    ("Pending 3 seconds ago", "Running", False, True),
    ("Allocated 1 second ago", "Running", False, True),
    ("Assigned 1 second ago", "Running", False, True),
    ("Accepted 1 second ago", "Running", False, True),
    ("Preparing 4 seconds ago", "Running", False, True),
    ("Ready 2 seconds ago", "Running", False, True),
    ("Ready 2 seconds ago", "Ready", False, True),  # waits for its turn after a failure
    ("Starting 1 second ago", "Running", False, True),
    ("Preparing 4 seconds ago", "Shutdown", False, False),
    ("Failed 2 seconds ago", "Running", True, True),
    ("Failed 2 minutes ago", "Shutdown", True, False),
    ("Rejected 2 seconds ago", "Shutdown", True, False),
    ("Shutdown 2 hours ago", "Shutdown", True, False),
    ("Complete 2 hours ago", "Shutdown", True, False),
    ("Complete 2 hours ago", "Complete", True, False),  # of a job
    ("Running 2 hours ago", "Complete", False, False),
    ("Pending 2 seconds ago", "Complete", False, False),
    ("Orphaned 2 hours ago", "Shutdown", True, False),
    ("Remove 2 hours ago", "Remove", True, False),
]


@pytest.mark.parametrize(("current", "desired", "is_over", "lacks"), STATES)
def test_a_task_is_over_or_lacking_by_what_it_is_and_what_it_should_be(
    current: str, desired: str, is_over: bool, lacks: bool
) -> None:
    found = Task.model_validate_json(task("web.1", current, desired))
    assert (found.is_over, found.lacks) == (is_over, lacks)
    assert lacking(Tasks(here=[], all=[found])) == ({"web": 1} if lacks else {})


OVER = task("web.1", "Shutdown 2 seconds ago", "Shutdown")
STOPPING = task("web.1", "Running 2 minutes ago", "Shutdown")
ELSEWHERE = task("web.1", node="server02")
STARTING = task("web.1", "Preparing 2 seconds ago", node="server02")
WAITING = task("web.1", "Pending 2 seconds ago", error=QUOTED, node="")
AGENT = f"agent.{IDS['server01']}"

LEAVES = [
    # what is and was on the node, what is elsewhere, what was starting tasks before, what is waited for
    ((), (), (), None),
    ((OVER,), (ELSEWHERE,), (), None),
    ((task("web.1"),), (), (), "web.1 still runs here"),
    ((STOPPING,), (STARTING,), (), "web.1 still runs here"),
    ((task("web.1"), task("db.1")), (), (), "db.1, web.1 still run here"),
    ((task("web.1"),), (), ("web",), "web.1 still runs here"),
    ((task(AGENT), OVER), (ELSEWHERE,), (), f"{AGENT} still runs here"),
    ((task("web.1", "Preparing 2 seconds ago", "Shutdown"),), (), (), "web.1 still runs here"),
    ((task("web.1", "Ready 2 seconds ago", "Ready"),), (), (), "web.1 still runs here"),
    ((task("pr4h7z1x0c9v.1", "Running 1 second ago", "Remove"),), (), (), "pr4h7z1x0c9v.1 still runs here"),
    ((task(AGENT, "Shutdown 1 second ago", "Shutdown"), OVER), (ELSEWHERE,), (), None),
    ((OVER,), (STARTING,), (), "web.1 is preparing"),
    ((OVER,), (STARTING,), ("web",), None),
    ((OVER,), (STARTING,), ("db",), "web.1 is preparing"),
    ((OVER,), (WAITING,), (), None),  # it waits for this node
    ((OVER,), (WAITING, task("web.2", "Starting 1 second ago")), (), "web.2 is starting"),
    (
        (OVER,),
        (task("db.1", "Ready 1 second ago", "Ready", '"task: non-zero exit (1)"'), STARTING),
        (),
        'db.1 is ready ("task: non-zero exit (1)"), web.1 is preparing',
    ),
    ((), (task("web.1", "Failed 1 hour ago", "Shutdown"), ELSEWHERE), (), None),
]


@pytest.mark.parametrize(("here", "elsewhere", "restless", "why"), LEAVES)
def test_a_node_has_left_when_its_tasks_run_elsewhere_or_fit_nowhere_else(
    here: tuple[str, ...], elsewhere: tuple[str, ...], restless: tuple[str, ...], why: str | None
) -> None:
    assert still_here(tasks(*elsewhere, here=here), restless) == why


SECOND_WAITING = task("web.2", "Pending 2 seconds ago", error=QUOTED, node="")
LACKING = [
    # what is everywhere, how many tasks of each service are lacking, the services with one on its way
    ((), {}, set()),
    ((ELSEWHERE, OVER), {}, set()),
    ((STARTING,), {"web": 1}, {"web"}),
    ((WAITING,), {"web": 1}, set()),  # on its way to nowhere
    ((WAITING, SECOND_WAITING), {"web": 2}, set()),
    ((WAITING, task("web.2", "Pending 1 second ago")), {"web": 2}, {"web"}),
    ((STARTING, task("db.1"), task(AGENT, "New 1 second ago")), {"web": 1, "agent": 1}, {"web", "agent"}),
    # a task that has failed and the one that follows it
    ((task("web.1", "Failed 3 seconds ago", "Shutdown"), task("web.1", "Ready 1 second ago", "Ready")), {"web": 1},
     {"web"}),
]  # fmt: skip


@pytest.mark.parametrize(("everywhere", "count", "on_the_way"), LACKING)
def test_the_tasks_that_a_service_lacks_are_counted(
    everywhere: tuple[str, ...], count: dict[str, int], on_the_way: set[str]
) -> None:
    assert lacking(tasks(*everywhere)) == count
    assert starting(tasks(*everywhere)) == on_the_way


def test_a_service_that_was_starting_tasks_all_along_keeps_no_node_from_leaving() -> None:
    restless = starting(tasks(task("web.1"), task("db.1", "Ready 1 second ago", "Ready")))
    assert still_here(tasks(task("db.1", "Starting 1 second ago"), here=(OVER,)), restless) is None
    assert still_here(tasks(task("db.1", "Starting 1 second ago"), STARTING), restless) == "web.1 is preparing"


WORDS = [
    (STARTING, "web.1 is preparing"),
    (WAITING, f"web.1 is pending ({QUOTED})"),
    (task(AGENT, "Running about a minute ago"), f"{AGENT} is running"),
]


@pytest.mark.parametrize(("said", "words"), WORDS)
def test_a_task_is_told_with_its_state_and_its_error(said: str, words: str) -> None:
    assert Task.model_validate_json(said).words == words


RETURNS: list[tuple[tuple[str, ...], dict[str, int], str | None]] = [
    # what is everywhere, how many tasks each service lacked before, what is waited for
    ((ELSEWHERE, OVER), {}, None),
    ((), {}, None),
    ((STARTING,), {}, "web.1 is preparing"),
    ((STARTING,), {"web": 1}, None),
    ((STARTING,), {"db": 1}, "web.1 is preparing"),
    ((task(AGENT, "Starting 1 second ago"), ELSEWHERE), {}, f"{AGENT} is starting"),
    ((WAITING,), {}, f"web.1 is pending ({QUOTED})"),
    ((WAITING,), {"web": 1}, None),
    ((WAITING,), {"web": 2}, None),  # better than before
    ((WAITING, SECOND_WAITING), {"web": 2}, None),
    ((SECOND_WAITING, STARTING), {"web": 1}, f"web.2 is pending ({QUOTED}), web.1 is preparing"),
    ((WAITING, task("db.1", "New less than a second ago", node="")), {"web": 1}, "db.1 is new"),
]


@pytest.mark.parametrize(("everywhere", "before", "why"), RETURNS)
def test_a_node_is_back_when_no_service_lacks_more_than_before(
    everywhere: tuple[str, ...], before: dict[str, int], why: str | None
) -> None:
    assert not_back(tasks(*everywhere), before) == why


HOMELESS: list[tuple[tuple[str, ...], dict[str, int], list[str]]] = [
    # what is everywhere, how many tasks each service lacked before, what fits on no other node
    ((), {}, []),
    ((ELSEWHERE, STARTING), {}, []),
    ((WAITING,), {}, ["web.1"]),
    ((WAITING,), {"web": 1}, []),
    ((WAITING,), {"db": 1}, ["web.1"]),
    ((task("web.1", "Pending 2 seconds ago", error=NO_PLACE, node=""),), {}, ["web.1"]),
    ((SECOND_WAITING, STARTING, WAITING), {}, ["web.1", "web.2"]),
    ((task("web.1", "Shutdown 1 hour ago", "Shutdown", QUOTED, ""),), {}, []),  # it was so once
]


@pytest.mark.parametrize(("everywhere", "before", "names"), HOMELESS)
def test_tasks_that_fit_on_no_other_node_are_told(
    everywhere: tuple[str, ...], before: dict[str, int], names: list[str]
) -> None:
    found = tasks(*everywhere)
    assert homeless(found, before) == names
    assert homeless(found, {}) == sorted(one.name for one in found.all if one.is_homeless)


def test_a_task_that_runs_twice_here_is_told_once() -> None:
    assert (
        still_here(tasks(here=(STOPPING, task("web.1", "Ready 1 second ago", "Ready"))), ()) == "web.1 still runs here"
    )
