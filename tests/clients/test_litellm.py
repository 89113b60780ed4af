"""`litellm`, as its first pages use it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import litellm
import pytest

MESSAGES = [{"role": "user", "content": "Hello, how are you?"}]


def test_a_completion_knows_what_it_cost() -> None:
    answer = litellm.completion(model="openai/gpt-4o", messages=MESSAGES)
    assert "Hello, how are you?" in answer.choices[0].message.content
    assert litellm.completion_cost(answer) > 0


def test_completions_are_streamed_and_awaited() -> None:
    whole = litellm.completion(model="openai/gpt-4o", messages=MESSAGES).choices[0].message.content
    options = {"include_usage": True}
    parts = list(litellm.completion(model="openai/gpt-4o", messages=MESSAGES, stream=True, stream_options=options))
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == whole
    rebuilt = litellm.stream_chunk_builder(parts, messages=MESSAGES)
    assert rebuilt.choices[0].message.content == whole
    assert rebuilt.usage.completion_tokens == len(whole.split())

    async def read() -> str:
        stream = await litellm.acompletion(model="openai/gpt-4o", messages=MESSAGES, stream=True)
        return "".join([part.choices[0].delta.content or "" async for part in stream])

    assert asyncio.run(read()) == whole


def test_responses_are_whole_or_streamed() -> None:
    answer = litellm.responses(model="openai/gpt-4o", input="Tell me a story")
    assert "Tell me a story" in answer.output[0].content[0].text
    kinds = [event.type for event in litellm.responses(model="openai/gpt-4o", input="Tell me a story", stream=True)]
    assert kinds[-1] == "response.completed"


def test_a_tool_is_called_in_a_stream() -> None:
    parameters = {"type": "object", "properties": {"location": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": parameters}}
    asked = [{"role": "user", "content": "Use get_weather for Boston"}]
    parts = list(litellm.completion(model="openai/gpt-4o", messages=asked, tools=[tool], stream=True))
    call = litellm.stream_chunk_builder(parts, messages=asked).choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"location"}


def test_embeddings_images_speech_and_transcripts(tmp_path: Path) -> None:
    vectors = litellm.embedding(model="openai/text-embedding-3-small", input=["good morning", "good night"])
    assert [len(entry["embedding"]) for entry in vectors.data] == [256, 256]
    image = litellm.image_generation(prompt="A cute baby sea otter", model="openai/gpt-image-1", size="1024x1024")
    assert image.data[0].b64_json
    spoken = tmp_path / "speech.mp3"
    spoken.write_bytes(litellm.speech(model="openai/tts-1", voice="alloy", input="the quick brown fox").content)
    with spoken.open("rb") as file:
        heard = litellm.transcription(model="openai/whisper-1", file=file)
    assert heard.text == "the quick brown fox"


def test_a_batch_is_made_and_read(tmp_path: Path) -> None:
    body = {"model": "gpt-4o-mini", "messages": MESSAGES}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(line))
    with path.open("rb") as content:
        file = litellm.create_file(file=content, purpose="batch", custom_llm_provider="openai")
    batch = litellm.create_batch(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id=file.id, custom_llm_provider="openai"
    )
    while batch.status != "completed":
        time.sleep(0.1)
        batch = litellm.retrieve_batch(batch_id=batch.id, custom_llm_provider="openai")
    output = litellm.file_content(file_id=batch.output_file_id, custom_llm_provider="openai")
    assert json.loads(output.text)["custom_id"] == "1"


def test_errors_are_those_of_the_official_client() -> None:
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(model="openai/gpt-4o", messages=MESSAGES, temperature=9, num_retries=0)
