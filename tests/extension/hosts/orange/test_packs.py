"""Operations of a document are widgets in a category of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from openapi_documents import document

LOOK = """
import json
from orangecanvas.registry import WidgetRegistry
from Orange.canvas.config import Config
found, config = WidgetRegistry(), Config()
config.widget_discovery(found).run(config.widgets_entry_points())
print(json.dumps([[w.name, w.qualified_name] for w in found.widgets(found.category("Pets API"))]))
"""


def test_a_document_has_a_category_with_its_operations(tmp_path: Path) -> None:
    path = tmp_path / "pets.json"
    described = document({"/pets": {"get": {"operationId": "listPets"}}, "/pets/{id}": {"delete": {}}})
    described["info"]["title"] = "Pets API"
    path.write_text(json.dumps(described), encoding="utf-8")
    environment = {**os.environ, "ENDPOINT_NODES_PACKS": str(path), "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    module = "endpoint_nodes.extension.hosts.orange.widgets"
    assert json.loads(ended.stdout.splitlines()[-1]) == [
        ["List Pets", f"{module}.PetsListPets"],
        ["Delete Pets", f"{module}.PetsDeletePets"],
    ]
