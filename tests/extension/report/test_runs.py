"""Runs of every kind of node as cards: what was asked, what came back as sound, picture or words."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.engine.model_list import choices
from endpoint_nodes.extension.report import Card, gallery_html
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
        node, Configuration(base_url="sandbox:"), source, observe=lambda each: found.append(outcome_card(node, each))
    )
    return found


def test_speech_is_a_player_beside_its_text() -> None:
    card = cards("create_speech", pd.DataFrame({"input": [TEXT]}), voice="nova")[0]
    assert (card.text, [each.mime for each in card.results]) == (TEXT, ["audio/mpeg"])
    assert card.facts["Seconds"] == "1.86"


def test_a_recording_is_a_player_beside_its_words() -> None:
    speech = cards("create_speech", input=TEXT, voice="nova", response_format="wav")[0].results[0].data
    card = cards("create_transcription", file=speech)[0]
    assert ([each.mime for each in card.sources], card.said) == (["audio/wav"], (TEXT,))
    words = cards("create_transcription", file=speech, one_row_per="word")[0]
    assert words.made == 6
    assert "Two · plums, · please." in gallery_html([words], title="Words")


def test_answers_are_shown_as_text() -> None:
    card = cards("create_chat_completion", pd.DataFrame({"prompt": ["Hello"]}), n=2)[0]
    assert card.text == "Hello"
    assert [each.endswith("You wrote: Hello") for each in card.said] == [True, True]
    assert cards("create_moderation", input="A bomb")[0].said == ("flagged: yes",)
    assert cards("list_models")[0].made == 13


def test_a_long_answer_stays_on_the_page(visit: Callable[..., Any]) -> None:
    card = Card("1", text="Why?", said=("x" * 3000, "y"))
    page = visit(gallery_html([card], title="Answers")).page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".said").count() == 2


@pytest.mark.parametrize("sound", ["mp3", "wav", "flac", "opus", "aac"])
def test_the_browser_plays_what_was_spoken(visit: Callable[..., Any], sound: str) -> None:
    card = cards("create_speech", input=TEXT, voice="nova", response_format=sound)[0]
    page = visit(gallery_html([card], title="Speech")).page
    seconds = page.locator("audio").evaluate(
        "audio => new Promise((done, failed) => { audio.onloadedmetadata = () => done(audio.duration);"
        " audio.onerror = () => failed(audio.error.message); audio.load(); audio.preload = 'metadata'; })"
    )
    assert seconds == pytest.approx(1.86, abs=0.1)
