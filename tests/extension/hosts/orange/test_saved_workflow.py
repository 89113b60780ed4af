"""A workflow that version 0.1.0 saved, run by this version without a window."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
SAVED = ROOT / "tests" / "saved_by_0_1_0" / "product-variations.ows"


def test_a_workflow_saved_by_0_1_0_runs_with_what_was_set_in_it(tmp_path: Path) -> None:
    (tmp_path / "images").symlink_to(ROOT / "examples" / "images")
    workflow = tmp_path / SAVED.name
    workflow.write_bytes(SAVED.read_bytes())
    command = Path(sys.executable).with_name("endpoint-nodes")
    ended = subprocess.run(
        [command, "run-workflow", workflow, "--out", tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    widgets = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["widgets"]
    found = {
        name: (facts["rows"], facts["failed"], facts["results"]) for name, facts in widgets.items() if "rows" in facts
    }
    assert found == {"Create Image Variation": (8, 0, 16), "Vary once more": (16, 0, 16)}
