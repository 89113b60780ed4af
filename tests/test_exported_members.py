"""What one module takes of another is in the other's `__all__`, and what is there exists and is documented."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ["port_types", "nodes", "extension"]
OTHER_ENVIRONMENTS = ("extension/hosts/orange", "extension/hosts/ray_data", "extension/hosts/knime_nodes")
"""Hosts whose libraries are not here; their modules are read and not imported."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def exported(name: str) -> list[str]:
    """Return a module's `__all__`, [] if it has none."""
    for statement in TREES[name].body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return [ast.literal_eval(element) for element in statement.value.elts]  # type: ignore[attr-defined]
    return []


def taken(name: str) -> list[tuple[str, str]]:
    """Return what a module imports of others, module and name; the class in the file of a node needs no list."""
    package = MODULES[name].relative_to(ROOT).with_suffix("").parts[:-1]
    pairs = []
    for statement in ast.walk(TREES[name]):
        if isinstance(statement, ast.ImportFrom) and statement.level:
            base = package[: len(package) - statement.level + 1]
            source = ".".join((*base, statement.module or "")).strip(".")
            members = [alias.name for alias in statement.names if f"{source}.{alias.name}" not in MODULES]
            pairs += [(source, member) for member in members if MODULES[source].parent != ROOT / "nodes"]
    return pairs


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_takes_is_exported(name: str) -> None:
    assert [f"{source}.{member}" for source, member in taken(name) if member not in exported(source)] == []


@pytest.mark.parametrize(
    "name", [name for name, path in MODULES.items() if not str(path.relative_to(ROOT)).startswith(OTHER_ENVIRONMENTS)]
)
def test_what_is_exported_exists_and_is_documented(name: str) -> None:
    module = importlib.import_module(f"endpoint_nodes.{name}")
    for member in exported(name):
        value = getattr(module, member)
        is_code = inspect.isclass(value) or inspect.isroutine(value)
        assert not is_code or value.__doc__, f"{name}.{member} has no docstring"
