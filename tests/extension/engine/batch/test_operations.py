"""Images, embeddings and other operations in batches."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from PIL import Image

from endpoint_nodes.extension.engine.batch.photos import MAX_DATA_URL
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.nodes.create_moderation import CreateModeration
from endpoint_nodes.port_types.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from endpoint_nodes.nodes.base import Node

    from .conftest import Service


def picture(number: int, form: str = "PNG", side: int = 32) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (number % 256, number // 256, 90)).save(stream, form)
    return stream.getvalue()


def photos(number: int) -> pa.Table:
    return pa.table({"image": [picture(row) for row in range(number)]})


def test_variations_go_as_edits(service: Callable[..., Service]) -> None:
    sandbox = service()
    node = CreateImageVariation(model="gpt-image-1-mini", size="1024x1024", on_error="continue")
    table, summary = sandbox.run(photos(12), node)
    assert summary.failed == 0
    assert table.equals(sandbox.live(photos(12), node))
    assert {batch["endpoint"] for batch in sandbox.batches()} == {"/v1/images/edits"}


def test_where_variations_would_be_sent_live_edits_are_in_a_batch(service: Callable[..., Service]) -> None:
    table, _ = service().run(photos(2), CreateImageVariation(model="dall-e-2"))
    assert table.column("route").to_pylist() == ["edits", "edits"]


def test_variations_themselves_are_refused(service: Callable[..., Service]) -> None:
    with pytest.raises(EndpointError, match=r"/images/variations cannot be sent in a batch; say `delivery=live`"):
        service().run(photos(1), CreateImageVariation(model="dall-e-2", route="variations"))


def test_a_photo_that_is_too_large_for_a_line_is_uploaded(service: Callable[..., Service]) -> None:
    sandbox = service()
    content = picture(1) + bytes(MAX_DATA_URL)  # behind its end, a PNG may hold anything
    node = CreateImageVariation(model="gpt-image-1-mini")
    table, _ = sandbox.run(pa.table({"image": [content, picture(2)]}), node)
    assert sandbox.requests()["POST /files"] == 2
    assert sandbox.files() == []
    assert table.column("image").null_count == 0


@pytest.mark.parametrize(
    ("node", "source"),
    [
        (CreateEmbeddings(model="text-embedding-3-small", rows_per_request=1), {"input": ["a", "b", "a"]}),
        (CreateModeration(model="omni-moderation-latest"), {"input": ["a", "b"]}),
        (CreateImage(model="gpt-image-1-mini"), {"prompt": ["a fig", "a plum"]}),
    ],
)
def test_other_operations(service: Callable[..., Service], node: Node, source: dict[str, Any]) -> None:
    sandbox = service()
    table, _ = sandbox.run(pa.table(source), node)
    live = sandbox.live(pa.table(source), node)
    different = [name for name in ("id",) if name in table.column_names]
    assert table.drop_columns(different).equals(live.drop_columns(different))


def test_each_text_has_a_line_of_its_own_however_many_share_a_live_request(service: Callable[..., Service]) -> None:
    sandbox = service()
    source = pa.table({"input": [f"text {row}" for row in range(150)]})
    table, _ = sandbox.run(source, CreateEmbeddings(model="text-embedding-3-small"))
    live = sandbox.live(source, CreateEmbeddings(model="text-embedding-3-small"))
    assert table.column("embedding").equals(live.column("embedding"))
    assert sandbox.batches()[0]["request_counts"]["total"] == 150
