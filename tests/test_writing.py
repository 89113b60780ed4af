"""The pages for developers name what is there, and the node on them runs."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import Recorder
from endpoint_nodes.port_types.configuration import Configuration

ROOT = Path(__file__).parents[1]
NAMES = ["docs/architecture.md", "docs/writing-a-host.md", "docs/writing-a-node.md", "CONTRIBUTING.md"]
PAGES = [ROOT / name for name in NAMES]
FLOORS = ("port_types", "nodes", "extension", "tests", "docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if path.split("/")[0] in FLOORS]
    links = [page.parent / link for link in re.findall(r"\]\((?!http)([^)#]+)", text)]
    assert [path for path in [*(ROOT / path for path in paths), *links] if not path.exists()] == []


def test_the_picture_names_rooms_that_are_there() -> None:
    rooms = re.findall(r'class="name".*?>([\w/]+/)<', (ROOT / "docs/images/architecture.svg").read_text("utf-8"))
    places = [ROOT, *(ROOT / place for place in ("extension", "extension/engine", "extension/hosts", "nodes"))]
    assert len(rooms) > 10
    assert [room for room in rooms if not any((place / room).is_dir() for place in places)] == []


def code_of(page: str, folder: Path) -> ModuleType:
    """Return the first Python on a page as a module."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    code, *_ = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    file = folder / f"{page.replace('-', '_')}.py"
    file.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_node_of_its_page_runs(recorder: Callable[..., Recorder], tmp_path: Path) -> None:
    node = code_of("writing-a-node", tmp_path).Rerank(top_n=2)
    body = b'{"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}'
    service = recorder(status=200, body=body)
    rows = pa.table({"query": ["A seat"], "documents": [["A lamp", "A stool"]]})
    table, _ = execute(node, Configuration(base_url=service.url), rows)
    assert table.column("index").to_pylist() == [1, 0]
    assert service.requests[0].parts == {"query": "A seat", "documents": ["A lamp", "A stool"], "top_n": 2}


def test_the_host_of_its_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "A fox in the snow")
    code_of("writing-a-host", tmp_path).ask("create_image")
    printed = capsys.readouterr().out
    assert printed.startswith("Create Image\n1 of 1 rows, 0 failed\n[{")
