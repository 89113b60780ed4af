"""The example in the real canvas: opened, run, photographed, closed; and the same without a window."""

import os
import subprocess
import sys
from pathlib import Path

from Orange.data import Table
from PIL import Image

ROOT = Path(__file__).parents[4]
TABLES = {"Create-Image-Variation.tab": 16, "Vary-once-more.tab": 16}
PICTURES = ("canvas", "create-image-variation", "data-table", "endpoint-configuration", "image-viewer")


def content(path: Path) -> list[list[str]]:
    """Return what is the same in every run: which rows and files there are; a file's name holds its digest."""
    table = Table.from_file(str(path))
    files = [variable.name for variable in table.domain.metas if "type" in variable.attributes]
    return [[str(row[name]) for name in ("image name", *files, "index", "route")] for row in table]


def test_the_canvas_and_the_command_come_to_the_same_tables(tmp_path: Path) -> None:
    canvas, command = tmp_path / "canvas", tmp_path / "command"
    # First the command: what it only reports, such as a widget that is missing, the canvas asks about and waits.
    workflow = ROOT / "examples" / "product-variations.ows"
    installed = Path(sys.executable).with_name("endpoint-nodes")
    subprocess.run([installed, "run-workflow", workflow, "--out", command], check=True)
    script = [sys.executable, str(ROOT / "docs" / "orange_pictures.py"), "--out", str(canvas), "--tables"]
    shown = subprocess.run(script, env=os.environ, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    for name, count in TABLES.items():
        assert len(content(canvas / name)) == count
        assert content(canvas / name) == content(command / name)
    for name in PICTURES:
        with Image.open(canvas / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(picture.width * picture.height) or []) > 20, name
