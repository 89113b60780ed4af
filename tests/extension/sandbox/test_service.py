import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest

CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


def log_of(url: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(url.replace("/v1", "/sandbox/requests")).json()
    return answer


def test_every_response_says_that_it_is_the_sandbox(http: httpx.Client) -> None:
    ids = set()
    for answer in (http.get("/models"), http.get("/nothing"), http.post("/chat/completions", json=CHAT)):
        assert answer.headers["x-endpoint-nodes-sandbox"] == "1"
        assert int(answer.headers["openai-processing-ms"]) >= 0
        ids.add(answer.headers["x-request-id"])
    assert len(ids) == 3


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert {"sandbox-image", "sandbox-chat", "gpt-image-2", "gpt-image-2.6-sunburst"} <= set(models)
    assert models["gpt-image-1.5"].to_dict()["shutdown_date"] == "2026-12-01"
    assert client.models.retrieve("sandbox-chat") == models["sandbox-chat"]


def test_any_model_name_is_accepted_whatever_the_model_is_made_for(client: openai.OpenAI) -> None:
    assert client.models.retrieve("provider/unknown").id == "provider/unknown"
    for model in ("gpt-4o-mini", "provider/unknown", "dall-e-3"):
        assert client.embeddings.create(model=model, input="Hello").model == model


@pytest.mark.parametrize(("model", "status"), [("nobody", 404), ("sandbox-image", 400), ("sandbox-chat", 200)])
def test_strict_models_are_those_listed_for_the_operation(
    sandbox_server: Callable[..., str], model: str, status: int
) -> None:
    with httpx.Client(base_url=sandbox_server(strict_models=True)) as http:
        answer = http.post("/chat/completions", json=CHAT | {"model": model})
        assert answer.status_code == status
        if status != 200:
            assert answer.json()["error"]["param"] == "model"
        assert http.get("/models/nobody").json()["error"]["code"] == "model_not_found"


def test_unknown_routes_and_methods_are_refused_in_openai_s_shape(http: httpx.Client) -> None:
    unknown = http.post("/nothing")
    assert (unknown.status_code, unknown.json()["error"]["message"]) == (
        404,
        "Invalid URL (POST /v1/nothing)",
    )
    wrong = http.delete("/models")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_supported")


@pytest.mark.parametrize("path", ["/chat/completions", "/images/generations", "/embeddings"])
def test_a_json_operation_refuses_other_content(http: httpx.Client, path: str) -> None:
    answer = http.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_content_type")
    assert http.post(path, content=b"{}").status_code == 415


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"a":', b"\xff\xfe", b"[" * 100_000])
def test_a_broken_json_body_is_400(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/chat/completions", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("content", [b"", b"--x\r\nnonsense", b"--x--\r\n"])
def test_a_broken_form_is_400(http: httpx.Client, content: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = http.post("/images/variations", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    headers = {"content-type": "multipart/form-data"}
    unbound = http.post("/images/variations", content=content, headers=headers)
    assert unbound.status_code == 400
    assert unbound.json()["error"]["message"].startswith("Could not parse multipart form")


def test_a_body_over_the_limit_is_413_with_and_without_its_length(
    sandbox_server: Callable[..., str],
) -> None:
    url = f"{sandbox_server(max_body=1000)}/chat/completions"
    large = b"x" * 3_000_000
    for content in (large, iter([large[:500_000]] * 6)):
        answer = httpx.post(url, content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_only_the_demanded_key_is_accepted(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server(key="sk-right")
    missing = httpx.get(f"{url}/models")
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, None)
    wrong = httpx.get(f"{url}/models", headers={"Authorization": "Bearer sk-wröng".encode()})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "sk-" not in wrong.text
    with openai.OpenAI(base_url=url, api_key="sk-right") as client:
        assert client.models.list().data


def test_requests_over_the_rate_are_429_and_say_when_to_come_back(
    sandbox_server: Callable[..., str],
) -> None:
    url = sandbox_server(rate_limit=60)
    with httpx.Client(base_url=url) as client:
        answers = [client.get("/models") for _ in range(61)]
        assert answers[0].headers["x-ratelimit-limit-requests"] == "60"
        assert answers[0].headers["x-ratelimit-remaining-requests"] == "59"
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refused.headers["retry-after"] == "1"
        time.sleep(int(refused.headers["retry-after-ms"]) / 1000)
        assert client.get("/models").status_code == 200


def test_the_clock_goes_forward_only(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server().replace("/v1", "/sandbox/clock")
    before = httpx.post(url).json()["now"]
    assert httpx.post(url, params={"advance": 3600}).json()["now"] >= before + 3600
    for wrong in ("-1", "soon", "inf", "nan"):
        answer = httpx.post(url, params={"advance": wrong})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "advance")


def test_every_answer_tells_the_limits_of_the_minute(http: httpx.Client) -> None:
    for answer in (http.get("/models"), http.post("/chat/completions", json=CHAT), http.post("/embeddings", json={})):
        for what in ("requests", "tokens"):
            limit = int(answer.headers[f"x-ratelimit-limit-{what}"])
            assert 0 < int(answer.headers[f"x-ratelimit-remaining-{what}"]) <= limit
            assert answer.headers[f"x-ratelimit-reset-{what}"].endswith("s")


def test_faults_are_of_many_kinds_the_same_for_the_same_seed_and_healed_by_retries(
    sandbox_server: Callable[..., str],
) -> None:
    def rehearse(seed: int) -> list[list[str]]:
        """For each of 60 requests, what its attempts were answered until one was whole."""
        told = []
        with httpx.Client(base_url=sandbox_server(failure_rate=0.6, seed=seed)) as client:
            for row in range(60):
                body = {"messages": [{"role": "user", "content": f"Row {row}"}]}
                attempts: list[str] = []
                while not attempts or attempts[-1] != "whole":
                    answer = client.post("/chat/completions", json=body, headers={"idempotency-key": f"{seed}-{row}"})
                    attempts.append(kind_of(answer))
                told.append(attempts)
        return told

    first = rehearse(1)
    assert rehearse(1) == first
    assert rehearse(2) != first
    seen = {kind for attempts in first for kind in attempts}
    kinds = {"whole", "html", "cut", "error", "null", "500", "502", "503", "504", "529", "408", "409", "429"}
    assert seen == kinds


def kind_of(answer: httpx.Response) -> str:
    if answer.status_code != 200:
        assert answer.json()["error"]["type"] == "server_error"
        return str(answer.status_code)
    if answer.headers["content-type"].startswith("text/html"):
        return "html"
    try:
        body = answer.json()
    except json.JSONDecodeError:
        return "cut"
    if body is None:
        return "null"
    return "error" if "error" in body else "whole"


def test_a_fault_does_not_depend_on_the_boundary_of_a_form(
    sandbox_server: Callable[..., str], picture: Callable[..., bytes]
) -> None:
    statuses = []
    for boundary in ("one", "another"):
        url = sandbox_server(failure_rate=0.5, seed=7)
        with httpx.Client(base_url=url) as client:
            statuses.append(
                [
                    client.post(
                        "/images/variations",
                        data={"user": str(row), "size": "256x256"},
                        files={"image": ("a.png", picture(), "image/png")},
                        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
                    ).status_code
                    for row in range(12)
                ]
            )
    assert statuses[0] == statuses[1]
    assert len(set(statuses[0])) > 1


def test_the_log_names_every_request_and_stays_bounded(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server(log_size=3)
    for number in range(5):
        httpx.post(f"{url}/chat/completions", json=CHAT, headers={"idempotency-key": f"k{number}"})
    httpx.get(f"{url}/nothing")
    log = log_of(url)
    assert (log["total"], log["by_status"]) == (6, {"200": 5, "404": 1})
    assert [request["idempotency_key"] for request in log["requests"]] == ["k3", "k4", None]
    assert log["requests"][0] == {
        "method": "POST",
        "path": "/v1/chat/completions",
        "idempotency_key": "k3",
        "status": 200,
        "finished": True,
    }


@pytest.mark.parametrize("large", [False, True])
def test_a_client_that_leaves_before_the_answer_has_no_finished_request(
    sandbox_server: Callable[..., str], *, large: bool
) -> None:
    url = sandbox_server(latency=0.3)
    body = json.dumps({"input": ["x"] * 2000} if large else CHAT).encode()
    path = "/v1/embeddings" if large else "/v1/chat/completions"
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as raw:
        raw.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        while not log_of(url)["total"]:
            time.sleep(0.01)
    while log_of(url)["requests"][0]["status"] is None:
        time.sleep(0.01)
    time.sleep(0.1)  # what is left of the answer
    assert log_of(url)["requests"][0]["finished"] is False


def test_a_large_answer_left_unread_is_not_finished_until_it_is_read(
    sandbox_server: Callable[..., str],
) -> None:
    url = sandbox_server()
    body = json.dumps({"input": [f"text {row}" for row in range(2048)], "dimensions": 1024}).encode()
    head = "POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as raw:
        raw.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        raw.recv(1)
        assert log_of(url)["requests"][0]["finished"] is False
        while raw.recv(1_000_000):
            pass
    while not log_of(url)["requests"][0]["finished"]:
        time.sleep(0.01)


def test_slow_requests_are_served_side_by_side(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server(latency=1.0)
    with httpx.Client(base_url=url, timeout=30) as client, ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(client.post, "/chat/completions", json=CHAT) for _ in range(8)]
        while log_of(url)["total"] < 8:
            time.sleep(0.01)
        assert log_of(url)["by_status"] == {}  # all eight have arrived, none is answered yet
        assert [answer.result().status_code for answer in pending] == [200] * 8
