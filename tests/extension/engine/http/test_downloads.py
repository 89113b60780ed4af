"""Files that answers refer to: from public addresses only, whole, in time, and without anybody's cookies."""

from __future__ import annotations

import re
import time
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.http.addresses import is_public
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration

from ..conftest import FILES, FaultyService, named, picture, reply

NODE = CreateImageVariation(route="variations", columns={"user": "user"}, on_error="continue", keep_columns=False)


def fetched(service: FaultyService, *urls: str, **fields: Any) -> list[dict[str, Any]]:
    """Send a row for each url, whose answer refers to it; return the result rows."""
    service.answer = lambda user, _: named(urls[int(user)])
    frame = pd.DataFrame({"image": [picture()] * len(urls), "user": [str(n) for n in range(len(urls))]})
    where = Configuration(base_url=service.base_url, cache=NO_CACHE, **{"timeout": 5, "max_attempts": 2, **fields})  # type: ignore[arg-type]
    return execute(NODE, where, frame)[0].to_pylist()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *(
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::1",
            "::",
            "fe80::1%eth0",
            "fc00::1",
            "fec0::1",
            "ff02::1",
        ),
        *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1"),
    ],
)
def test_an_address_that_is_not_public_is_told_in_whichever_way_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_another_port_of_the_service_s_own_host_is_a_private_address(faulty_service: FaultyService) -> None:
    own = f"{faulty_service.base_url}/files/good"
    other = "http://127.0.0.1:9/shutdown"
    by_name = re.sub(r"//127.0.0.1:\d+", "//localhost:9", own)
    found = fetched(faulty_service, own, other, by_name)
    assert found[0]["image"] == picture()
    assert "is a private address" in found[1]["error"]
    assert re.search(r"is at the private address (127.0.0.1|::1)", found[2]["error"])


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://cdn..example/x",
            "http://127.0.0.1:99999/",
            "http://xn--a/",
            f"http://{'a' * 70}.example/",
            "http://[x/",
        ),
        *("http://\x00/", "ftp://example.com/x", "http:///x"),
    ],
)
def test_a_url_that_nobody_can_read_fails_its_row_and_no_other(faulty_service: FaultyService, url: str) -> None:
    bad, good = fetched(faulty_service, url, f"{faulty_service.base_url}/files/good", max_attempts=1)
    assert good["image"] == picture()
    assert bad["image"] is None
    assert re.fullmatch(r"[^\n]{10,300}", bad["error"])


def test_a_file_that_drips_ends_with_the_timeout(
    faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than it says, so that the rest never comes.
    monkeypatch.setitem(FILES, "drip", reply(picture(), content_type="image/png", content_length=10_000_000) + b"x")
    faulty_service.hold_open = True
    began = time.monotonic()
    (row,) = fetched(faulty_service, f"{faulty_service.base_url}/files/drip", timeout=0.5, max_attempts=2)
    assert time.monotonic() - began < 20
    assert "did not" in row["error"]


def test_a_file_without_its_end_is_fetched_again_and_then_named(
    faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES, "half", reply(picture()[:-15], content_type="image/png"))
    (row,) = fetched(faulty_service, f"{faulty_service.base_url}/files/half")
    assert row["error"].endswith("cannot be fetched: its end is missing")
    assert faulty_service.seen["/v1/files/half"] == 2


def test_a_cookie_of_one_file_is_not_sent_for_the_next(
    faulty_service: FaultyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES, "cookie", reply(picture(), content_type="image/png", set_cookie="sid=1; Path=/"))
    fetched(faulty_service, *[f"{faulty_service.base_url}/files/cookie"] * 3, concurrency=1)
    assert faulty_service.seen["/v1/files/cookie"] == 3
    assert not any("cookie:" in head.lower() for head in faulty_service.requests)


def test_the_login_of_a_source_is_sent_and_not_shown(faulty_service: FaultyService) -> None:
    faulty_service.answer = lambda *_: reply(b"", 500)
    url = f"{faulty_service.base_url}/files/forbidden?signature=hush".replace("//", "//user:hush@")
    where = Configuration(base_url=faulty_service.base_url, cache=NO_CACHE, max_attempts=1)
    row = execute(NODE, where, pd.DataFrame({"image": [url], "user": ["0"]}))[0].to_pylist()[0]
    assert "/files/forbidden cannot be fetched: it answered 403" in row["error"]
    assert "hush" not in row["error"]
    assert "authorization: Basic" in faulty_service.requests[0] or "Authorization: Basic" in faulty_service.requests[0]
