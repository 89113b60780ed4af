"""Runs of every kind of node as cards: what was asked, what came back as sound, picture or words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.model_list import choices
from endpoint_nodes.extension.report import Card, Media, Result
from endpoint_nodes.extension.report.runs import outcome_card
from endpoint_nodes.nodes import find_node
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.fields import Mode

SANDBOX = Configuration(base_url="sandbox:")
TEXT = "Two plums, please. I pay later."


def cards(name: str, source: Any = None, **fields: Any) -> list[Card]:
    node_class = find_node(name)
    assert node_class
    model = node_class.fields().get("model")
    if model and model.mode is Mode.REQUIRED:
        fields = {"model": choices(model, SANDBOX)[0], **fields}
    node = node_class(**fields)
    found: list[Card] = []
    execute(
        node,
        Configuration(base_url="sandbox:"),
        source,
        observe=lambda outcome: found.append(outcome_card(node, outcome)),
    )
    return found


def media(card: Card) -> list[Media]:
    return [medium for result in card.results for medium in result.media]


def test_speech_is_a_player_beside_its_text() -> None:
    card = cards("create_speech", pd.DataFrame({"input": [TEXT]}), voice="nova")[0]
    assert (card.text, [sound.mime for sound in media(card)]) == (TEXT, ["audio/mpeg"])
    assert card.facts["Seconds"] == "1.86"


def test_a_recording_is_a_player_beside_its_words() -> None:
    speech = media(cards("create_speech", input=TEXT, voice="nova", response_format="wav")[0])[0].data
    card = cards("create_transcription", file=speech)[0]
    assert ([sound.mime for sound in card.sources], card.results) == (["audio/wav"], (Result(0, (), TEXT),))
    words = cards("create_transcription", file=speech, one_row_per="word")[0]
    assert [result.columns["word"] for result in words.results] == ["Two", "plums,", "please.", "I", "pay", "later."]
    assert words.results[0].columns.keys() == {"word", "start", "end"}


def test_answers_are_shown_as_text() -> None:
    card = cards("create_chat_completion", pd.DataFrame({"prompt": ["Hello"]}), n=2)[0]
    assert card.text == "Hello"
    assert [result.text.endswith("You wrote: Hello") for result in card.results] == [True, True]
    assert [result.index for result in card.results] == [0, 1]
    assert cards("create_moderation", input="A bomb")[0].results[0].columns["flagged"] == "yes"
    assert len(cards("list_models")[0].results) == 13


def test_vectors_have_cards_as_anything_else() -> None:
    found = cards("create_embeddings", pd.DataFrame({"input": ["Hello", "Good night"]}))
    assert [card.text for card in found] == ["Hello", "Good night"]
    assert [card.error for card in found] == ["", ""]


def test_typed_answers_are_values_by_column() -> None:
    frame = pd.DataFrame({"prompt": ["Hello"], "sku": ["A-1"], "price": [9.5]})
    card = cards("create_chat_completion", frame, answer_columns={"city": "text", "people": "integer"})[0]
    assert card.results[0].columns.keys() == {"city", "people"}
    assert (card.title, card.columns) == ("A-1", {"sku": "A-1", "price": "9.5"})


def test_what_a_response_cost_is_on_its_card() -> None:
    card = cards("create_chat_completion", prompt="Hello", model="sandbox-chat")[0]
    assert card.tokens
    assert card.model == "sandbox-chat"
    assert card.seconds is not None
    assert card.created is not None


def test_a_long_answer_stays_on_the_page(visit: Callable[..., Any], write_page: Callable[..., Path]) -> None:
    card = Card("1", text="Why?", results=(Result(0, (), "x" * 3000), Result(1, (), "y")))
    page = visit(write_page([card])).page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".said").count() == 2


@pytest.mark.parametrize("sound", ["mp3", "wav", "flac", "opus", "aac"])
def test_the_browser_plays_what_was_spoken(
    visit: Callable[..., Any], write_page: Callable[..., Path], sound: str
) -> None:
    card = cards("create_speech", input=TEXT, voice="nova", response_format=sound)[0]
    page = visit(write_page([card])).page
    seconds = page.locator("audio").evaluate(
        "audio => new Promise((done, failed) => { audio.onloadedmetadata = () => done(audio.duration);"
        " audio.onerror = () => failed(audio.error.message); audio.load(); audio.preload = 'metadata'; })"
    )
    assert seconds == pytest.approx(1.86, abs=0.1)
