"""Every command of make that a page names is there, and every one that is there is explained."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".ci").iterdir()]
NAMED = re.compile(r"(?:^|`)make ([a-z0-9-]+)", re.MULTILINE)


def named(page: Path) -> set[str]:
    return set(NAMED.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", [page for page in PAGES if named(page)], ids=lambda page: page.name)
def test_what_a_page_names_is_a_target(page: Path) -> None:
    assert named(page) <= TARGETS


def test_no_target_is_mistaken_for_a_file() -> None:
    declared = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert set(declared[0].replace("\\\n", " ").split()) == TARGETS


def test_those_for_every_day_are_explained() -> None:
    pages = named(ROOT / "README.md") | named(ROOT / "CONTRIBUTING.md")
    assert {"demo", "test", "test-all", "lint", "format", "docs", "lock", "bench", "coverage"} <= pages


def test_continuous_integration_runs_the_two_commands_for_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line.partition(" ||")[0] for line in lines if line.startswith("make ")]
    assert commands == ["make lint", "make test", "make test-all DONE=core"]
