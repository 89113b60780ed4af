"""A node in a Ray Data pipeline: read_parquet, the node, write_parquet."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray.data

from endpoint_nodes.extension.hosts.ray_data import ray_stage
from endpoint_nodes.nodes.create_embeddings import CreateEmbeddings
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

NODE = CreateEmbeddings(model="sandbox-embedding", dimensions=4, rows_per_request=1, keep_columns=True)


def test_a_stage_of_a_pipeline(
    sandbox_server: Callable[..., str],
    requested: Callable[[str], list[dict[str, Any]]],
    texts: Callable[[int], pa.Table],
    tmp_path: Path,
) -> None:
    base_url = sandbox_server()
    (tmp_path / "texts").mkdir()
    for part in range(4):
        pq.write_table(texts(200).slice(50 * part, 50), tmp_path / "texts" / f"{part}.parquet")
    configuration = Configuration(base_url=base_url, cache=str(tmp_path / "cache"), max_requests=300)
    ray.data.DataContext.get_current().execution_options.preserve_order = True  # else batches differ between runs
    for out in ("first", "again"):
        stage = ray_stage(NODE, configuration, workers=2)
        dataset = ray.data.read_parquet(str(tmp_path / "texts"), override_num_blocks=4)
        dataset.map_batches(stage, batch_format="pyarrow", batch_size=25, concurrency=2).write_parquet(
            str(tmp_path / out)
        )
        found = pq.read_table(tmp_path / out)
        assert sorted(found["input"].to_pylist()) == sorted(texts(200)["input"].to_pylist())
        assert {len(cell) for cell in found["embedding"].to_pylist()} == {4}
    times = Counter(request["idempotency_key"] for request in requested(base_url))
    assert set(times.values()) == {1}, "the second pipeline takes every answer from the cache"
    assert len(times) == 200


def test_equal_rows_of_different_batches_share_their_responses(
    sandbox_server: Callable[..., str], requested: Callable[[str], list[dict[str, Any]]], tmp_path: Path
) -> None:
    base_url = sandbox_server(latency=0.2)
    stage = ray_stage(NODE, Configuration(base_url=base_url, cache=str(tmp_path / "cache")), workers=2)
    dataset = ray.data.from_items([{"input": "the same"}] * 16, override_num_blocks=4)
    found = dataset.map_batches(stage, batch_format="pyarrow", batch_size=4, concurrency=2).take_all()
    assert len(found) == 16
    assert len(requested(base_url)) == 4


def test_there_must_be_enough_to_share() -> None:
    with pytest.raises(InvalidSetting, match="workers is 4"):
        ray_stage(NODE, Configuration(base_url="sandbox:", concurrency=3), workers=4)
