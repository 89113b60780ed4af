"""What is known of models: which can do what, what they refuse, and how they spell a field."""

from typing import Any

import pytest

from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base.model_rules import (
    ABILITIES,
    RULES,
    WIRE_ALIASES,
    apply_wire_aliases,
    models_that,
    refusal,
)

LISTED = [
    *("gpt-4o-mini", "text-embedding-3-small", "whisper-1", "gpt-5.4", "gpt-image-2", "gpt-4o-realtime-preview"),
    *("gpt-4o-mini-tts", "omni-moderation-latest", "o4-mini", "gpt-4o-transcribe", "chatgpt-image-latest", "sora-2"),
    *("davinci-002", "meta/llama-3.1-8b-instruct", "bge-m3", "gpt-3.5-turbo-instruct"),
]


@pytest.mark.parametrize(
    ("ability", "offered"),
    [
        ("chat", ["gpt-5.4", "o4-mini", "gpt-4o-mini", "meta/llama-3.1-8b-instruct"]),
        ("make images", ["gpt-image-2", "chatgpt-image-latest"]),
        ("embed", ["text-embedding-3-small", "bge-m3"]),
        ("speak", ["gpt-4o-mini-tts"]),
        ("transcribe", ["gpt-4o-transcribe", "whisper-1"]),
        ("translate speech", ["whisper-1"]),
        ("moderate", ["omni-moderation-latest"]),
    ],
)
def test_a_field_offers_the_models_that_can(ability: str, offered: list[str]) -> None:
    assert models_that(ability)(LISTED) == offered


def test_of_unknown_names_all_are_offered() -> None:
    assert all(models_that(ability)(["mine", "yours"]) == ["mine", "yours"] for ability in ABILITIES)
    assert models_that("embed")([]) == []


@pytest.mark.parametrize(
    ("values", "route", "sentence"),
    [
        ({"model": "o3", "temperature": 0.5}, "completions", "o3 takes only 1; its sampling is fixed"),
        ({"model": "gpt-4.1", "reasoning_effort": "low"}, "completions", "gpt-4.1 does not take it"),
        ({"tool_choice": "auto"}, "completions", "needs tools"),
        ({"top_logprobs": 3}, "completions", "needs logprobs"),
        ({"model": "tts-1", "instructions": "Sing."}, "speech", "it came with gpt-4o-mini-tts"),
        ({"model": "tts-1-hd", "voice": "verse"}, "speech", "tts-1-hd takes alloy, ash"),
        ({"model": "text-embedding-3-small", "dimensions": 2000}, "embeddings", "must be at most 1536"),
        ({"model": "gpt-4o-transcribe", "response_format": "srt"}, "transcriptions", "takes only json"),
        ({"model": "whisper-1", "response_format": "diarized_json"}, "transcriptions", "whisper-1 takes json"),
        ({"timestamp_granularities": ["word"]}, "transcriptions", "needs response_format verbose_json"),
        ({"model": "gpt-image-2", "size": "100x100"}, "generations", "multiples of 16"),
        ({"model": "gpt-image-2", "size": "4096x2048"}, "generations", "at most 3840x2160"),
        ({"model": "gpt-image-2", "style": "vivid"}, "generations", "put the style into the prompt"),
        ({"model": "dall-e-3", "n": 2}, "generations", "dall-e-3 takes only 1"),
    ],
)
def test_what_a_model_refuses_is_a_sentence(values: dict[str, Any], route: str, sentence: str) -> None:
    assert sentence in refusal(values, route)
    assert refusal(values, route).endswith(".")
    if "model" in values:
        assert refusal({**values, "model": "of-my-own"}, route) == "", "unknown models are allowed through"


def test_every_rule_is_about_a_field_of_some_node() -> None:
    fields = {name for node in node_classes().values() for name in node.wire_fields()}
    assert {rule.field for rule in RULES} | {each.field for each in WIRE_ALIASES} <= fields
    routes = {route.route for node in node_classes().values() for route in (node.operation,)} | {"edits"}
    assert {rule.route for rule in RULES if rule.route} <= routes


def test_a_field_may_be_spelled_otherwise_or_go_without_saying() -> None:
    assert apply_wire_aliases({"model": "gpt-4", "max_completion_tokens": 5}) == {"model": "gpt-4", "max_tokens": 5}
    assert apply_wire_aliases({"model": "gpt-image-2", "response_format": "b64_json"}) == {"model": "gpt-image-2"}
    assert apply_wire_aliases({"response_format": "url"}) == {"response_format": "url"}
