"""What a client asks for is what it gets: rows in, results and files out, in every form."""

import io
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from PIL import Image
from waiting import eventually

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

CHAT = {"model": "gpt-4o-mini"}
ROWS = [{"sku": f"A{number}", "prompt": f"Describe {number}"} for number in range(20)]
ARROW = "application/vnd.apache.arrow.stream"
NO_COLUMN = (
    "`prompt` is missing: give it a value, or choose a column for it. The input has no column 'prompt'; "
    "its columns are text."
)


def picture(colour: str = "navy") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return buffer.getvalue()


def form(node: str, rows: bytes, **settings: Any) -> dict[str, Any]:
    run = {"node": node, "configuration": "sandbox", "settings": settings}
    return {"run": (None, json.dumps(run), "application/json"), "rows": ("rows", rows)}


def arrow_table(service: Any, run: str) -> pa.Table:
    status = service.wait(run)
    content = service.client.get(status["results"], headers={"accept": ARROW}).content
    return pa.ipc.open_stream(content).read_all()


def test_results_are_those_of_the_engine(service: Any) -> None:
    run = service.start("create_chat_completion", settings=CHAT, rows=ROWS)
    expected, _ = execute(CreateChatCompletion(**CHAT), Configuration(base_url="sandbox:"), pa.Table.from_pylist(ROWS))
    table = arrow_table(service, run["id"])
    assert table.equals(expected)
    assert [column["name"] for column in run["columns"]] == expected.column_names
    assert run["total"] == len(ROWS)


def test_rows_come_in_every_form(service: Any) -> None:
    table, sink = pa.Table.from_pylist(ROWS), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    asked = [form("create_chat_completion", rows, **CHAT) for rows in (lines, sink.getvalue())]
    runs = [service.client.post("/runs", files=files).json() for files in asked]
    runs.append(service.start("create_chat_completion", settings=CHAT, rows=ROWS))
    results = [service.rows(run["id"]) for run in runs]
    assert results[0] == results[1] == results[2]
    assert [row["sku"] for row in results[0]] == [row["sku"] for row in ROWS]


def test_files_go_in_and_out_one_by_one(service: Any) -> None:
    assert service.client.put("/files/one.png", content=picture()).json() == {
        "name": "one.png",
        "bytes": len(picture()),
    }
    rows = b'{"image": "one.png"}\n{"image": "two.png"}'
    parts = list(form("create_image_variation", rows, n=2, size="256x256", keep_columns=False).items())
    run = service.client.post("/runs", files=[*parts, ("file", ("two.png", picture("red")))]).json()
    found = service.rows(run["id"])
    assert [row["row_id"] for row in found] == ["0", "0", "1", "1"]
    for row in found:
        response = service.client.get(row["image"])
        assert response.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (256, 256)
    assert service.client.get(f"/runs/{run['id']}/results/4/image").status_code == 404
    assert service.client.get(f"/runs/{run['id']}/results/0/url").status_code == 404


def test_files_of_one_run_go_with_it(service: Any) -> None:
    service.client.put("/files/own.png", content=picture())
    rows = [{"image": "own.png"}]
    service.rows(service.start("create_image_variation", rows=rows, own_files=["own.png", "../x"])["id"])
    later = (service.wait(service.start("create_image_variation", rows=rows)["id"]) for _ in range(50))
    assert "'own.png' is not a file that was uploaded" in next(run["error"] for run in later if run["error"])


@pytest.mark.parametrize("value", ["/etc/hostname", "../../../etc/hostname", "~/.bashrc", "file:///etc/hostname"])
def test_no_path_of_the_machine_is_opened(service: Any, value: str) -> None:
    for asked in ({"rows": [{"image": value}]}, {"settings": {"image": value}}):
        run = service.start("create_image_variation", **asked)
        status = service.wait(run["id"])
        assert status["state"] == "failed"
        assert "is not a file that was uploaded" in status["error"] or "cannot be opened" in status["error"]


def test_a_record_with_a_path_opens_nothing_either(service: Any) -> None:
    run = service.start("create_image_variation", rows=[{"image": {"path": "/etc/hostname"}}])
    assert "is not a file that was uploaded" in service.wait(run["id"])["error"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"node": "create_plum"}, "There is no node 'create_plum'; GET /nodes lists them."),
        ({"settings": {"modle": "x"}}, "Create Chat Completion has no field 'modle'; did you mean 'model'?"),
        ({"settings": {"n": 0}}, "`n` must be from 1 to 128, not 0."),
        ({"configuration": "mine"}, "There is no Configuration 'mine'; the service has sandbox."),
        ({"configuration": "../etc"}, "There is no Configuration '../etc'; the service has sandbox."),
        ({"rows": [{"text": "x"}]}, NO_COLUMN),
        ({}, "`prompt` is missing: give it in the settings, or rows with a column 'prompt'."),
        ({"key": "sk-1"}, "The run cannot be read: Object contains unknown field `key`."),
        ({"rows": [1]}, "The run cannot be read: Expected `object`, got `int` - at `$.rows[0]`."),
    ],
)  # fmt: skip
def test_what_cannot_run_is_said_before_anything_is_sent(service: Any, asked: dict[str, Any], sentence: str) -> None:
    usual = {"node": "create_chat_completion", "configuration": "sandbox", "settings": CHAT}
    settings = {**CHAT, **asked.get("settings", {})}
    response = service.client.post("/runs", json={**usual, **asked, "settings": settings})
    assert (response.status_code, response.json()) == (422, {"error": sentence})


def test_rows_that_are_not_a_table_are_said(service: Any) -> None:
    for rows, sentence in (
        (b'{"prompt": 1', "rows.jsonl, line 1 is not valid JSON"),
        (b"\xff\xff\xff\xff\x10\x00\x00\x00", "The rows are neither JSON lines nor an Arrow stream"),
        (b"PAR1", "The rows are neither JSON lines nor an Arrow stream"),
    ):
        response = service.client.post("/runs", files=form("create_chat_completion", rows, **CHAT))
        assert response.status_code == 422
        assert sentence in response.json()["error"]


def test_a_failed_row_ends_the_run_or_is_named(service: Any) -> None:
    rows = [{"prompt": "one", "n": 1}, {"prompt": "two", "n": 1000}]
    settings = {**CHAT, "columns": {"n": "n"}}
    ended = service.wait(service.start("create_chat_completion", settings=settings, rows=rows)["id"])
    assert ended["state"] == "failed"
    assert ended["results"] is None
    assert ended["error"] == "rows.jsonl, line 2: `n` must be from 1 to 128, not 1000."
    response = service.client.get(f"/runs/{ended['id']}/results")
    assert (response.status_code, response.json()["error"]) == (404, f"The run has no results: {ended['error']}")
    settings["on_error"] = "continue"
    good, bad = service.rows(service.start("create_chat_completion", settings=settings, rows=rows)["id"])
    assert good["error"] is None
    assert bad["error"] == "`n` must be from 1 to 128, not 1000."


def test_progress_comes_as_events(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, MARKED_KEY="x")
    run = served.start("create_chat_completion", configuration="slow", settings=CHAT, rows=ROWS)
    with served.client.stream("GET", run["events"]) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = list(response.iter_lines())
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    facts = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert names[-1] == "end"
    assert set(names[:-1]) == {"progress"}
    counts = [fact["done"] for fact in facts]
    assert counts == sorted(counts)
    assert counts[-1] == len(ROWS)


@pytest.fixture
def slow(tmp_path: Path, sandbox_server: Callable[..., str]) -> Path:
    """A folder with a Configuration whose service takes half a second for each request."""
    folder = tmp_path / "configurations"
    folder.mkdir()
    text = f'base_url = "{sandbox_server(latency=0.5)}"\ncredential = "env:MARKED_KEY"\nconcurrency = 4\n'
    (folder / "slow.toml").write_text(text, encoding="utf-8")
    return folder


def test_keys_stay_with_the_service(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, MARKED_KEY="sk-marked-key")
    assert served.client.get("/configurations").json() == {"names": ["sandbox", "slow"]}
    run = served.start("create_chat_completion", configuration="slow", settings=CHAT, rows=ROWS[:2])
    served.rows(run["id"])
    answers = [served.client.get(path).text for path in (f"/runs/{run['id']}", run["events"], "/metrics", "/runs")]
    kept = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [text for text in answers if "sk-marked" in text or "127.0.0.1" in text]
    assert not [content for content in kept if b"sk-marked" in content]


def test_a_key_that_is_missing_is_said_at_once(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow)
    asked = {"node": "create_chat_completion", "configuration": "slow", "settings": CHAT, "rows": ROWS}
    response = served.client.post("/runs", json=asked)
    assert response.status_code == 422
    assert "the environment variable MARKED_KEY is missing or empty" in response.json()["error"]


def test_a_run_is_cancelled_and_then_removed(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, MARKED_KEY="x")
    run = served.start("create_chat_completion", configuration="slow", settings=CHAT, rows=ROWS * 10)
    served.wait(run["id"], lambda status: status["done"] > 0)
    assert served.client.get(f"/runs/{run['id']}/results").status_code == 409
    served.client.delete(f"/runs/{run['id']}")
    ended = served.wait(run["id"])
    assert (ended["state"], ended["error"]) == ("cancelled", "The run was cancelled.")
    assert ended["done"] < len(ROWS) * 10
    assert served.client.delete(f"/runs/{run['id']}").status_code == 200
    assert served.client.get(f"/runs/{run['id']}").status_code == 404
    assert not list((tmp_path / "data" / "runs").iterdir())


def test_the_cancel_address_needs_no_token(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, MARKED_KEY="x")
    run = served.start("create_chat_completion", configuration="slow", settings=CHAT, rows=ROWS * 10)
    assert httpx.delete(f"{served.url}/cancel/{run['id']}").status_code == 404
    assert httpx.delete(served.url + run["cancel"]).status_code == 204
    assert served.wait(run["id"])["state"] == "cancelled"


def test_a_run_that_nobody_asks_for_ends(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, MARKED_KEY="x")
    asked = {"configuration": "slow", "settings": CHAT, "rows": ROWS * 10, "lease_seconds": 1}
    run = served.start("create_chat_completion", **asked)
    with served.client.stream("GET", run["events"]) as events:
        for line in events.iter_lines():
            if (done := re.search(r'"done":(\d+)', line)) and int(done[1]) >= 12:
                break  # that took longer than the lease, which whoever follows the run renews
    eventually(lambda: 'runs_ended_total{state="cancelled"} 1' in served.client.get("/metrics").text)
    status = served.client.get(f"/runs/{run['id']}").json()
    assert status["error"] == "Nobody asked for the run for 1 seconds."


def test_a_run_that_nobody_asks_for_while_it_waits_is_not_begun(
    serve: Callable[..., Any], tmp_path: Path, slow: Path
) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, "--runs-at-once", 1, MARKED_KEY="x")
    asked = {"configuration": "slow", "settings": CHAT, "rows": ROWS}
    first = served.start("create_chat_completion", **asked)
    second = served.start("create_chat_completion", **asked, lease_seconds=0.5)
    served.wait(first["id"])
    eventually(lambda: served.client.get("/runs").json()["runs"][1]["ended"])
    status = served.client.get("/runs").json()["runs"][1]
    assert (status["id"], status["state"], status["done"]) == (second["id"], "cancelled", 0)
    assert status["error"] == "Nobody asked for the run for 0.5 seconds."


def test_the_queue_is_bounded_for_each_token(serve: Callable[..., Any], tmp_path: Path, slow: Path) -> None:
    served = serve(tmp_path / "data", "--configurations", slow, "--max-runs", 2, "--runs-at-once", 1, MARKED_KEY="x")
    asked = {"node": "create_chat_completion", "configuration": "slow", "settings": CHAT, "rows": ROWS * 10}
    first, second, third = (served.client.post("/runs", json=asked) for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (201, 201, 429)
    assert third.headers["retry-after"] == "5"
    assert len(list((tmp_path / "data" / "runs").iterdir())) == 2
    other = served.client.post("/runs", json=asked, headers={"authorization": "Bearer second-token"})
    assert other.status_code == 201
    waiting = served.client.delete(f"/runs/{second.json()['id']}").json()
    assert waiting["state"] == "cancelled"
    assert served.client.post("/runs", json=asked).status_code == 201


def test_fifty_clients_at_once(service: Any) -> None:
    def work(number: int) -> list[str]:
        headers = {"authorization": f"Bearer {['first-token', 'second-token'][number % 2]}"}
        rows = [{"prompt": f"Client {number} row {row}"} for row in range(10)]
        asked = {"node": "create_chat_completion", "configuration": "sandbox", "settings": CHAT, "rows": rows}
        with httpx.Client(base_url=service.url, headers=headers, timeout=120) as client:
            run = client.post("/runs", json=asked).json()
            with client.stream("GET", run["events"]) as events:
                assert "event: end" in list(events.iter_lines())
            lines = client.get(f"/runs/{run['id']}/results").text.splitlines()
        return [json.loads(line)["content"].rpartition(": ")[2] for line in lines]

    with ThreadPoolExecutor(50) as clients:
        found = list(clients.map(work, range(50)))
    assert found == [[f"Client {number} row {row}" for row in range(10)] for number in range(50)]


@pytest.mark.parametrize("name", node_classes())
def test_every_node_is_described(service: Any, name: str) -> None:
    described = service.client.get(f"/nodes/{name}").json()
    fields = {field["name"] for field in described["fields"]}
    assert fields == set(described["settings"]["properties"]) - {"columns"}


def test_models_can_be_chosen_from(service: Any) -> None:
    path = "/nodes/create_image_variation/fields/{}/choices?configuration=sandbox"
    assert "gpt-image-1.5" in service.client.get(path.format("model")).json()["choices"]
    assert service.client.get(path.format("fit")).json()["choices"]
    assert service.client.get(path.format("plum")).status_code == 404


def test_counts_are_for_prometheus(service: Any) -> None:
    service.rows(service.start("create_chat_completion", settings=CHAT, rows=ROWS)["id"])
    text = service.client.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["endpoint_nodes_rows_total"]) >= len(ROWS)
    assert float(values['endpoint_nodes_runs_ended_total{state="done"}']) >= 1
    assert float(values['endpoint_nodes_http_requests_total{status="201"}']) >= 1
