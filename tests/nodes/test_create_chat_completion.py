"""Chat: typed columns from answers, images, whole conversations, and what models call a field."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from endpoint_nodes.extension.engine import execute, result_schema
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.base.media.audio import sniff_audio
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion as Chat
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import BadResponse, InvalidInput, InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")
EXAMPLES = Path(__file__).parents[2] / "examples" / "images"
PROMPTS = pd.DataFrame({"prompt": ["Rome", "Oslo"]})
COLUMNS = {"city": "text", "people": "integer", "area": "number", "capital": "boolean", "rivers": "list"}
SCHEMA = {
    "title": "A city",
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "name of the city"},
        "people": {"type": ["integer", "null"]},
        "size": {"enum": ["small", "large"]},
        "error": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "mayor": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
    "required": ["city"],
}


def chat(**fields: Any) -> Chat:
    return Chat(**{"model": "sandbox-chat", **fields})


def payload(node: Chat) -> Mapping[str, Any]:
    call = node.call()
    request = call.request(call.routes()[0])
    return request.values  # noqa: PD011 - no DataFrame


def answered(content: str | None, **message: Any) -> Response:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **message}}
    return Response(200, {}, json.dumps({"id": "c", "choices": [choice], "created": 1, "model": "m"}).encode())


def test_names_and_types_become_typed_columns() -> None:
    node = chat(answer_columns=COLUMNS, keep_columns=False)
    table, _ = execute(node, SANDBOX, PROMPTS)
    assert table.schema == result_schema(node, None).insert(0, table.schema.field("row_id"))
    assert table.schema.types[1:6] == [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.string()]
    for row in table.to_pylist():
        answer = json.loads(row["content"])
        assert {name: row[name] for name in ("city", "people", "area", "capital")} == {
            name: answer[name] for name in ("city", "people", "area", "capital")
        }
        assert json.loads(row["rivers"]) == answer["rivers"]


@pytest.mark.parametrize(
    "setting",
    [
        {"answer_columns": SCHEMA},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}}},
    ],
)
def test_a_json_schema_becomes_typed_columns(setting: dict[str, Any]) -> None:
    node = chat(**setting, request_details=True, keep_columns=False)
    table, _ = execute(node, SANDBOX, PROMPTS)
    assert table.schema.names[1:6] == ["city", "people", "size", "error", "mayor"]
    assert table.schema.types[1:6] == [pa.string(), pa.int64(), pa.string(), pa.float64(), pa.string()]
    assert table.column("city").null_count == 0
    assert table.column("chat_error").null_count == 2
    assert next(column for column in node.result_columns() if column.name == "city").help.endswith(".")


def test_a_schema_is_asked_for_strictly_where_it_allows_that() -> None:
    sent = chat(prompt="Rome", answer_columns=COLUMNS)
    wanted = payload(sent)["response_format"]["json_schema"]
    assert (wanted["name"], wanted["strict"]) == ("answer", True)
    loose = chat(prompt="Rome", answer_columns=SCHEMA)
    wanted = payload(loose)["response_format"]["json_schema"]
    assert (wanted["name"], wanted["strict"], wanted["schema"]) == ("A_city", False, SCHEMA)


def test_an_answer_that_does_not_fit_is_its_rows_error_and_its_text_is_kept() -> None:
    frame = pd.DataFrame({"prompt": ["Rome", "Oslo"], "tokens": [None, 1]})
    given: dict[str, Any] = {"answer_columns": COLUMNS, "columns": {"max_completion_tokens": "tokens"}}
    table, _ = execute(chat(**given, on_error="continue", request_details=True), SANDBOX, frame)
    good, bad = table.to_pylist()
    assert good["error"] is None
    assert good["people"] is not None
    assert bad["error"].startswith("the answer is not JSON: ")
    assert bad["error"].endswith("(it ended by length)")
    assert (bad["people"], bad["finish_reason"], bad["attempts"], bad["status"]) == (None, "length", 1, 200)
    assert bad["content"].startswith("{")
    with pytest.raises(BadResponse, match="Row 1: the answer is not JSON"):
        execute(chat(**given), SANDBOX, frame)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answered('{"city": 5}'), "does not fit the schema at $.city: 5 is not of type 'string'"),
        (answered('{"people": 5}'), "does not fit the schema at $: 'city' is a required property"),
        (answered("[1]"), "does not fit the schema at $: [1] is not of type"),
        (answered(None, refusal="I will not."), "the model refuses: 'I will not.'"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(answer: Response, error: str) -> None:
    row = chat(answer_columns=SCHEMA).call().rows(answer)[0]
    assert error in row["error"]


def test_an_answer_that_fits_has_no_error() -> None:
    node = chat(answer_columns=SCHEMA)
    row = node.call().rows(answered('{"city": "Rome", "people": null, "error": 2, "more": 1}'))[0]
    assert "error" not in row
    assert (row["city"], row["people"], row["error (#1)"], row["mayor"]) == ("Rome", None, 2.0, None)
    called = node.call().rows(answered(None, tool_calls=[{"id": "1"}]))[0]
    assert "error" not in called


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"city": "word"}, "'city' has the type 'word'"),
        ({"city": 5}, "'city' has the type 5"),
        ({"properties": {"city": {"type": "word"}}}, "is not a JSON schema"),
    ],
)
def test_columns_that_are_none_are_refused(columns: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSetting, match="answer_columns") as refused:
        chat(answer_columns=columns)
    assert sentence in str(refused.value)
    with pytest.raises(InvalidSetting, match="both set"):
        chat(answer_columns=COLUMNS, response_format={"type": "text"})


def test_images_and_a_system_message_go_with_the_prompt() -> None:
    table, _ = execute(
        chat(prompt="What is it?", system="Be brief.", images=[EXAMPLES / "mug.png", EXAMPLES / "plant.jpg"]),
        SANDBOX,
    )
    assert "a PNG image of 512 x 512, a JPEG image" in table.column("content")[0].as_py()
    folder, _ = execute(chat(prompt="What is it?"), SANDBOX, EXAMPLES)
    assert folder.num_rows == 8
    assert all("It sees a" in text for text in folder.column("content").to_pylist())


def test_a_list_of_images_may_be_a_list_cell_or_json_text() -> None:
    paths = [str(EXAMPLES / "mug.png"), str(EXAMPLES / "lamp.png")]
    node = chat(prompt="Compare", columns={"images": "photos"})
    for cell in (paths, json.dumps(paths)):
        table, _ = execute(node, SANDBOX, pa.table({"photos": [cell]}))
        assert table.column("content")[0].as_py().count("PNG image") == 2
    table, _ = execute(node, SANDBOX, pa.table({"photos": pa.array([[], None], pa.list_(pa.string()))}))
    assert not any("image" in text for text in table.column("content").to_pylist())


def test_messages_may_be_a_column_of_lists(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    talks = [
        [{"role": "user", "content": [{"type": "text", "text": "Look"}, picture]}],
        [{"role": "user", "name": "Ann", "content": [{"type": "text", "text": "Bye"}]}],
    ]
    place = tmp_path / "talks.jsonl"
    place.write_text("".join(json.dumps({"messages": talk}) + "\n" for talk in talks))
    table, _ = execute(chat(), SANDBOX, place)
    assert [text.rsplit(" ", 1)[-1] for text in table.column("content").to_pylist()] == ["Look", "Bye"]


def test_messages_stand_for_the_prompt() -> None:
    talk = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Bye"},
    ]
    both = pd.DataFrame({"messages": [json.dumps(talk)], "question": ["Why?"]})
    table, _ = execute(chat(columns={"prompt": "question"}), SANDBOX, both)
    assert table.column("content")[0].as_py().endswith("You wrote: Why?")
    frame = pd.DataFrame({"talk": [json.dumps(talk), "[5]", None]})
    table, _ = execute(chat(columns={"messages": "talk"}, on_error="continue"), SANDBOX, frame)
    assert table.column("content")[0].as_py().endswith("You wrote: Bye")
    errors = table.column("error").to_pylist()
    assert errors[1] == "`messages` must be a JSON object, not 5."
    assert errors[2].startswith("`prompt` is missing")
    with pytest.raises(InvalidSetting, match="cannot go with messages"):
        execute(chat(prompt="Hello", messages=talk), SANDBOX)
    with pytest.raises(InvalidInput, match="no column 'prompt'"):
        execute(chat(), SANDBOX, frame)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (None, "max_completion_tokens"),
        ("gpt-5.2", "max_completion_tokens"),
        ("gpt-4.1-mini", "max_completion_tokens"),
        ("of-my-own", "max_completion_tokens"),
        ("gpt-4", "max_tokens"),
        ("gpt-3.5-turbo", "max_tokens"),
        ("meta/Llama-3.1-8B-Instruct", "max_tokens"),
    ],
)
def test_the_limit_of_tokens_has_the_name_its_model_knows(model: str | None, name: str) -> None:
    node = chat(prompt="Hello", model=model, max_completion_tokens=7)
    sent = payload(node)
    assert sent[name] == 7
    assert len(sent.keys() & {"max_tokens", "max_completion_tokens"}) == 1


def test_spoken_answers_are_recordings_beside_their_text() -> None:
    node = chat(prompt="{prompt}", audio_voice="coral", audio_format="wav", n=2)
    table, _ = execute(node, SANDBOX, [{"prompt": "Hello"}])
    assert table.schema.names[2:4] == ["content", "audio"]
    for row in table.to_pylist():
        assert row["content"].endswith("You wrote: Hello")
        assert sniff_audio(row["audio"]) == "audio/wav"
    assert payload(node)["modalities"] == ["text", "audio"]
    assert payload(node)["audio"] == {"voice": "coral", "format": "wav"}


@pytest.mark.parametrize(("data", "error"), [("%%%", "not base64"), (None, None)])
def test_a_spoken_answer_without_sound_is_no_recording(data: str | None, error: str | None) -> None:
    message = {"content": None, "audio": {"data": data, "transcript": "Hi"}}
    body = json.dumps({"choices": [{"message": message}]}).encode()
    call = chat(prompt="Hello", audio_voice="coral").call()
    if error:
        with pytest.raises(BadResponse, match=error):
            call.rows(Response(200, {}, body))
    else:
        (row,) = call.rows(Response(200, {}, body))
        assert (row["content"], row["audio"]) == ("Hi", None)
