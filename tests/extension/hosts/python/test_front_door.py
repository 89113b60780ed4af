"""The front door: what ``import endpoint_nodes`` gives, and what its results can do."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import endpoint_nodes as en

EXAMPLES = Path(__file__).parents[4] / "examples"
SANDBOX = en.Configuration(base_url="sandbox:")


def test_importing_it_loads_nothing_else() -> None:
    script = "import sys, endpoint_nodes; print([n for n in sys.modules if n.startswith('endpoint_nodes.')])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_everything_it_lists_can_be_had() -> None:
    for name in dir(en):
        assert getattr(en, name) is not None
    assert {"run", "arun", "chat", "achat", "image_variation", "CreateImageVariation", "list_models"} <= set(dir(en))
    assert en.nodes.find_node("create-speech") is en.CreateSpeech
    assert en.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="endpoint_nodes has no 'chatt'"):
        en.chatt  # noqa: B018 - the attribute is what is tried


def test_each_node_is_a_function_with_its_fields_and_their_help() -> None:
    for name in ("chat", "achat", "embeddings"):
        function = getattr(en, name)
        assert {"model", "configuration", "limit"} <= inspect.signature(function).parameters.keys()
        assert "model: The model to use." in function.__doc__
    assert inspect.iscoroutinefunction(en.achat)


def test_a_list_of_prompts_becomes_a_table() -> None:
    result = en.chat(["Name a plum.", "Name a pear."], model="any", configuration=SANDBOX)
    assert (len(result), result.rows, result.failed) == (2, 2, 0)
    assert all(isinstance(text, str) for text in result["content"])
    assert isinstance(result.to_pandas(), pd.DataFrame)
    assert pl.DataFrame(result).height == len(result.to_pylist()) == 2


def test_a_run_without_a_configuration_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_NODES_BASE_URL", "sandbox:")
    result = en.run(en.ListModels())
    assert len(result) > 3
    assert result.configuration.base_url == "sandbox:"


def test_a_few_rows_can_be_tried_first() -> None:
    table = pa.table({"sku": [f"S{number}" for number in range(50)], "input": ["text"] * 50})
    result = en.embeddings(table, model="any", limit=3, id_column="sku", configuration=SANDBOX)
    assert result["row_id"] == ["S0", "S1", "S2"]


def test_a_table_of_another_encoding_and_delimiter_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "plums.csv").write_bytes("name;text\nPflaume;süß, leicht säuerlich\n".encode("latin-1"))
    result = en.embeddings(
        tmp_path / "plums.csv", input="{text}", model="any", delimiter=";", encoding="latin-1", configuration=SANDBOX
    )
    assert result.table.column("text").to_pylist() == ["süß, leicht säuerlich"]


def test_images_are_shown_and_saved(tmp_path: Path) -> None:
    result = en.image_variation(EXAMPLES / "images", n=2, size="256x256", fit="pad", limit=2, configuration=SANDBOX)
    assert result._repr_html_().count("<img") >= 4
    assert "2 rows" in repr(result)
    files = result.save_files(tmp_path / "pictures", "{row_id}_{index}")
    assert [file.name for file in files] == [
        f"{name}_{index}.png" for name in ("backpack", "chair") for index in (0, 1)
    ]
    assert pq.read_table(result.save(tmp_path / "out.parquet")).num_rows == 4
    with pytest.raises(en.EndpointError, match="must end in one of"):
        result.save(tmp_path)


def test_runs_go_side_by_side_in_an_event_loop() -> None:
    async def both() -> list[en.Result]:
        asked = (en.achat([f"Prompt {number}"], model="any", configuration=SANDBOX) for number in range(2))
        return await asyncio.gather(*asked)

    assert [len(result) for result in asyncio.run(both())] == [1, 1]


def test_a_cancelled_task_cancels_its_run() -> None:
    slow = en.Configuration(base_url="sandbox:?latency=60")

    async def cancel() -> None:
        task = asyncio.create_task(en.achat(["Hello"] * 100, model="any", configuration=slow))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())


def test_a_warning_is_a_python_warning(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes((EXAMPLES / "images/mug.png").read_bytes())
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    with pytest.warns(UserWarning, match="1 file was left out of the folder"):
        en.image_variation(tmp_path, size="256x256", fit="pad", configuration=SANDBOX)


def test_an_unknown_keyword_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="promt"):
        en.chat(promt="Hello", model="any", configuration=SANDBOX)  # type: ignore[call-arg]  # mypy sees it too


def test_columns_of_the_result_can_be_selected() -> None:
    table = pa.table({"sku": ["A", "B"], "prompt": ["plum", "pear"]})
    result = en.chat(table, model="any", select=["content", "sku"], configuration=SANDBOX)
    assert result.table.schema.names == ["content", "sku"]
    assert result["sku"] == ["A", "B"]
    with pytest.raises(en.EndpointError, match="no column 'contents' to select; did you mean 'content'"):
        en.chat(table, model="any", select=["contents"], configuration=SANDBOX)


def test_errors_and_warnings_write_fields_as_python_does(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server(key="k")
    with pytest.raises(en.RunStopped, match=r'Use `credential="env:OPENAI_API_KEY"` to send it to 127\.0\.0\.1'):
        en.chat(prompt="x", model="any", configuration=en.Configuration(base_url=url, cache="off"))
    with pytest.raises(en.EndpointError, match="on purpose: `repeat_request=True`"):
        en.chat(["a"], prompt="x", model="any", configuration=SANDBOX)
    with pytest.warns(UserWarning, match="`prompt` names a column in braces, but there is no table"):
        en.chat(prompt="Describe {name}", model="any", configuration=SANDBOX)
