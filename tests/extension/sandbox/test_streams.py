"""Streams, read by the official client."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent
from PIL import Image
from pydantic import BaseModel

HELLO: list[Any] = [{"role": "user", "content": "Hello  there,\n weather?"}]
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def whole(client: openai.OpenAI, **fields: Any) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, **fields)


def chunks(client: openai.OpenAI, **fields: Any) -> list[openai.types.chat.ChatCompletionChunk]:
    return list(client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, stream=True, **fields))


def test_the_chunks_of_a_chat_are_the_answer_that_is_not_streamed(client: openai.OpenAI) -> None:
    streamed = chunks(client, n=2, logprobs=True, stream_options={"include_usage": True})
    answer = whole(client, n=2, logprobs=True)
    *parts, last = streamed
    for choice in answer.choices:
        own = [part.choices[0] for part in parts if part.choices[0].index == choice.index]
        assert own[0].delta.role == "assistant"
        assert "".join(part.delta.content or "" for part in own) == choice.message.content
        assert [part.finish_reason for part in own if part.finish_reason] == [choice.finish_reason]
        assert sum(bool(part.logprobs) for part in own) == len((choice.message.content or "").split())
    assert last.choices == []
    assert last.usage == answer.usage
    assert {part.id for part in streamed} == {answer.id}


def test_the_choices_of_a_stream_come_in_turns_and_usage_only_if_asked_for(client: openai.OpenAI) -> None:
    parts = chunks(client, n=2)
    assert [part.choices[0].index for part in parts[:4]] == [0, 1, 0, 1]
    assert all(part.usage is None for part in parts)


def test_a_streamed_tool_call_comes_in_pieces_of_its_arguments(client: openai.OpenAI) -> None:
    parts = chunks(client, tools=[WEATHER])
    calls = [call for part in parts for call in part.choices[0].delta.tool_calls or ()]
    assert (calls[0].id or "").startswith("call_")
    text = "".join(call.function.arguments or "" for call in calls if call.function)
    assert list(json.loads(text)) == ["city"]
    assert parts[-1].choices[0].finish_reason == "tool_calls"


class Fruit(BaseModel):
    name: str
    ripe: bool


def test_the_stream_helper_of_the_official_client_parses_a_schema(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="gpt-4o-mini", messages=HELLO, response_format=Fruit) as stream:
        kinds = {event.type for event in stream}
        assert stream.get_final_completion().choices[0].message.parsed
    assert {"content.delta", "content.done"} <= kinds


def test_a_stream_is_sent_piece_by_piece_and_ends_with_done(http: httpx.Client) -> None:
    with http.stream("POST", "/chat/completions", json={"messages": HELLO, "stream": True}) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "x-ratelimit-remaining-requests" in answer.headers
        lines = [line for line in answer.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert all(line.startswith("data: {") for line in lines[:-1])


def test_images_are_streamed_as_blurred_states_and_the_whole(client: openai.OpenAI) -> None:
    events = list(
        client.images.generate(
            model="gpt-image-2", prompt="A fox", size="256x256", stream=True, partial_images=2, output_format="webp"
        )
    )
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert [getattr(event, "partial_image_index", None) for event in events] == [0, 1, None]
    for event in events:
        image = Image.open(io.BytesIO(base64.b64decode(event.b64_json)))
        assert (image.format, image.size) == ("WEBP", (256, 256))
        assert (event.output_format, event.size) == ("webp", "256x256")
    assert len({event.b64_json for event in events}) == 3
    once = client.images.generate(model="gpt-image-2", prompt="A fox", size="256x256", output_format="webp")
    assert once.data
    assert once.data[0].b64_json == events[-1].b64_json
    assert once.usage
    assert events[-1].type == "image_generation.completed"
    assert events[-1].usage.total_tokens == once.usage.total_tokens


def test_edits_are_streamed_under_their_own_names(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    source = ("a.png", picture(), "image/png")
    events = client.images.edit(model="gpt-image-2", image=source, prompt="Bold", stream=True, partial_images=1)
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize("include", [False, True])
def test_a_transcript_is_streamed_word_by_word(client: openai.OpenAI, *, include: bool) -> None:
    speech = client.audio.speech.create(model="tts-1", voice="alloy", input="A red  fox jumps.", response_format="wav")
    more: Any = {"include": ["logprobs"]} if include else {}
    events = list(
        client.audio.transcriptions.create(
            model="gpt-4o-transcribe", file=("a.wav", speech.content), stream=True, **more
        )
    )
    *deltas, done = events
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert "".join(event.delta for event in deltas if isinstance(event, TranscriptionTextDeltaEvent)) == done.text
    assert (done.text, len(deltas), bool(done.logprobs)) == ("A red  fox jumps.", 4, include)
    assert done.usage
    assert done.usage.output_tokens == 4


def test_speakers_are_streamed_as_segments_and_whisper_streams_nothing(
    client: openai.OpenAI, http: httpx.Client
) -> None:
    speech = client.audio.speech.create(model="tts-1", voice="alloy", input="One. Two.", response_format="wav")
    asked: Any = {"file": ("a.wav", speech.content), "stream": True}
    events = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", response_format="diarized_json", **asked
    )
    assert [event.type for event in events][:3] == [
        "transcript.text.segment",
        "transcript.text.segment",
        "transcript.text.delta",
    ]
    form: Any = {"data": {"model": "whisper-1", "stream": "true"}, "files": {"file": ("a.wav", speech.content)}}
    plain = http.post("/audio/transcriptions", **form)
    assert plain.json()["text"] == "One. Two."


def test_speech_comes_in_pieces_or_as_events(client: openai.OpenAI, http: httpx.Client) -> None:
    asked = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hello " * 20, "response_format": "pcm"}
    spoken = client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="alloy", input="Hello " * 20, response_format="pcm"
    )
    with spoken as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        audio = b"".join(answer.iter_bytes())
    text = http.post("/audio/speech", json=asked | {"stream_format": "sse"}).text
    events = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    *deltas, done = events
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == audio
    assert len(deltas) > 1
    assert (done["type"], done["usage"]["input_tokens"]) == ("speech.audio.done", 20)


def test_a_stream_that_a_fault_cuts_never_says_that_it_is_done(sandbox_server: Callable[..., str]) -> None:
    with httpx.Client(base_url=sandbox_server(failure_rate=1.0)) as http:
        cut = 0
        for number in range(80):
            asked = {"messages": [{"role": "user", "content": f"Hello {number}"}], "stream": True}
            answer = http.post("/chat/completions", json=asked)
            if answer.headers["content-type"].startswith("text/event-stream"):
                cut += 1
                assert "[DONE]" not in answer.text
        assert cut
