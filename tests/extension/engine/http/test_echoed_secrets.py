"""Services, proxies and debug pages repeat the headers they were sent; nothing of that is shown or kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.http.secrets import Secrets
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import EndpointError

from ..conftest import FaultyService, images, picture, reply

KEY, OTHER = "sk-marked-0123456789", "marked-header-9876543210"
FRAME = pd.DataFrame({"image": [picture()]})


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("result_format", ["simplified", "raw"])
def test_what_a_service_repeats_of_the_key_is_blotted_out_everywhere(
    faulty_service: FaultyService, status: int, result_format: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKED_KEY", KEY)
    monkeypatch.setenv("MARKED_HEADER", OTHER)

    def answer(*_: object) -> bytes:
        seen = re.findall(r"sk-\S+|marked-\S+", faulty_service.requests[-1])
        assert set(seen) == {KEY, OTHER}
        body = images(picture()) | {"debug": seen} if status == 200 else {"error": {"message": f"Denied: {seen}"}}
        return reply(body, status, x_request_id=seen[0], location=f"http://elsewhere.example/{seen[1]}")

    faulty_service.answer = answer
    said: list[Any] = []
    where = Configuration(
        base_url=faulty_service.base_url,
        credential="env:MARKED_KEY",
        headers={"X-Api-Key": "env:MARKED_HEADER"},
        max_attempts=2,
        cache=str(tmp_path),
    )
    node = CreateImageVariation(
        route="variations", on_error="continue", request_details=True, result_format=result_format
    )
    try:
        table, _ = execute(node, where, FRAME, observe=said.append, retrying=said.append, warn=said.append)
        said += table.to_pylist()
    except EndpointError as error:
        said.append(error)
    everything = " ".join(map(repr, said)) + " ".join(map(str, said))
    assert "[hidden]" in everything or status == 200
    for secret in (KEY, OTHER):
        assert secret not in everything
        assert not any(secret.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_short_secret_is_left_alone_because_it_is_a_word_as_well() -> None:
    response = Response(200, {}, json.dumps({"text": "none of this is a test"}).encode())
    assert Secrets(["none", "test"]).hidden(response) is response


def test_a_secret_that_holds_another_is_blotted_out_whole() -> None:
    response = Response(400, {"x": "abcdefghij-more"}, b"abcdefghij-more abcdefghij")
    hidden = Secrets(["abcdefghij", "abcdefghij-more"]).hidden(response)
    assert (hidden.body, hidden.headers) == (b"[hidden] [hidden]", {"x": "[hidden]"})
