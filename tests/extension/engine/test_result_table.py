"""Result tables: input columns first, a user's names win, and names do not pile up in chains."""

import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import Execution, execute
from endpoint_nodes.extension.engine.io.rows import ReadOptions
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image import CreateImage
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")
CARS = pa.table({"model": ["Beetle", "Mini"], "prompt": ["What is a Beetle?", "What is a Mini?"]})


def chat(**fields: object) -> CreateChatCompletion:
    return CreateChatCompletion(**{"model": "any", **fields})  # type: ignore[arg-type]


def test_a_users_column_keeps_its_name_and_ours_is_called_after_the_node() -> None:
    table, _ = execute(chat(request_details=True), SANDBOX, CARS)
    assert table.column("model").to_pylist() == ["Beetle", "Mini"]
    assert table.column("chat_model").null_count == 0
    assert not [name for name in table.schema.names if "#" in name]


def test_an_answer_column_is_called_what_the_user_called_it() -> None:
    node = chat(answer_columns={"content": "text", "index": "integer"}, keep_columns=False)
    table, _ = execute(node, SANDBOX, CARS)
    assert table.schema.names[:3] == ["row_id", "content", "index"]
    assert {"chat_content", "chat_index"} <= set(table.schema.names)


def test_three_chained_nodes_leave_names_that_can_be_read() -> None:
    prompts = pa.table({"sku": ["A", "B"], "prompt": ["A lamp", "A mug"]})
    drawn, _ = execute(CreateImage(size="256x256"), SANDBOX, prompts)
    varied, _ = execute(CreateImageVariation(size="256x256", fit="pad", columns={"image": "image"}), SANDBOX, drawn)
    said, _ = execute(chat(columns={"prompt": "prompt"}), SANDBOX, varied)
    names = said.schema.names
    assert names[:3] == ["sku", "prompt", "row_id"]
    assert len(names) == len(set(names))
    assert {"image", "image_variation_image", "content"} <= set(names)
    assert not [name for name in names if "#" in name or name.endswith("_2")]
    assert said.column("sku").to_pylist() == ["A", "B"]


def test_a_second_node_of_the_same_kind_loses_nothing_of_the_first() -> None:
    once, _ = execute(chat(), SANDBOX, CARS)
    twice, _ = execute(chat(), SANDBOX, once)
    thrice, _ = execute(chat(), SANDBOX, twice)
    assert {"content", "chat_content", "chat_content_2"} <= set(thrice.schema.names)
    assert thrice.column("content").to_pylist() == once.column("content").to_pylist()


def test_columns_can_be_selected() -> None:
    with Execution(chat(), SANDBOX, CARS, select=["content", "model"]) as execution:
        table = pa.Table.from_batches(list(execution))
    assert table.schema.names == ["content", "model"]
    with pytest.raises(InvalidSetting, match="no column 'contnt' to select; did you mean 'content'"):
        Execution(chat(), SANDBOX, CARS, select=["contnt"])


def test_the_ids_that_a_first_node_gave_its_rows_stay_theirs() -> None:
    once, _ = execute(chat(), SANDBOX, CARS, reading=ReadOptions(id_column="model"))
    twice, _ = execute(chat(prompt="{content}"), SANDBOX, once)
    assert twice.column("row_id").to_pylist() == ["Beetle", "Mini"]
    assert twice.schema.names.count("row_id") == 1


def test_how_a_response_was_made_stands_at_the_end_where_it_is_asked_for() -> None:
    usual, _ = execute(chat(keep_columns=False), SANDBOX, CARS)
    assert usual.schema.names == ["row_id", "content", "refusal", "tool_calls", "index"]
    detailed, _ = execute(chat(keep_columns=False, request_details=True), SANDBOX, CARS)
    assert detailed.schema.names[:5] == usual.schema.names
    assert {"finish_reason", "model", "usage", "status", "tokens", "cost"} <= set(detailed.schema.names[5:])
    asked, _ = execute(chat(keep_columns=False, logprobs=True), SANDBOX, CARS)
    assert "logprobs" in asked.schema.names, "what the request asks for is no detail"
