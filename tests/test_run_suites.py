"""The total over all suites counts every test, and every suite that left no results."""

import runpy
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_suites.py")
count = runpy.run_path(str(SCRIPT))["count"]

TESTS = """
import pytest

def test_passes(): pass

def test_fails(): assert False

@pytest.fixture
def broken(): raise OSError

def test_cannot_start(broken): pass

@pytest.mark.skip
def test_is_skipped(): pass
"""


def test_results_of_pytest_are_counted(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--junit-xml=results.xml", "-p", "no:cacheprovider"]
    subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert str(count(tmp_path / "results.xml")) == "1 passed, 2 failed, 1 skipped"


def test_a_suite_without_results_has_failed(tmp_path: Path) -> None:
    assert str(count(tmp_path / "results.xml")) == "0 passed, 1 failed, 0 skipped"


def test_every_suite_runs_and_the_total_is_the_last_line(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test-%:\n\techo ran $*; false\n", encoding="utf-8")
    (tmp_path / "tests").mkdir()
    script = tmp_path / "tests" / "run_suites.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, script, "one", "two", "--done", "two"], capture_output=True, text=True, check=False
    )
    assert "ran one" in ended.stdout
    assert "ran two" not in ended.stdout
    assert ended.stdout.endswith("\n0 passed, 2 failed, 0 skipped\n")
    assert ended.returncode == 1
