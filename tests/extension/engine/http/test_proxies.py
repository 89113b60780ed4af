"""Proxies: named by the environment, with and without a password, and what happens when they refuse."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration
from endpoint_nodes.port_types.errors import InvalidSetting, RunStopped, StopReason

from ..conftest import GOOD, FaultyService, picture, reply

if TYPE_CHECKING:
    from collections.abc import Callable

NODE = CreateImageVariation(route="variations")
FRAME = pd.DataFrame({"image": [picture()]})
HTTP = Configuration(base_url="http://api.example/v1", allow_http=["api.example"], max_attempts=3, cache=NO_CACHE)
HTTPS = Configuration(base_url="https://api.example/v1", max_attempts=3, cache=NO_CACHE)


@pytest.fixture
def proxy(faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Names the faulty service as the proxy, with what stands before its host."""
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    def set_proxy(login: str = "") -> None:
        url = faulty_service.base_url.removesuffix("/v1").replace("http://", f"http://{login}")
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("HTTPS_PROXY", url)

    return set_proxy


@pytest.mark.parametrize("where", [HTTP, HTTPS], ids=["http", "https"])
def test_a_proxy_is_given_the_password_of_its_url(
    faulty_service: FaultyService, proxy: Callable[[str], None], where: Configuration
) -> None:
    proxy("user:p%40ss@")
    faulty_service.answer = lambda *_: GOOD if where is HTTP else reply(b"", 502)
    node = CreateImageVariation(route="variations", on_error="continue")
    execute(node, where, FRAME)
    said = re.search(r"proxy-authorization: basic (\S+)", faulty_service.requests[0], re.IGNORECASE)
    assert said
    assert base64.b64decode(said[1]) == b"user:p@ss"


@pytest.mark.parametrize("where", [HTTP, HTTPS], ids=["http", "https"])
def test_a_proxy_that_wants_a_login_ends_the_run_at_once(
    faulty_service: FaultyService, proxy: Callable[[str], None], where: Configuration
) -> None:
    proxy("")
    faulty_service.answer = lambda *_: reply(b"", 407, proxy_authenticate="Basic")
    with pytest.raises(RunStopped, match=r"^The proxy answered 407: .* put them into HTTP_PROXY") as stopped:
        execute(NODE, where, FRAME)
    assert stopped.value.reason is StopReason.CREDENTIALS
    assert len(faulty_service.requests) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("socks5://user:hush@proxy.example:1080", "socks5://proxy.example speaks SOCKS5, but only HTTP proxies"),
        ("http://[::bad", "is not a url such as http://proxy.example:3128"),
        ("http://user:hush@:3128", "is not a url such as http://proxy.example:3128"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(InvalidSetting, match=sentence) as refused:
        execute(NODE, HTTP, FRAME)
    assert "hush" not in str(refused.value)


def test_only_the_proxy_looks_names_up(faulty_service: FaultyService, proxy: Callable[[str], None]) -> None:
    proxy("")
    faulty_service.answer = lambda *_: reply({"created": 1, "data": [{"url": "http://files.example/v1/files/good"}]})
    table, _ = execute(NODE, HTTP, FRAME)
    assert table.column("image").to_pylist() == [picture()]
    assert faulty_service.requests[1].startswith("GET http://files.example/v1/files/good ")
