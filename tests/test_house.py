"""The house: three floors, and every import points down."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ["port_types", "nodes", "extension"]
"""From the bottom up."""
HOST_LIBRARIES = {
    "knime",
    "Orange",
    "orangecanvas",
    "orangecontrib",
    "orangewidget",
    "PyQt6",
    "AnyQt",
    "click",
    "rich",
    "ray",
}
IO_LIBRARIES = {"httpx", "socket", "urllib.request", "pathlib", "subprocess", "sqlite3", "asyncio", "time"}
FILES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


def imports(path: Path) -> list[str]:
    """Return what a file imports, relative imports resolved to paths within the repository ("nodes.base")."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = []
    for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            base = package[: len(package) - statement.level + 1] if statement.level else ()
            found.append(".".join((*base, statement.module or "")).strip("."))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    for name in imports(path):
        top = name.split(".")[0]
        assert top not in FLOORS[floor + 1 :], f"{path.relative_to(ROOT)} imports {name}, which points up"
        assert top != "endpoint_nodes", f"{path.relative_to(ROOT)} imports {name}; shipped code imports relatively"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_hosts_know_their_library_and_only_the_engine_does_io(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    names = imports(path)
    if parts[:2] != ("extension", "hosts"):
        assert not {name.split(".")[0] for name in names} & HOST_LIBRARIES
        assert not [name for name in names if name.startswith("extension.hosts")]
    if parts[0] != "extension":
        assert not set(names) & IO_LIBRARIES
        assert not [
            call
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "open"
        ]


def modules_taken(path: Path, *, types: bool) -> set[Path]:
    """Return the modules that a file imports from, with or without those that it needs for its types only."""
    package = path.relative_to(ROOT).parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for inner in ast.walk(outer)
    }
    found = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and statement.level and (types or statement not in for_types):
            source = ROOT.joinpath(*package[: len(package) - statement.level + 1], *(statement.module or "").split("."))
            found |= {place.with_suffix(".py") for place in (source, *(source / name.name for name in statement.names))}
    return found - {path}


def check_no_circle(folder: Path, *, types: bool) -> None:
    # A package's __init__ takes names of its own modules, which take nothing of it.
    modules = {path for path in FILES if path.name != "__init__.py" and path.is_relative_to(folder)}
    assert modules
    TopologicalSorter({path: modules_taken(path, types=types) & modules for path in modules}).prepare()


def test_no_imports_go_in_a_circle() -> None:
    check_no_circle(ROOT, types=False)


@pytest.mark.parametrize("folder", ["port_types", "nodes", "extension/engine", "extension/report", "extension/hosts"])
def test_not_even_types_are_imported_in_a_circle(folder: str) -> None:
    check_no_circle(ROOT / folder, types=True)


def test_files_stay_small() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert [path for path, lines in lengths.items() if lines > 400] == []
    assert median(lengths.values()) < 120
    assert quantiles(lengths.values(), n=10)[-1] < 250
