"""What is known of models: which can do what, what they refuse, and how they spell a field."""

from typing import Any

import pytest

from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base.model_rules import CHAT_ALIASES, GPT_IMAGE_ALIASES
from endpoint_nodes.nodes.base.rules import apply_wire_aliases, first_violation

NODES = node_classes()

LISTED = [
    *("gpt-4o-mini", "text-embedding-3-small", "whisper-1", "gpt-5.4", "gpt-image-2", "gpt-4o-realtime-preview"),
    *("gpt-4o-mini-tts", "omni-moderation-latest", "o4-mini", "gpt-4o-transcribe", "chatgpt-image-latest", "sora-2"),
    *("davinci-002", "meta/llama-3.1-8b-instruct", "bge-m3", "gpt-3.5-turbo-instruct"),
]


@pytest.mark.parametrize(
    ("node", "offered"),
    [
        ("create_chat_completion", ["gpt-5.4", "o4-mini", "gpt-4o-mini", "meta/llama-3.1-8b-instruct"]),
        ("create_image", ["gpt-image-2", "chatgpt-image-latest"]),
        ("create_embeddings", ["text-embedding-3-small", "bge-m3"]),
        ("create_speech", ["gpt-4o-mini-tts"]),
        ("create_transcription", ["gpt-4o-transcribe", "whisper-1"]),
        ("create_translation", ["whisper-1"]),
        ("create_moderation", ["omni-moderation-latest"]),
    ],
)
def test_a_field_offers_the_models_that_can(node: str, offered: list[str]) -> None:
    assert offers(node, LISTED) == offered
    assert offers(node, ["mine", "yours"]) == ["mine", "yours"], "of unknown names all are offered"
    assert offers(node, []) == []


def offers(node: str, listed: list[str]) -> list[str]:
    suggestions = NODES[node].fields()["model"].suggestions
    assert callable(suggestions)
    return suggestions(listed)


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
    rules = next(taken.rules for node in NODES.values() for taken in node.routes if taken.name == route)
    said = first_violation(rules, values, route) or ""
    assert sentence in said
    assert said.endswith(".")
    if "model" in values:
        other = {**values, "model": "of-my-own"}
        assert first_violation(rules, other, route) is None, "unknown models are allowed through"


@pytest.mark.parametrize("node", NODES.values(), ids=lambda node: node.id())
def test_a_route_says_nothing_of_fields_that_its_nodes_lack(node: Any) -> None:
    for route in node.routes:
        assert route.files.keys() <= node.media_fields().keys()
        own = [rule for rule in route.rules if not rule.models]
        shared = {field for other in NODES.values() for field in other.wire_fields()}
        assert {rule.field for rule in route.rules} | {alias.field for alias in route.aliases} <= shared
        assert {rule.field for rule in own} - {"background", "output_compression"} <= node.wire_fields().keys()


def test_a_field_may_have_another_name_on_the_wire_or_go_without_saying() -> None:
    old = {"model": "gpt-4", "max_completion_tokens": 5}
    assert apply_wire_aliases(CHAT_ALIASES, old) == {"model": "gpt-4", "max_tokens": 5}
    new = {"model": "gpt-image-2", "response_format": "b64_json"}
    assert apply_wire_aliases(GPT_IMAGE_ALIASES, new) == {"model": "gpt-image-2"}
    assert apply_wire_aliases(GPT_IMAGE_ALIASES, {"response_format": "url"}) == {"response_format": "url"}
