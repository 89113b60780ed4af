"""Every package that is there is installed, and found under its installed name in a checkout too."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
FLOORS = ["port_types", "nodes", "extension"]
NPM_PACKAGE = ROOT / "extension" / "hosts" / "n8n" / "package"
"""Installed by n8n, and built and packed by npm."""
DATA = [".css", ".html", ".js", ".png", ".svg"]


def test_every_package_of_the_three_floors_is_installed() -> None:
    folders = {path.parent for floor in FLOORS for path in (ROOT / floor).rglob("__init__.py")}
    folders |= {path.parent for floor in FLOORS for suffix in DATA for path in (ROOT / floor).rglob(f"*{suffix}")}
    folders = {folder for folder in folders if not folder.is_relative_to(NPM_PACKAGE)}
    packages = {".".join(("endpoint_nodes", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert packages | {"endpoint_nodes"} == set(SETUPTOOLS["packages"])


@pytest.mark.skipif(not (ROOT / "endpoint_nodes").exists(), reason="The wheel is tested without the source tree.")
def test_every_floor_is_found_under_its_installed_name() -> None:
    for floor in FLOORS:
        assert SETUPTOOLS["package-dir"][f"endpoint_nodes.{floor}"] == floor
        assert (ROOT / "endpoint_nodes" / floor).resolve() == ROOT / floor
