"""Columns of the input that a result keeps: of any type, written in any format or refused before anything is sent."""

from __future__ import annotations

import datetime as dt
import decimal
import gc
import json
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.engine.io.outputs import OUTPUT_SUFFIXES, check_output, write_table
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput, InvalidSetting, RunStopped, StopReason

if TYPE_CHECKING:
    from pathlib import Path

NODE, SANDBOX = CreateChatCompletion(model="m"), Configuration(base_url="sandbox:")
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, 678_000)  # noqa: DTZ001 - as tables have them

COLUMNS: dict[str, Any] = {
    "time in nanoseconds": pa.array([1, 1_234_567_891], pa.timestamp("ns")),
    "time with a zone": pa.array([NOW, None], pa.timestamp("us", "Europe/Berlin")),
    "days": pa.array([NOW.date(), None]),
    "days in milliseconds": pa.array([NOW.date(), None], pa.date64()),
    "time of day": pa.array([NOW.time()]),
    "time of day in nanoseconds": pa.array([1], pa.time64("ns")),
    "durations": pa.array([1, 1001], pa.duration("ns")),
    "decimals": pa.array([decimal.Decimal("1.10")]),
    "long decimals": pa.array([decimal.Decimal("1.10")], pa.decimal256(50, 2)),
    "categories": pa.array(["a", "b"]).dictionary_encode(),
    "lists": pa.array([[1, 2], None]),
    "lists of one length": pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    "records": pa.array([{"a": 1, "b": NOW.date()}]),
    "records with times": pa.array([[{"t": 1}]], pa.list_(pa.struct([("t", pa.timestamp("ns"))]))),
    "maps": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
    "bytes": pa.array([b"\xff", None]),
    "large bytes": pa.array([b"a"], pa.large_binary()),
    "bytes of one length": pa.array([b"ab"], pa.binary(2)),
    "large text": pa.array(["a"], pa.large_string()),
    "views of text": pa.array(["a"], pa.string_view()),
    "nothing": pa.nulls(2),
    "half floats": pa.array([np.float16(1.5)], pa.float16()),
    "the largest number": pa.array([2**64 - 1], pa.uint64()),
    "what is not a number": pa.array([float("nan"), float("inf")]),
    "spans of months": pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["a"])),
    "unions": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]),
    "bytes for booleans": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0], pa.int8())),
    "years that Python lacks": pa.array([2**62], pa.timestamp("us")),
}
REFUSED = {"unions", "bytes for booleans", "years that Python lacks"}
REFUSED_BY_PARQUET = {"spans of months", "runs"}


def table(name: str) -> pa.Table:
    return pa.table({"prompt": ["Hello"] * len(COLUMNS[name]), "kept": COLUMNS[name]})


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
@pytest.mark.parametrize("name", sorted(COLUMNS.keys() - REFUSED))
def test_a_column_of_any_type_is_written_or_refused_before(name: str, suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"out{suffix}"
    with Execution(NODE, SANDBOX, table(name)) as execution:
        if name in REFUSED_BY_PARQUET and suffix == ".parquet":
            with pytest.raises(InvalidInput, match="cannot hold this table"):
                check_output(out, execution.schema)
            return
        check_output(out, execution.schema)
        write_table(out, execution.schema, execution)
    assert out.stat().st_size


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_column_that_cannot_be_kept_is_refused_and_may_be_left_out(name: str) -> None:
    with pytest.raises((InvalidSetting, InvalidInput), match=r"which a result cannot keep|cannot be read"):
        execute(NODE, SANDBOX, table(name))
    if name != "years that Python lacks":
        result, _ = execute(CreateChatCompletion(model="m", keep_columns=False), SANDBOX, table(name))
        assert result.num_rows == 2


def test_times_in_nanoseconds_are_written_as_text_where_a_format_has_no_times(tmp_path: Path) -> None:
    with Execution(NODE, SANDBOX, table("time in nanoseconds")) as execution:
        write_table(tmp_path / "out.jsonl", execution.schema, execution)
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kept"] for line in lines] == [
        "1970-01-01T00:00:00.000000001",
        "1970-01-01T00:00:01.234567891",
    ]


def test_a_disk_that_is_full_when_the_result_is_written_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    schema = pa.schema([("a", pa.int64())])
    batches = [pa.record_batch([list(range(10_000))], schema=schema)] * 50
    try:
        for suffix in (".csv", ".parquet", ".arrow", ".xlsx"):
            with pytest.raises(RunStopped, match=r"cannot be written \(No space left on device\)") as stopped:
                write_table(tmp_path / f"out{suffix}", schema, batches)
            assert stopped.value.reason is StopReason.STORAGE
            assert not list(tmp_path.iterdir())
            gc.collect()  # what was left open would end in a traceback now
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
