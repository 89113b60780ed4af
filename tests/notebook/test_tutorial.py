"""The tutorial runs from top to bottom in Jupyter, and results show themselves there and in marimo."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.ipynb"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The tutorial after its cells have run, in a kernel of its own."""
    notebook = nbformat.read(TUTORIAL, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(TUTORIAL.parent)}}).execute()
    return notebook


def html_of(cell: Any) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in cell["outputs"])


def cell_with(notebook: Any, text: str) -> Any:
    (found,) = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and text in cell["source"]]
    return found


def test_the_stored_notebook_holds_no_outputs() -> None:
    cells = nbformat.read(TUTORIAL, as_version=4)["cells"]
    assert not [cell for cell in cells if cell.get("outputs")]


def test_images_are_shown_as_images(executed: Any) -> None:
    assert html_of(cell_with(executed, "en.image_variation(")).count("<img") == 4


def test_speech_is_shown_as_a_player(executed: Any) -> None:
    assert "<audio controls" in html_of(cell_with(executed, "en.speech("))


def test_progress_is_shown_and_ends_with_what_the_run_came_to(executed: Any) -> None:
    assert "2 of 2 rows" in html_of(cell_with(executed, "limit=2,\n    configuration"))


def test_templates_send_each_row_its_own_prompt(executed: Any) -> None:
    assert "Desk lamp" in html_of(cell_with(executed, 'prompt="Write one line')) or "L-01" in html_of(
        cell_with(executed, 'prompt="Write one line')
    )


def test_marimo_shows_a_result(tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.py"
    notebook.write_text(
        f"""
import marimo

app = marimo.App()


@app.cell
def _():
    import endpoint_nodes as en

    en.image_variation(
        {str(TUTORIAL.parents[1] / "examples" / "images")!r},
        size="256x256",
        fit="pad",
        limit=1,
        configuration=en.Configuration(base_url="sandbox:"),
    )
    return
""",
        encoding="utf-8",
    )
    page = tmp_path / "page.html"
    subprocess.run([sys.executable, "-m", "marimo", "-q", "export", "html", notebook, "-o", page], check=True)
    assert "data:image/webp;base64" in page.read_text(encoding="utf-8")
