"""The locks in locks/ pin all that pyproject.toml asks for, and name no address."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PIN = re.compile(r"([\w.-]+)==(\S+)(?: ; [^\\]+)? \\")
CONTENTS = re.compile(rf"#.*|    --hash=sha256:[0-9a-f]{{64}}(?: \\)?| +# .*|{PIN.pattern}")


def pins(lock: Path) -> dict[str, list[str]]:
    """Return the pinned versions by package; a package may have one for each range of Python versions."""
    versions: dict[str, list[str]] = {}
    for name, version in PIN.findall(lock.read_text(encoding="utf-8")):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def group(name: str) -> Iterator[str]:
    """Yield the requirements of a dependency group, those of the groups it includes as well."""
    for entry in PROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from group(entry["include-group"])


def requirements(lock: Path) -> list[Requirement]:
    """Return what `make lock` pins in a lock."""
    (command,) = re.findall(rf"^\t\$\(COMPILE\)(.*) --output-file locks/{lock.name}$", MAKEFILE, re.MULTILINE)
    project: dict[str, Any] = PROJECT["project"]
    lines = project["dependencies"] if "pyproject.toml" in command else []
    for extra in re.findall(r"--extra (\S+)", command):
        lines = lines + project["optional-dependencies"][extra]
    for name in re.findall(r"--group (\S+)", command):
        lines = [*lines, *group(name)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_all_that_is_asked_for(lock: Path) -> None:
    pinned = pins(lock)
    for requirement in requirements(lock):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not in {lock.name}: run `make lock`"
        assert all(version in requirement.specifier for version in versions), f"{requirement}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_holds_versions_and_hashes_and_no_address(lock: Path) -> None:
    strange = [line for line in lock.read_text(encoding="utf-8").splitlines() if not CONTENTS.fullmatch(line)]
    assert not strange
    assert "://" not in lock.read_text(encoding="utf-8")


def test_every_environment_of_the_makefile_has_its_lock() -> None:
    names = {name or "dev" for name in re.findall(r"^\w+ := \.venv-?([\w-]*)/\.ready$", MAKEFILE, re.MULTILINE)}
    assert names | {"lowest"} == {lock.stem for lock in LOCKS}
