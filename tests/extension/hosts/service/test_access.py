"""Nobody comes in without a token, sees what is another's, or fills the machine."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

CLOSED = [
    ("GET", "/nodes"),
    ("GET", "/nodes/create_image"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/configurations"),
    ("GET", "/runs"),
    ("POST", "/runs"),
    ("GET", "/runs/any"),
    ("DELETE", "/runs/any"),
    ("PUT", "/files/any"),
    ("GET", "/nowhere"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer first-toke", "Basic first-token", "Bearer"])
def test_without_the_token_there_is_nothing(service: Any, method: str, path: str, header: str) -> None:
    response = httpx.request(method, service.url + path, headers={"authorization": header} if header else {})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer TOKEN" in response.json()["error"]


def test_health_needs_no_token(service: Any) -> None:
    assert httpx.get(f"{service.url}/health").json() == {"status": "ok"}


def test_runs_and_files_belong_to_their_token(service: Any) -> None:
    run = service.start("create_image", settings={"prompt": "a plum"})["id"]
    service.wait(run)
    service.client.put("/files/own.png", content=b"secret")
    headers = {"authorization": "Bearer second-token"}
    with httpx.Client(base_url=service.url, headers=headers) as other:
        assert other.get(f"/runs/{run}").status_code == 404
        assert other.get(f"/runs/{run}/results").status_code == 404
        assert other.delete(f"/runs/{run}").status_code == 404
        assert other.delete("/files/own.png").status_code == 404
        assert run not in other.get("/runs").text
    assert run in service.client.get("/runs").text


def test_a_token_is_made_where_none_is_set(serve: Callable[..., Any], tmp_path: Path) -> None:
    served = serve(tmp_path, ENDPOINT_NODES_TOKEN="")
    found = re.fullmatch(r"Token for this start, .*: (\S{40,})\n", served.process.stdout.readline())
    assert found
    assert httpx.get(f"{served.url}/nodes", headers={"authorization": f"Bearer {found[1]}"}).status_code == 200


def test_bodies_are_bounded(serve: Callable[..., Any], tmp_path: Path) -> None:
    client = serve(tmp_path, "--max-body", 2).client
    large = b"x" * 3_000_000

    def chunks() -> Iterator[bytes]:
        yield from (large[:100_000] for _ in range(30))

    for response in (
        client.put("/files/large.png", content=large),
        client.put("/files/large.png", content=chunks()),
        client.post("/runs", content=large),
        client.post("/runs", files={"run": ("run", b"{}"), "rows": ("rows", large)}),
    ):
        assert response.status_code == 413
        assert response.json()["error"] == (
            "The body is larger than the 2,000,000 bytes that this service takes in one request."
        )
    assert client.put("/files/small.png", content=b"x").status_code == 201
    assert not list(tmp_path.glob("files/*/*large*"))


def test_a_huge_run_as_json_is_refused_before_it_is_read(service: Any) -> None:
    response = service.client.post("/runs", content=(b"[" * 1_000_000 for _ in range(70)))
    assert response.status_code == 413
    assert response.json()["error"].endswith("send its rows as a part of a form.")


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(service: Any) -> None:
    host, port = service.url.removeprefix("http://").split(":")
    lines = ["PUT /files/a.png HTTP/1.1", "Host: x", "Authorization: Bearer first-token", f"Content-Length: {10**12}"]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_the_files_of_a_token_are_bounded_together(serve: Callable[..., Any], tmp_path: Path) -> None:
    client = serve(tmp_path, "--max-files", 1).client
    assert client.put("/files/a.png", content=b"x" * 600_000).status_code == 201
    for _ in range(3):
        assert client.put("/files/b.png", content=b"x" * 600_000).status_code == 413, "what was refused takes no room"
    assert client.put("/files/a.png", content=b"x" * 300_000).status_code == 201, "it takes the place of the first"
    assert client.put("/files/b.png", content=b"x" * 600_000).status_code == 201
    assert client.delete("/files/b.png").status_code == 204
    assert client.put("/files/c.png", content=b"x" * 600_000).status_code == 201


def test_a_file_that_is_uploaded_many_times_at_once_is_whole(serve: Callable[..., Any], tmp_path: Path) -> None:
    client = serve(tmp_path).client
    contents = [bytes([number]) * 300_000 for number in range(20)]
    with ThreadPoolExecutor(20) as clients:
        statuses = list(clients.map(lambda content: client.put("/files/a.png", content=content).status_code, contents))
    assert statuses == [201] * 20
    (file,) = tmp_path.glob("files/*/*")
    assert file.read_bytes() in contents


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", ".hidden", "a b", "%00", "-", "x" * 200])
def test_a_file_has_a_plain_name(service: Any, name: str) -> None:
    assert service.client.put(f"/files/{name}", content=b"x").status_code in (404, 422)


def test_a_second_service_on_the_folder_is_refused(serve: Callable[..., Any], tmp_path: Path) -> None:
    served = serve(tmp_path)
    second = subprocess.run(
        [*served.process.args[:2], "--port", "0", "--folder", tmp_path], capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert second.stderr == f"Error: Another service uses {tmp_path}; name another with --folder.\n"


def test_it_stops_in_good_order(serve: Callable[..., Any], tmp_path: Path, sandbox_server: Callable[..., str]) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "slow.toml").write_text(f'base_url = "{sandbox_server(latency=30)}"\n', encoding="utf-8")
    served = serve(tmp_path / "data", "--configurations", folder)
    run = served.start("create_image", configuration="slow", settings={"prompt": "a plum"})
    with served.client.stream("GET", run["events"]) as events:
        lines = events.iter_lines()
        next(lines)
        began = time.monotonic()
        served.process.terminate()
        assert "event: end" not in lines
    assert served.process.wait(20) == 0
    assert time.monotonic() - began < 15
