"""The editor in a real browser: the node runs from its canvas, and its panel offers what the declarations say."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from n8n_support import ROOT, N8n
from playwright.sync_api import Page, sync_playwright

OWNER = {"email": "ada@example.org", "firstName": "Ada", "lastName": "Lovelace", "password": "Analytical-1843"}

PANEL = {"x": 491, "y": 66, "width": 884, "height": 808}
"""Parameters and output; the input beside them shows a folder of this machine."""


@pytest.fixture
def page(n8n: N8n) -> Iterator[Page]:
    """The editor, opened by its owner."""
    address = f"http://127.0.0.1:{n8n.environment['N8N_PORT']}"
    log = (n8n.home / "start.log").open("w")
    with (
        log,
        subprocess.Popen(
            [*n8n.command, "start"], env=n8n.environment, cwd=n8n.home, stdout=log, stderr=subprocess.STDOUT
        ) as process,
        sync_playwright() as playwright,
    ):
        playwright.selectors.set_test_id_attribute("data-test-id")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=address)
        while "Editor is now accessible" not in (n8n.home / "start.log").read_text(encoding="utf-8"):
            assert process.poll() is None
            time.sleep(0.5)
        assert context.request.post("/rest/owner/setup", data=OWNER).ok
        opened = context.new_page()
        opened.set_default_timeout(90_000)
        try:
            yield opened
        finally:
            browser.close()
            process.terminate()


def photo_workflow(n8n: N8n) -> dict[str, Any]:
    folder = n8n.home / "files" / "examples"
    (folder / "variations").mkdir(parents=True, exist_ok=True)
    (folder / "photos").mkdir(exist_ok=True)
    for photo in (ROOT / "examples" / "images").glob("*.png"):
        shutil.copy(photo, folder / "photos" / photo.name)
    text = (ROOT / "examples" / "n8n" / "photo-variations.json").read_text(encoding="utf-8")
    text = text.replace("/home/node/.n8n-files", str(folder)).replace('"endpoint-nodes"', '"sandbox"')
    made: dict[str, Any] = json.loads(text.replace('"name": "Endpoint Nodes"', '"name": "sandbox"'))
    return {**made, "id": "in-the-editor"}


def test_the_editor_shows_and_runs_the_node(
    n8n: N8n, request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    pictures = ROOT / "docs" / "images" / "n8n" if pytestconfig.getoption("--write-docs") else tmp_path
    pictures.mkdir(parents=True, exist_ok=True)
    n8n.import_workflows(photo_workflow(n8n))
    page: Page = request.getfixturevalue("page")
    page.goto("/workflow/in-the-editor")
    page.get_by_test_id("execute-workflow-button").click()
    page.get_by_text("14 items").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=pictures / "workflow.png")
    page.locator('[data-test-id="canvas-node"][data-node-name="Vary Photos"]').dblclick()
    panel = page.get_by_test_id("ndv")
    panel.get_by_text("Simplify Output").wait_for()
    for label in ("Resource", "Operation", "Image", "Model", "Wait for Results", "Additional Options"):
        assert panel.get_by_text(label, exact=True).first.is_visible(), label
    panel.get_by_test_id("parameter-issues").wait_for(state="detached")
    page.wait_for_timeout(1000)
    page.screenshot(path=pictures / "panel.png", clip=PANEL)
    panel.get_by_test_id("parameter-input-model").click()
    page.get_by_text("gpt-image-1.5", exact=True).first.wait_for()
