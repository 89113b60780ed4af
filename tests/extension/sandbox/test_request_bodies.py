"""Large bodies: bounded in memory together, refused where they are too many, and from hosts of this machine only."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openai
import pytest

CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


def begin_upload(url: str, declared: int, sent: int) -> socket.socket:
    """Send the head of a request and a part of its body."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 0))
    head = f"POST {parts.path}/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    connection.sendall(f"{head}content-length: {declared}\r\n\r\n".encode())
    for _ in range(sent // 1_000_000):
        connection.sendall(b"x" * 1_000_000)
    return connection


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A sandbox in a process of its own: its base url and process id. Nothing is left of it."""
    command = [sys.executable, "-c", "from endpoint_nodes.extension.hosts.cli import main; main()", "sandbox"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment) as served:
        assert served.stdout
        url = re.search(r"http://\S+", served.stdout.readline())
        assert url
        yield url[0], served.pid
        served.terminate()
    assert list(tmp_path.iterdir()) == []


def resident(pid: int) -> int:
    """Return the megabytes that a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process as Linux tells it")
def test_half_uploads_of_a_gigabyte_are_not_held_in_memory(process: tuple[str, int]) -> None:
    url, pid = process
    assert httpx.post(f"{url}/chat/completions", json=CHAT).status_code == 200
    before = resident(pid)
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(begin_upload(url, 150_000_000, 75_000_000))
        assert httpx.post(f"{url}/chat/completions", json=CHAT).status_code == 200
        assert resident(pid) - before < 150


def test_the_files_of_a_sandbox_go_when_it_is_terminated(process: tuple[str, int], tmp_path: Path) -> None:
    url, _ = process
    with openai.OpenAI(base_url=url, api_key="any") as client:
        assert client.files.create(file=("a.txt", b"x"), purpose="user_data").bytes == 1
    assert list(tmp_path.iterdir())


def test_uploads_that_are_too_many_together_are_refused_until_some_have_gone(
    sandbox_server: Callable[..., str],
) -> None:
    url = sandbox_server(max_body=2_000_000)
    large = b"x" * 2_000_000

    def upload() -> httpx.Response:
        return httpx.post(f"{url}/chat/completions", content=large, headers={"content-type": "application/json"})

    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(begin_upload(url, 2_000_000, 1_000_000))
            stack.enter_context(begin_upload(url, 2_000_000, 1_000_000))
        while (refused := upload()).status_code != 503:  # until the server has read what was sent
            assert refused.status_code == 400
            time.sleep(0.01)
        assert refused.headers["retry-after"] == "1"
        assert "unanswered requests" in refused.json()["error"]["message"]
    while (answer := upload()).status_code == 503:
        time.sleep(0.01)
    assert answer.status_code == 400  # read to its end, and not JSON


def test_large_bodies_at_once_are_all_answered(http: httpx.Client) -> None:
    body = {"messages": [{"role": "user", "content": "word " * 6_000_000}]}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: http.post("/chat/completions", json=body, timeout=60), range(6)))
    assert [answer.json()["usage"]["prompt_tokens"] for answer in answers] == [6_000_003] * 6


@pytest.mark.parametrize(("host", "status"), [("evil.example", 400), ("localhost:80", 200), ("box.localhost", 200)])
def test_a_host_that_is_not_this_machine_is_refused(http: httpx.Client, host: str, status: int) -> None:
    assert http.get("/models", headers={"host": host}).status_code == status
