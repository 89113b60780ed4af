import base64
import json
from collections.abc import Callable
from typing import Any, Literal

import httpx
import openai
import pytest
from pydantic import BaseModel, Field

MODEL = "sandbox-chat"


def ask(text: str) -> list[Any]:
    return [{"role": "system", "content": "Be short."}, {"role": "user", "content": text}]


def test_an_answer_says_where_it_comes_from_and_counts_tokens(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=ask("Name a fruit"))
    choice = answer.choices[0]
    content = choice.message.content or ""
    assert "sandbox" in content
    assert "Name a fruit" in content
    assert (choice.finish_reason, choice.message.refusal) == ("stop", None)
    assert answer.usage
    assert answer.usage.completion_tokens == len(content.split())
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_choices_differ_and_repeat(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": MODEL, "messages": ask("Hello"), "n": 3}
    contents = [choice.message.content for choice in client.chat.completions.create(**asked).choices]
    assert len(set(contents)) == 3
    assert contents == [choice.message.content for choice in client.chat.completions.create(**asked).choices]


def test_stop_and_token_limits_end_an_answer(client: openai.OpenAI) -> None:
    stopped = client.chat.completions.create(model=MODEL, messages=ask("Hello"), stop=["rules", "zzz"])
    assert stopped.choices[0].message.content == "The sandbox answers by plain "
    short = client.chat.completions.create(model="gpt-5.2", messages=ask("Hello"), max_completion_tokens=4)
    assert short.choices[0].finish_reason == "length"
    assert short.usage
    assert short.usage.completion_tokens == 4


def test_log_probabilities_come_one_for_each_token(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=ask("Hello"), logprobs=True, top_logprobs=0)
    assert answer.choices[0].logprobs
    assert answer.usage
    assert len(answer.choices[0].logprobs.content or []) == answer.usage.completion_tokens


def test_an_image_is_seen_by_its_size(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture(120, 70)).decode()
    parts: list[Any] = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}])
    assert "PNG image of 120 x 70" in (answer.choices[0].message.content or "")


class Leaf(BaseModel):
    colour: Literal["red", "green"]
    when: str | None


class Tree(BaseModel):
    name: str
    age: int = Field(ge=3, le=5)
    height: float = Field(gt=1, lt=2)
    leaves: list[Leaf] = Field(min_length=3)
    ripe: bool
    children: "list[Tree]"
    parent: "Tree | None"


def test_a_schema_is_answered_with_an_instance_the_official_client_accepts(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(model=MODEL, messages=ask("A tree"), response_format=Tree)
    tree = answer.choices[0].message.parsed
    assert tree
    assert 3 <= tree.age <= 5
    assert 1 < tree.height < 2
    assert len(tree.leaves) >= 3


def test_a_json_object_is_one_and_needs_the_word(client: openai.OpenAI) -> None:
    wanted: Any = {"type": "json_object"}
    answer = client.chat.completions.create(model=MODEL, messages=ask("As JSON"), response_format=wanted)
    assert json.loads(answer.choices[0].message.content or "")["sandbox"] is True
    with pytest.raises(openai.BadRequestError, match="'json'"):
        client.chat.completions.create(model=MODEL, messages=ask("Hello"), response_format=wanted)


TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("text", "choice", "called"),
    [
        ("Hello", "required", "tool_calls"),
        ("Hello", {"type": "function", "function": {"name": "weather"}}, "stop"),
        ("The weather?", "auto", "tool_calls"),
        ("Hello", "auto", None),
        ("The weather?", "none", None),
    ],
)
def test_a_tool_is_called_where_it_must_be(client: openai.OpenAI, text: str, choice: Any, called: str | None) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=ask(text), tools=[TOOL], tool_choice=choice)
    message = answer.choices[0].message
    if called:
        assert message.content is None
        call: Any = (message.tool_calls or [])[0]
        assert call.function.name == "weather"
        assert isinstance(json.loads(call.function.arguments)["city"], str)
        assert answer.choices[0].finish_reason == called
    else:
        assert message.content
        assert not message.tool_calls


def test_what_a_tool_returned_is_told_instead_of_calling_it_again(client: openai.OpenAI) -> None:
    messages = ask("The weather?")
    called = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL]).choices[0].message
    call = (called.tool_calls or [])[0]
    messages += [called.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}]
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=[TOOL]).choices[0].message
    assert "The function returned: 18 degrees." in (answer.content or "")


OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


def schema(content: Any, *, strict: bool = True) -> dict[str, Any]:
    named = {"name": "x", "schema": content, "strict": strict}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "user"}]}, 400, "messages[0].content"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, 400, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "x"}]}]}, 400, "messages[0].content[0].type"),
        ({"messages": None}, 400, "messages"),
        ({"temperature": 2.5}, 400, "temperature"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"n": 129}, 400, "n"),
        ({"stop": ["a"] * 5}, 400, "stop"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, 400, "max_tokens"),
        ({"max_tokens": 5, "model": "gpt-5.2"}, 400, "max_tokens"),
        ({"max_tokens": 5, "model": "o4-mini"}, 400, "max_tokens"),
        ({"model": ""}, 404, "model"),
        ({"unknown": 1}, 400, "unknown"),
        ({"reasoning_effort": "huge"}, 400, "reasoning_effort"),
        ({"stream_options": {"include_usage": True}}, 400, "stream_options"),
        ({"modalities": ["audio"]}, 400, "audio"),
        ({"top_logprobs": 2}, 400, "top_logprobs"),
        ({"tool_choice": "required"}, 400, "tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            400,
            "tool_choice",
        ),
        (schema(OPEN), 400, "response_format"),
        (schema(CLOSED), 400, "response_format"),
        (schema({"type": "object", "properties": {"a": OPEN}, "required": ["a"]}), 400, "response_format"),
        (schema({"$ref": "#"}, strict=False), 400, "response_format"),
        (schema({"$ref": "#/$defs/none"}, strict=False), 400, "response_format"),
    ],
)
def test_a_wrong_chat_request_is_refused(http: httpx.Client, fields: dict[str, Any], status: int, param: str) -> None:
    answer = http.post("/chat/completions", json={"messages": ask("Hello")} | fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (status, param), error


def test_a_broken_image_is_refused(http: httpx.Client) -> None:
    for url in ("data:image/png;base64,AAAA", "data:image/png;base64,?", "file:///etc/passwd"):
        parts = [{"type": "image_url", "image_url": {"url": url}}]
        answer = http.post("/chat/completions", json={"messages": [{"role": "user", "content": parts}]})
        assert answer.status_code == 400


def test_another_seed_of_the_sandbox_fills_a_schema_otherwise(sandbox_server: Callable[..., str]) -> None:
    texts = []
    for seed in (1, 2):
        with openai.OpenAI(base_url=sandbox_server(seed=seed), api_key="any") as client:
            wanted: Any = schema({"type": "array", "minItems": 9, "items": {"type": "number"}}, strict=False)
            answer = client.chat.completions.create(model=MODEL, messages=ask("Numbers"), **wanted)
            texts.append(answer.choices[0].message.content)
    assert texts[0] != texts[1]
