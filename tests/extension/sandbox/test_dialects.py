"""Batches in the shapes of other services."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
LINE = {"custom_id": "one", "method": "POST", "url": "/v1/chat/completions", "body": BODY}


def upload(http: httpx.Client, line: dict[str, Any], path: str = "/files", purpose: str = "batch") -> str:
    file = ("in.jsonl", json.dumps(line).encode())
    answer = http.post(path, data={"purpose": purpose}, files={"file": file})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def finish(http: httpx.Client, path: str) -> Any:
    while True:
        batch = http.get(path).json()
        if batch["status"] in ("completed", "COMPLETED", "SUCCESS"):
            return batch
        assert "FAIL" not in batch["status"].upper(), batch
        time.sleep(0.01)


def answer_of(http: httpx.Client, file_id: str) -> Any:
    line = json.loads(http.get(f"/files/{file_id}/content").text)
    assert line["custom_id"] == "one"
    return line["response"]["body"]["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("like", "endpoint", "window", "status"),
    [
        ("azure", "/v1/chat/completions", "24h", 200),
        ("azure", "/chat/completions", "24h", 200),
        ("azure", "/chat/completions", "7d", 400),
        ("groq", "/v1/chat/completions", "7d", 200),
        ("groq", "/v1/embeddings", "24h", 400),
        ("openai", "/v1/chat/completions", "7d", 400),
    ],
)
def test_azure_and_groq_take_endpoints_and_windows_of_their_own(
    sandbox_server: Callable[..., str], like: str, endpoint: str, window: str, status: int
) -> None:
    with httpx.Client(base_url=sandbox_server(like=like, batch_seconds=0)) as http:
        file_id = upload(http, LINE | {"url": endpoint})
        body = {"input_file_id": file_id, "endpoint": endpoint, "completion_window": window}
        created = http.post("/batches", json=body)
        assert created.status_code == status
        if status == 200:
            assert created.json()["expires_at"] - created.json()["created_at"] in (86_400, 7 * 86_400)
            batch = finish(http, f"/batches/{created.json()['id']}")
            assert answer_of(http, batch["output_file_id"])


def test_together_uploads_elsewhere_and_tells_progress_in_capitals(sandbox_server: Callable[..., str]) -> None:
    with httpx.Client(base_url=sandbox_server(like="together", batch_seconds=0)) as http:
        assert http.post("/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")}).status_code == 405
        file_id = upload(http, LINE, "/files/upload", "batch-api")
        body = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        job = http.post("/batches", json=body).json()["job"]
        assert job["status"] == "VALIDATING"
        batch = finish(http, f"/batches/{job['id']}")
        assert (batch["progress"], batch["model_id"], "request_counts" in batch) == (100.0, "m", False)
        assert answer_of(http, batch["output_file_id"])
        assert http.get("/batches").json() == [batch]


def test_mistral_names_the_model_on_the_job(sandbox_server: Callable[..., str]) -> None:
    with httpx.Client(base_url=sandbox_server(like="mistral", batch_seconds=0)) as http:
        line = {"custom_id": "one", "body": {"messages": BODY["messages"]}}
        job: dict[str, Any] = {
            "input_files": [upload(http, line)],
            "endpoint": "/v1/chat/completions",
            "model": "mistral-small-latest",
            "timeout_hours": 48,
        }
        assert http.post("/batches", json=job).status_code == 404
        created = http.post("/batch/jobs", json=job).json()
        assert created["status"] == "QUEUED"
        batch = finish(http, f"/batch/jobs/{created['id']}")
        assert (batch["total_requests"], batch["succeeded_requests"], batch["failed_requests"]) == (1, 1, 0)
        assert batch["model"] == "mistral-small-latest"
        line_out = json.loads(http.get(f"/files/{batch['output_file']}/content").text)
        assert line_out["response"]["body"]["model"] == "mistral-small-latest"
        assert http.get("/batch/jobs").json() == {"object": "list", "data": [batch], "total": 1}
        refused = http.post("/batch/jobs", json={**job, "input_files": [upload(http, LINE)]}).json()
        while (failed := http.get(f"/batch/jobs/{refused['id']}").json())["status"] != "FAILED":
            time.sleep(0.01)
        assert "unknown field" in failed["errors"][0]["message"]
        cancelled = http.post(f"/batch/jobs/{failed['id']}/cancel")
        assert cancelled.status_code == 409
