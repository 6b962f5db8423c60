"""The house is as docs/architecture.md says: every module named, what decides apart from what acts, no circle."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = "docs/architecture.md"
DECIDING = ("spec", "conf", "observed", "plan", "record")
ACTING_LIBRARIES = {"pyinfra", "gevent"}
MOST_FLOORS = 8


def modules() -> Iterator[str]:
    """Every file with code in it that an operator's command runs, by its path in the repository."""
    patterns = ("*.py", "tasks/*.py", "keepalived/**/*.py", "keepalived/scripts/*.sh")
    for path in sorted(path for pattern in patterns for path in REPOSITORY.glob(pattern)):
        if not _only_words(path):
            yield path.relative_to(REPOSITORY).as_posix()


def _only_words(path: Path) -> bool:
    """An `__init__.py` with a docstring at most is no module of its own."""
    return path.name == "__init__.py" and all(
        isinstance(statement, ast.Expr) for statement in ast.parse(path.read_text(encoding="utf-8")).body
    )


def imports(text: str) -> set[str]:
    """The modules that `text` imports, inside functions too. `from a import b` may mean the module a.b: it has both."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used here: they hide which room is meant"
            found.add(str(node.module))
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def room(path: str) -> str:
    """A folder of keepalived, a file beside them, tasks, or a file of the top: `spec`, `facts.py`, `/deploy.py`."""
    parts = Path(path).parts
    if parts[0] != "keepalived":
        return f"/{parts[0]}"
    return parts[1]


def rooms_imported(text: str) -> set[str]:
    """The rooms of keepalived that `text` imports from."""
    found = set()
    for name in imports(text):
        head, _, rest = name.partition(".")
        if head == "keepalived" and rest:
            first = rest.partition(".")[0]
            for candidate in (first, f"{first}.py"):
                if (REPOSITORY / "keepalived" / candidate).exists():
                    found.add(candidate)
    return found


def between_rooms() -> dict[str, set[str]]:
    """For each room those it imports from."""
    graph: dict[str, set[str]] = {}
    for path in modules():
        if path.endswith(".py"):
            here = room(path)
            text = (REPOSITORY / path).read_text(encoding="utf-8")
            graph.setdefault(here, set()).update(rooms_imported(text) - {here})
    return graph


def _where(one: str, other: str) -> str:
    """` (keepalived/cli/early.py)`: the modules of a room that import from another."""
    found = [
        path
        for path in modules()
        if path.endswith(".py")
        and room(path) == one
        and other in rooms_imported((REPOSITORY / path).read_text(encoding="utf-8"))
    ]
    return f" ({', '.join(found)})" if found else ""


def longest_chain(graph: Mapping[str, Iterable[str]], start: str, above: tuple[str, ...] = ()) -> list[str]:
    """The longest way down from `start`. Fails where the way leads back to a room it has been in."""
    if start in above:
        circle = [*above[above.index(start) :], start]
        steps = [f"{one} imports {other}{_where(one, other)}" for one, other in pairwise(circle)]
        pytest.fail(f"a circle of imports: {'; '.join(steps)}")
    below = [longest_chain(graph, other, (*above, start)) for other in sorted(graph.get(start, ()))]
    return [start, *max(below, key=len, default=[])]


def test_the_document_names_every_module_and_no_other() -> None:
    document = (REPOSITORY / DOCUMENT).read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)*\.(?:py|sh))`", document))
    there = set(modules())
    missing = [f"add to {DOCUMENT}: `{path}`, and what it is responsible for" for path in sorted(there - named)]
    gone = [
        f"take out of {DOCUMENT}: `{path}`, which does not exist"
        for path in sorted(named)
        if not (REPOSITORY / path).is_file()
    ]
    assert [*missing, *gone] == []


def test_what_decides_imports_nothing_that_acts() -> None:
    faults = [
        f"{path} imports {name}: what decides knows nothing of pyinfra and gevent"
        for path in modules()
        if room(path) in DECIDING and path.endswith(".py")
        for name in sorted(imports((REPOSITORY / path).read_text(encoding="utf-8")))
        if name.partition(".")[0] in ACTING_LIBRARIES
    ]
    assert faults == []


def test_what_decides_imports_only_what_decides() -> None:
    graph = between_rooms()
    faults = [f"{here} imports {other}{_where(here, other)}" for here in DECIDING for other in graph[here]]
    assert [fault for fault in faults if fault.split()[2] not in DECIDING] == []


def test_rooms_import_downwards_and_on_few_floors() -> None:
    graph = between_rooms()
    chain = max((longest_chain(graph, start) for start in graph), key=len)
    assert len(chain) <= MOST_FLOORS, f"{len(chain)} floors, {MOST_FLOORS} at most: {' -> '.join(chain)}"


def types(text: str) -> set[str]:
    """The classes and the names of types that `text` defines: `NodeState`, `Verdict`."""
    found = set()
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef):
            found.add(statement.name)
        elif isinstance(statement, ast.Assign):
            found |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return {name for name in found if re.fullmatch("[A-Z][A-Za-z]*[a-z][A-Za-z]*", name)}


def test_a_type_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for path in modules():
        if path.endswith(".py"):
            for name in types((REPOSITORY / path).read_text(encoding="utf-8")):
                homes.setdefault(name, []).append(path)
    assert homes["NodeState"] == ["keepalived/observed/node.py"]
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_an_import_is_found_wherever_it_is_written() -> None:
    text = "import gevent.pool\ndef f():\n    from pyinfra import host\n    from keepalived import facts\n"
    assert imports(text) == {"gevent.pool", "pyinfra", "pyinfra.host", "keepalived", "keepalived.facts"}
    assert rooms_imported(text) == {"facts.py"}


def test_a_circle_is_told() -> None:
    with pytest.raises(pytest.fail.Exception, match="b imports c; c imports b"):
        longest_chain({"a": ["b"], "b": ["c"], "c": ["b"]}, "a")
