"""What cannot be sent is found before anything is paid for: by one look at all rows and at the files they name."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.create_image_edit import CreateImageEdit
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.nodes.create_transcription import CreateTranscription
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput

from .conftest import images, picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def flipped() -> bytes:
    damaged = bytearray(picture())
    damaged[damaged.index(b"IDAT") + 8] ^= 1
    return bytes(damaged)


BAD = {
    "no image": (b"Just some text.", "cannot be read as an image"),
    "empty": (b"", "it is empty"),
    "cut": (jpeg()[:-300], "its end is missing"),
    "damaged": (flipped(), "its checksums do not fit"),
}


@pytest.fixture
def service(recorder: Callable[..., Any]) -> Any:
    return recorder(status=200, body=json.dumps(images(picture())).encode())


def frame(last: Any) -> pd.DataFrame:
    return pd.DataFrame({"image": [picture(0), picture(1), last]})


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("kind", ["bytes", "folder", "table of paths"])
def test_an_unfit_image_in_the_last_row_ends_the_run_before_the_first_request(
    service: Any, tmp_path: Path, name: str, kind: str
) -> None:
    content, problem = BAD[name]
    source: Any = frame(content)
    if kind != "bytes":
        for number, data in enumerate(source["image"]):
            (tmp_path / f"{number}.png").write_bytes(data)
        source = tmp_path
    if kind == "table of paths":
        (tmp_path / "table.csv").write_text("image\n0.png\n1.png\n2.png\n", encoding="utf-8")
        source = tmp_path / "table.csv"
    with pytest.raises(InvalidInput, match=rf"(2|line 4).*: image: .*cannot be sent: .*{problem}"):
        execute(CreateImageVariation(), Configuration(base_url=service.url, cache="off"), source)
    assert not service.requests


def test_a_file_that_is_not_there_ends_the_run_before_the_first_request(service: Any, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(picture())
    source = pd.DataFrame({"image": [str(tmp_path / "there.png"), "/nowhere/at-all.png"]})
    with pytest.raises(InvalidInput, match=r"Row 1: image: '/nowhere/at-all.png' does not exist"):
        execute(CreateImageVariation(), Configuration(base_url=service.url, cache="off"), source)
    assert not service.requests


def test_an_image_that_may_not_be_changed_is_refused_ahead_unless_another_route_takes_it(service: Any) -> None:
    where = Configuration(base_url=service.url, cache="off")
    with pytest.raises(InvalidInput, match=r"Row 2: image: .*it is JPEG, but"):
        execute(CreateImageVariation(fit="refuse", route="variations"), where, frame(jpeg()))
    assert not service.requests
    execute(CreateImageEdit(prompt="x", fit="refuse"), where, frame(jpeg()))
    assert len(service.requests) == 3


def test_a_recording_that_is_none_is_found_ahead(service: Any) -> None:
    source = pd.DataFrame({"file": [b"RIFF\x24\0\0\0WAVEfmt ", b"text"]})
    with pytest.raises(InvalidInput, match=r"Row 1: file: .*it is no recording"):
        execute(CreateTranscription(model="whisper-1"), Configuration(base_url=service.url, cache="off"), source)
    assert not service.requests


def test_where_failed_rows_do_not_end_the_run_they_are_counted_and_told_before_the_first_request(service: Any) -> None:
    told: list[str] = []

    def warn(sentence: str) -> None:
        assert not service.requests
        told.append(sentence)

    source = pd.DataFrame({"image": [b"text", picture(), b"", None]})
    node = CreateImageVariation(on_error="continue", missing_values="fail")
    table, _ = execute(node, Configuration(base_url=service.url, cache="off"), source, warn=warn)
    (sentence,) = (sentence for sentence in told if "cannot be sent" in sentence)
    assert sentence.startswith(
        "3 rows have something that cannot be sent, and will have an error in place of a result."
    )
    assert sentence.endswith("Row 0: image: image cannot be sent: it cannot be read as an image.")
    assert len(service.requests) == 1
    assert table.column("error").is_null().to_pylist() == [False, True, False, False]
