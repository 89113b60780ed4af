"""Transcriptions: what a row of the result is, and files and folders as input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.create_speech import CreateSpeech
from endpoint_nodes.nodes.create_transcription import CreateTranscription
from endpoint_nodes.nodes.create_translation import CreateTranslation
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import BadResponse, InvalidInput, InvalidSetting

SANDBOX = Configuration(base_url="sandbox:")
MODEL = "sandbox-transcription"
TEXT = "One two. Three four!"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings of different formats, and a file that is none."""
    place = tmp_path_factory.mktemp("recordings")
    for name in ("b.mp3", "a.wav", "c.opus"):
        node = CreateSpeech(
            input=TEXT,
            voice="nova",
            model="sandbox-speech",
            response_format=name.rsplit(".", 1)[1],  # type: ignore[arg-type]
        )
        table, _ = execute(node, SANDBOX)
        (place / name).write_bytes(table.column("audio")[0].as_py())
    (place / "notes.txt").write_text("Nothing to hear.")
    return place


def test_a_folder_of_recordings_is_an_input(folder: Path) -> None:
    table, _ = execute(CreateTranscription(model=MODEL), SANDBOX, folder)
    assert table.column("row_id").to_pylist() == ["a.wav", "b.mp3", "c.opus"]
    assert table.column("text").to_pylist() == [TEXT] * 3
    (empty := folder / "empty").mkdir()
    with pytest.raises(InvalidInput, match="has no recordings"):
        execute(CreateTranscription(model=MODEL), SANDBOX, empty)


def test_a_row_is_a_request_a_segment_or_a_word(folder: Path) -> None:
    recording = folder / "a.wav"
    segments, _ = execute(CreateTranscription(model=MODEL, one_row_per="segment"), SANDBOX, recording)
    assert segments.column("text").to_pylist() == ["One two.", "Three four!"]
    assert segments.column("index").to_pylist() == [0, 1]
    assert segments.column("end")[0].as_py() <= segments.column("start")[1].as_py()
    words, _ = execute(CreateTranscription(model=MODEL, one_row_per="word"), SANDBOX, recording)
    assert words.column("word").to_pylist() == TEXT.split()
    translated, _ = execute(CreateTranslation(model=MODEL, one_row_per="segment"), SANDBOX, recording)
    assert translated.column("text").to_pylist() == ["One two.", "Three four!"]
    told = CreateTranscription(model=MODEL, one_row_per="segment", response_format="diarized_json")
    assert execute(told, SANDBOX, recording)[0].column("speaker").to_pylist() == ["A", "A"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"one_row_per": "word", "response_format": "srt"}, "`response_format` is 'srt', but has no times"),
        ({"one_row_per": "word", "response_format": "diarized_json"}, "diarized_json has segments only"),
        ({"one_row_per": "word", "model": "gpt-4o-transcribe"}, "gpt-4o-transcribe takes only json"),
        (
            {"one_row_per": "word", "response_format": "verbose_json", "timestamp_granularities": ["segment"]},
            "`timestamp_granularities` lacks word",
        ),
    ],
)
def test_times_that_nobody_would_send_are_refused(folder: Path, fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        execute(CreateTranscription(**{"model": MODEL, **fields}), SANDBOX, folder / "a.wav")  # type: ignore[arg-type]
    assert sentence in str(refused.value)


def test_subtitles_are_text_whatever_they_are_called() -> None:
    node = CreateTranscription(model=MODEL, response_format="vtt")
    answer = Response(200, {"content-type": "application/octet-stream"}, b"WEBVTT\n")
    assert node.call().rows(answer)[0]["text"] == "WEBVTT\n"
    with pytest.raises(BadResponse, match="text/html"):
        node.call().rows(Response(200, {"content-type": "text/html"}, b"<title>Log in</title>"))
    with pytest.raises(BadResponse, match="out of memory"):
        node.call().rows(Response(200, {"content-type": "application/json"}, b'{"error": "out of memory"}'))


def test_a_strategy_that_is_an_object_is_sent_member_by_member(recorder: Callable[..., Any], folder: Path) -> None:
    service = recorder(status=200, body=b'{"text": "Hello"}')
    given = '{"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 200}'
    where = Configuration(base_url=service.url, cache="off")
    execute(CreateTranscription(model=MODEL, chunking_strategy=given), where, folder / "a.wav")
    execute(CreateTranscription(model=MODEL, chunking_strategy="auto"), where, folder / "a.wav")
    sent, plain = (
        {name: value for name, value in request.parts.items() if "chunking" in name} for request in service.requests
    )
    assert sent == {
        "chunking_strategy": {"type": "server_vad", "threshold": "0.4", "silence_duration_ms": "200"},
    }, "a member is a part of its own: JSON in one part would stay a text"
    assert plain == {"chunking_strategy": "auto"}
    with pytest.raises(InvalidInput, match="`chunking_strategy` is not a JSON object"):
        execute(CreateTranscription(model=MODEL, chunking_strategy="{type"), where, folder / "a.wav")
