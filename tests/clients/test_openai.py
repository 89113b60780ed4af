"""The official client, as its first page uses it; its other calls are tested with the sandbox."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from pathlib import Path

import openai
import pytest

QUESTION = "How do I check if a Python object is an instance of a class?"


def test_a_response_and_a_chat_completion() -> None:
    client = openai.OpenAI()
    response = client.responses.create(model="gpt-5.2", instructions="Talk like a pirate.", input=QUESTION)
    assert QUESTION in response.output_text
    completion = client.chat.completions.create(
        model="gpt-5.2",
        messages=[{"role": "developer", "content": "Talk like a pirate."}, {"role": "user", "content": QUESTION}],
    )
    assert QUESTION in (completion.choices[0].message.content or "")


def test_vision_with_an_image_as_base64(photo: Path) -> None:
    url = f"data:image/png;base64,{base64.b64encode(photo.read_bytes()).decode()}"
    response = openai.OpenAI().responses.create(
        model="gpt-5.2",
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What is in this image?"},
                    {"type": "input_image", "image_url": url, "detail": "auto"},
                ],
            }
        ],
    )
    assert "PNG image" in response.output_text


def test_streaming_and_asynchronous_streaming() -> None:
    asked = {"model": "gpt-5.2", "input": "Write a one-sentence bedtime story about a unicorn."}
    kinds = [event.type for event in openai.OpenAI().responses.create(**asked, stream=True)]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")

    async def read() -> list[str]:
        async with openai.AsyncOpenAI() as client:
            return [event.type async for event in await client.responses.create(**asked, stream=True)]

    assert asyncio.run(read()) == kinds


def test_a_file_and_a_batch_of_it(tmp_path: Path) -> None:
    client = openai.OpenAI()
    body = {"model": "gpt-5.2", "messages": [{"role": "user", "content": QUESTION}]}
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(line))
    file = client.files.create(file=path, purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    while batch.status != "completed":
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    assert QUESTION in client.files.content(batch.output_file_id or "").text


def test_errors_are_of_the_classes_that_the_page_names() -> None:
    client = openai.OpenAI(max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-5.2", messages=[])
    assert caught.value.request_id
