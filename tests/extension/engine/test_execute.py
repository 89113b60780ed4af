"""Runs of the first node through the whole engine, on the sandbox in-process and over a real socket."""

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from endpoint_nodes.extension.engine import execute, result_schema
from endpoint_nodes.extension.engine.io.inputs import open_input
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput, InvalidSetting, RequestFailed, RunStopped, StopReason

EXAMPLES = Path(__file__).parents[3] / "examples" / "images"
SANDBOX = Configuration(base_url="sandbox:")
STRICT = Configuration(base_url="sandbox:?strict_models=true")


def png(side: int = 64, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (side, side), 128 if mode == "L" else None).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_folder_becomes_a_table_of_variations() -> None:
    node = CreateImageVariation(n=2, size="256x256", fit="pad")
    table, configuration = execute(node, SANDBOX, EXAMPLES)
    assert configuration is SANDBOX
    assert table.column("row_id").to_pylist() == [p.name for p in sorted(EXAMPLES.iterdir()) for _ in range(2)]
    assert table.column("index").to_pylist() == [0, 1] * 8
    for data in table.column("image").to_pylist():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.size == (256, 256)
    repaired = dict(zip(table.column("row_id").to_pylist(), table.column("repaired").to_pylist(), strict=True))
    assert repaired["sneaker.png"] == "padded to 720 x 720"
    assert repaired["mug.png"] is None


@pytest.mark.parametrize("result_format", ["simplified", "structured", "raw"])
@pytest.mark.parametrize("on_error", ["fail", "continue"])
def test_the_schema_is_known_in_advance(result_format: str, on_error: str) -> None:
    fields: Any = {"result_format": result_format, "on_error": on_error}
    node = CreateImageVariation(**fields, request_details=True, keep_columns=False)
    table, _ = execute(node, SANDBOX, pd.DataFrame({"image": [png()]}))
    empty, _ = execute(node, SANDBOX, pd.DataFrame({"image": pd.Series([], dtype=object)}))
    opened = open_input(pd.DataFrame({"image": [png()]}), node)
    assert table.schema == empty.schema == result_schema(node, opened)
    assert (table.num_rows, empty.num_rows) == (1, 0)
    assert table.column("status").to_pylist() == [200]


def test_urls_are_fetched_and_rows_keep_their_order(sandbox_server: Callable[..., str]) -> None:
    frame = pd.DataFrame({"photo": [png(side) for side in range(40, 60)]}, index=[f"p{i}" for i in range(20)])
    node = CreateImageVariation(columns={"image": "photo"}, response_format="url", size="256x256", request_details=True)
    table, _ = execute(node, Configuration(base_url=sandbox_server()), frame)
    assert table.column("row_id").to_pylist() == list(frame.index)
    assert table.column("photo").to_pylist() == list(frame["photo"])
    assert all(url.startswith("http://127.0.0.1:") for url in table.column("url").to_pylist())
    assert all(data.startswith(b"\x89PNG") for data in table.column("image").to_pylist())


def test_a_service_without_variations_moves_the_run_to_edits_once() -> None:
    warnings: list[str] = []
    frame = pd.DataFrame({"image": [png(64), png(72), png(80)]})
    table, _ = execute(
        CreateImageVariation(), Configuration(base_url="sandbox:?like=openai"), frame, warn=warnings.append
    )
    assert table.column("route").to_pylist() == ["edits"] * 3
    assert warnings == ["The service has no /images/variations; the run goes on with /images/edits."]


def test_faults_are_retried(sandbox_server: Callable[..., str]) -> None:
    frame = pd.DataFrame({"image": [png(side) for side in range(32, 44)]})
    base_url = sandbox_server(failure_rate=0.3, seed=2)
    node = CreateImageVariation(size="256x256", request_details=True)
    table, _ = execute(node, Configuration(base_url=base_url, max_attempts=20), frame)
    assert table.column("image").null_count == 0
    assert max(table.column("attempts").to_pylist()) > 1


def test_continue_gives_the_row_an_error_and_fail_stops() -> None:
    frame = pd.DataFrame({"image": [png(), b"no image", png()]})
    table, _ = execute(CreateImageVariation(on_error="continue", keep_columns=False), SANDBOX, frame)
    assert table.column("image").is_null().to_pylist() == [False, True, False]
    assert table.column("error")[1].as_py() == "image: image cannot be sent: it cannot be read as an image."
    with pytest.raises(InvalidInput, match="Row 1: image: image cannot be sent"):
        execute(CreateImageVariation(), SANDBOX, frame)


def test_the_service_refuses_with_its_own_words() -> None:
    frame = pd.DataFrame({"image": [png()], "model": ["no-such-model"]})
    with pytest.raises(RequestFailed, match=r"Row 0: the service answered 404: .*no-such-model"):
        execute(CreateImageVariation(columns={"model": "model"}), STRICT, frame)


def test_a_model_that_the_service_lacks_stops_the_run_of_every_row() -> None:
    frame = pd.DataFrame({"image": [png()] * 9})
    node = CreateImageVariation(model="no-such-model", on_error="continue")
    with pytest.raises(RunStopped, match=r"no-such-model.*`list_models` shows") as stopped:
        execute(node, replace(STRICT, concurrency=1), frame)
    assert stopped.value.reason is StopReason.MODEL


def test_what_no_row_could_send_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(InvalidSetting, match="`size` is '123x456'"):
        execute(CreateImageVariation(size="123x456"), SANDBOX, pd.DataFrame({"image": [png()]}))
    with pytest.raises(InvalidInput, match="no column 'photo'"):
        execute(CreateImageVariation(columns={"image": "photo"}), SANDBOX, pd.DataFrame({"image": [png()]}))


def test_a_frame_may_hold_pillow_images_and_says_what_it_may_not_hold() -> None:
    frame = pd.DataFrame({"image": [Image.new("RGB", (64, 64)), png(), None]})
    table, _ = execute(CreateImageVariation(on_error="continue"), SANDBOX, frame)
    assert table.column("image").is_null().to_pylist() == [False, False, True]
    with pytest.raises(InvalidInput, match=r"The DataFrame cannot be read as a table \(.*column image"):
        execute(CreateImageVariation(), SANDBOX, pd.DataFrame({"image": [b"x", 1.5]}))


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    execute(CreateImageVariation(), SANDBOX, pd.DataFrame({"image": [png()]}))
    with pytest.raises(InvalidInput):
        execute(CreateImageVariation(), SANDBOX, pd.DataFrame({"image": [b""]}))
    assert threading.active_count() == before
