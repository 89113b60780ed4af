"""POST /responses, through the official client."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

MODEL = "gpt-4.1"
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def test_a_response_says_where_it_comes_from_and_counts_tokens(client: openai.OpenAI) -> None:
    answer = client.responses.create(model=MODEL, input="Name a fruit", instructions="Be short.")
    assert "The sandbox answers by plain rules" in answer.output_text
    assert "Name a fruit" in answer.output_text
    assert (answer.status, answer.model, answer.instructions) == ("completed", MODEL, "Be short.")
    assert answer.usage
    assert answer.usage.output_tokens == len(answer.output_text.split())
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_messages_images_and_earlier_answers_are_read(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture(120, 70)).decode()
    earlier = client.responses.create(model=MODEL, input="Hi", tools=[WEATHER], tool_choice="required")
    call: Any = earlier.output[0]
    items: Any = [
        {"role": "developer", "content": "Be kind."},
        *(item.to_dict() for item in earlier.output),
        {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What?"},
                {"type": "input_image", "image_url": url, "detail": "low"},
            ],
        },
    ]
    answer = client.responses.create(model=MODEL, input=items)
    assert "PNG image of 120 x 70" in answer.output_text
    assert answer.output_text.endswith("You wrote: What?")


def test_a_response_in_the_background_is_polled(client: openai.OpenAI) -> None:
    begun = client.responses.create(model=MODEL, input="Name a fruit", background=True)
    assert (begun.status, begun.output, begun.usage) == ("queued", [], None)
    assert client.responses.retrieve(begun.id).status == "in_progress"
    answer = client.responses.retrieve(begun.id)
    assert answer.status == "completed"
    assert answer.output_text.endswith("You wrote: Name a fruit")
    with pytest.raises(openai.NotFoundError, match="No job with id 'resp_sandbox_0' found"):
        client.responses.retrieve("resp_sandbox_0")
    with pytest.raises(openai.BadRequestError, match="Background responses are stored"):
        client.responses.create(model=MODEL, input="Name a fruit", background=True, store=False)


def test_what_a_function_returned_is_told_instead_of_calling_it_again(client: openai.OpenAI) -> None:
    items: Any = [{"role": "user", "content": "The weather?"}]
    called: Any = client.responses.create(model=MODEL, input=items, tools=[WEATHER]).output[0]
    items += [
        called.to_dict(),
        {"type": "function_call_output", "call_id": called.call_id, "output": "18 degrees"},
    ]
    answer = client.responses.create(model=MODEL, input=items, tools=[WEATHER])
    assert "The function returned: 18 degrees." in answer.output_text


class Fruit(BaseModel):
    name: str
    ripe: bool


def test_a_schema_is_answered_with_a_sample_the_official_client_parses(client: openai.OpenAI) -> None:
    assert client.responses.parse(model=MODEL, input="A fruit", text_format=Fruit).output_parsed
    form: Any = {"format": {"type": "json_object"}}
    answer = client.responses.create(model=MODEL, input="As JSON", text=form)
    assert json.loads(answer.output_text)["sandbox"] is True


def test_a_function_is_called_where_it_must_be(client: openai.OpenAI) -> None:
    wanted: Any = {"type": "function", "name": "weather"}
    for text, choice in (("Hello", wanted), ("The weather?", "auto"), ("Hello", "required")):
        call: Any = client.responses.create(model=MODEL, input=text, tools=[WEATHER], tool_choice=choice).output[0]
        assert (call.type, call.name) == ("function_call", "weather")
        assert list(json.loads(call.arguments)) == ["city"]
    assert client.responses.create(model=MODEL, input="Hello", tools=[WEATHER]).output_text


def test_a_limit_of_tokens_leaves_a_response_incomplete(client: openai.OpenAI) -> None:
    answer = client.responses.create(model=MODEL, input="word " * 50, max_output_tokens=16)
    assert (answer.status, len(answer.output_text.split())) == ("incomplete", 16)
    assert answer.incomplete_details
    assert answer.incomplete_details.reason == "max_output_tokens"


def test_the_events_of_a_stream_add_up_to_the_response_that_is_not_streamed(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": MODEL, "input": "Name  a fruit", "include": ["message.output_text.logprobs"]}
    events = list(client.responses.create(**asked, stream=True))
    whole = client.responses.create(**asked)
    assert [event.type for event in events if not event.type.endswith("delta")] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert "".join(event.delta for event in deltas) == whole.output_text
    assert all(event.logprobs for event in deltas)
    assert events[-1].type == "response.completed"
    assert events[-1].response.output == whole.output
    assert events[-1].response.usage == whole.usage


def test_the_stream_helper_of_the_official_client_gathers_text_and_calls(client: openai.OpenAI) -> None:
    with client.responses.stream(model=MODEL, input="A fruit", text_format=Fruit) as stream:
        assert stream.get_final_response().output_parsed
    with client.responses.stream(model=MODEL, input="The weather?", tools=[WEATHER]) as stream:
        events = list(stream)
        call: Any = stream.get_final_response().output[0]
    pieces = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(pieces) == call.arguments


OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": [{"content": "Hi"}]}, "input[0].role"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
        ({"input": [{"role": "user", "content": [{"type": "image_url"}]}]}, "input[0].content[0].type"),
        ({"max_output_tokens": 15}, "max_output_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"messages": []}, "messages"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"stream_options": {}}, "stream_options"),
        ({"text": {"format": {"type": "json_object"}}}, "input"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x", "schema": OPEN, "strict": True}}},
            "text.format.schema",
        ),
    ],
)
def test_a_wrong_request_for_a_response_is_refused(http: httpx.Client, fields: dict[str, Any], param: str) -> None:
    answer = http.post("/responses", json={"input": "Hello"} | fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, param), error
