"""The official client and the nodes get the same data from the same service, field by field.

A node's payload is the official method's arguments as it stands, because fields have their wire names; what both get
is compared by the columns that the node declares.
"""

import base64
import datetime as dt
import io
import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openai
import pytest
from openai.types.responses import Response

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import folded
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import ColumnKind, Node
from endpoint_nodes.nodes.get_costs_and_usage import GetCostsAndUsage
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.fields import Mode
from endpoint_nodes.port_types.files import File

# The official client says so of image variations, and its own code of translations.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

MUG = Path(__file__).parents[2] / "examples" / "images" / "mug.png"
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"city": "text", "people": "integer", "area": "number", "capital": "boolean", "rivers": "list"}

METHODS: dict[str, Callable[[openai.OpenAI], Callable[..., Any]]] = {
    "/images/variations": lambda client: client.images.create_variation,
    "/images/generations": lambda client: client.images.generate,
    "/images/edits": lambda client: client.images.edit,
    "/chat/completions": lambda client: client.chat.completions.create,
    "/audio/speech": lambda client: client.audio.speech.create,
    "/audio/transcriptions": lambda client: client.audio.transcriptions.create,
    "/audio/translations": lambda client: client.audio.translations.create,
    "/models": lambda client: client.models.list,
    "/embeddings": lambda client: client.embeddings.create,
    "/moderations": lambda client: client.moderations.create,
    "/responses": lambda client: client.responses.create,
    "/content_provenance_checks": lambda client: client.content_provenance_checks.create,
    "/organization/costs": lambda client: client.admin.organization.usage.costs,
    "/organization/usage/completions": lambda client: client.admin.organization.usage.completions,
    "/organization/usage/images": lambda client: client.admin.organization.usage.images,
    "/files/{file_id}/content": lambda client: client.files.content,
    "/vector_stores/{vector_store_id}/search": lambda client: client.vector_stores.search,
    "/files": lambda client: client.files.create,
    "/responses/input_tokens": lambda client: client.responses.input_tokens.count,
}


def recording() -> File:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * 4000)
    return File(stream.getvalue(), "silence.wav", "audio/wav")


PICTURE = File(MUG.read_bytes(), "mug.png", "image/png")
IMAGES = {"model": "sandbox-image", "n": 2, "size": "256x256"}
CASES: dict[str, list[dict[str, Any]]] = {
    "create_image_variation": [
        {"image": PICTURE, **IMAGES, "response_format": "b64_json"},
        {"image": PICTURE, **IMAGES, "response_format": "url"},
        {"image": PICTURE, "model": "gpt-image-2", "quality": "low", "n": 1, "size": "256x256"},
    ],
    "create_image": [
        {"prompt": "Two plums", **IMAGES, "response_format": "b64_json", "style": "vivid"},
        {
            "prompt": "Plums",
            "model": "gpt-image-2.6-flare",
            "size": "512x256",
            "output_format": "webp",
            "quality": "max",
        },
    ],
    "create_image_edit": [
        {"image": [PICTURE, PICTURE], "prompt": "Bolder", **IMAGES, "response_format": "b64_json"},
        {
            "image": [PICTURE],
            "prompt": "Cut out",
            "model": "gpt-image-2",
            "background": "transparent",
            "size": "256x256",
        },
    ],
    "create_chat_completion": [
        {"prompt": "Hello", "n": 3, "seed": 5, "temperature": 0.5, "logprobs": True},
        {"prompt": "Look", "system": "Be brief.", "images": [PICTURE], "max_completion_tokens": 4},
        {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]},
        {"prompt": "Rome", "answer_columns": SCHEMA},
        {"prompt": "look_up Rome", "tools": [TOOL], "tool_choice": "look_up"},
        {"prompt": "Hello", "audio_voice": "nova", "audio_format": "wav"},
    ],
    "create_speech": [
        {"input": "Two plums.", "voice": "nova", "response_format": audio}
        for audio in ("mp3", "flac", "wav", "pcm", "aac")  # opus files have a number that is drawn at random each time
    ],
    "create_transcription": [
        {"file": recording(), "language": "en"},
        {"file": recording(), "one_row_per": "segment"},
        {"file": recording(), "one_row_per": "word", "prompt": "Plums"},
        {"file": recording(), "response_format": "diarized_json", "one_row_per": "segment"},
        {"file": recording(), "response_format": "srt"},
        {"file": recording(), "response_format": "text"},
    ],
    "create_translation": [
        {"file": recording()},
        {"file": recording(), "one_row_per": "segment"},
        {"file": recording(), "response_format": "vtt"},
    ],
    "list_models": [{}],
    "create_embeddings": [
        {"input": "Two plums", "dimensions": 64},
        {"input": "Two plums", "encoding_format": "base64"},
        {"input": "Two plums", "encoding_format": "float"},
    ],
    "create_response": [
        {"prompt": "Hello", "system": "Be brief.", "temperature": 0.5, "verbosity": "low"},
        {"prompt": "Look", "images": [PICTURE], "max_output_tokens": 16},
        {"input_items": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]},
        {"prompt": "Rome", "answer_columns": SCHEMA},
        {
            "prompt": "look_up Rome",
            "tools": [{"type": "function", **TOOL["function"]}],  # type: ignore[dict-item]
            "tool_choice": "look_up",
        },
    ],
    "count_input_tokens": [
        {"prompt": "Hello", "system": "Be brief."},
        {"prompt": "Look", "images": [PICTURE], "answer_columns": SCHEMA},
    ],
    "check_content_provenance": [{"file": PICTURE}, {"file": recording()}],
    "get_costs_and_usage": [
        {"start": "2026-11-01", "end": "2026-11-04", "group_by": ["project_id", "line_item"]},
        {"report": "completions", "start": "2026-11-01T00:00Z", "end": "2026-11-01T05:00Z", "bucket_width": "1h"},
        {"report": "images", "start": "1793491200", "end": "2026-11-03", "models": ["gpt-image-2"], "limit": 31},
    ],
    "download_file": [{"file_id": "file-sandbox"}],
    "search_vector_store": [
        {"vector_store_id": "vs_sandbox", "query": "Which plums are sweet?", "max_num_results": 3, "ranker": "auto"},
        {
            "vector_store_id": "vs_sandbox",
            "query": "plums",
            "filters": {"type": "eq", "key": "language", "value": "de"},
        },
    ],
    "upload_file": [
        {"file": PICTURE, "purpose": "user_data", "expires_after_seconds": 7200},
        {"file": File(b"{}\n", "lines", ""), "filename": "lines.jsonl", "purpose": "batch"},
    ],
    "create_moderation": [
        {"input": "A bomb"},
        {"input": "A plum", "image": PICTURE},
        {"image": PICTURE},
    ],
}
SANDBOX = (
    *("sandbox-image", "sandbox-chat", "sandbox-embedding", "sandbox-speech", "sandbox-transcription"),
    "sandbox-moderation",
)


def complete(node: type[Node], given: dict[str, Any]) -> dict[str, Any]:
    """Return what is given, with a model where one is required."""
    model = node.fields().get("model")
    needed = model and model.mode is Mode.REQUIRED and callable(model.suggestions)
    return {"model": model.suggestions(list(SANDBOX))[0], **given} if needed else given  # type: ignore[union-attr,operator]


ALL = [
    pytest.param(node, complete(node, given), id=f"{id_}-{at}")
    for id_, node in node_classes().items()
    if node.openai
    for at, given in enumerate(CASES[id_])
]


@pytest.fixture(scope="module")
def client(sandbox_url: str) -> Iterator[openai.OpenAI]:
    keys = {"api_key": "sk-any", "admin_api_key": "sk-admin-any"}
    with openai.OpenAI(base_url=sandbox_url, max_retries=0, **keys) as official:
        yield official


def ask(client: openai.OpenAI, node: Node) -> Any:
    """Return what the official method answers to the node's own payload."""
    call = node.call()
    route = call.routes()[0]
    arguments = {name: _official(value) for name, value in folded(call.request(route).values).items()}
    return METHODS[route.path](client)(**arguments)


def _official(value: Any) -> Any:
    if isinstance(value, list):
        return [_official(item) for item in value]
    return (value.name, value.data, value.mime) if isinstance(value, File) else value


@pytest.mark.parametrize(("node_class", "given"), ALL)
def test_a_response_has_the_same_fields(
    client: openai.OpenAI, sandbox_url: str, node_class: type[Node], given: dict[str, Any]
) -> None:
    node = node_class(**given, result_format="structured")
    table, _ = execute(node, Configuration(base_url=sandbox_url))
    response = ask(client, node)
    row = table.to_pylist()[0]
    compared = 0
    for column in node.result_schema().structured():
        found = _attribute(response, column.name, node)
        compared += found is not None
        same(column.kind, row[column.name], found, column.name)
    assert compared, "nothing was compared"


@pytest.mark.parametrize(("node_class", "given"), ALL)
def test_an_item_has_the_same_fields(
    client: openai.OpenAI, sandbox_url: str, node_class: type[Node], given: dict[str, Any]
) -> None:
    node = node_class(**given, request_details=True)
    rows = execute(node, Configuration(base_url=sandbox_url))[0].to_pylist()
    response = ask(client, node)
    items = _items(response, node)
    assert len(rows) == len(items)
    typed = "answer_columns" in given and "content" in rows[0]
    answers = [json.loads(item.message.content) for item in items] if typed else []
    for at, (row, item) in enumerate(zip(rows, items, strict=True)):
        for column in node.result_schema().simplified():
            if answers and column.name in answers[at]:
                same(column.kind, row[column.name], answers[at][column.name], column.name)
            elif column.name == "usage" and at:
                assert row["usage"] is None, "it is that of the whole request"
            elif column.name == "index":
                assert row["index"] == at
            else:
                holders = (item, getattr(item, "message", None), response)
                found = next(
                    (kept for holder in holders if (kept := _attribute(holder, column.name, node)) is not None), None
                )
                same(column.kind, row[column.name], found, column.name)


def _items(response: Any, node: Node) -> list[Any]:
    if isinstance(response, Response):
        calls = [item for item in response.output if item.type == "function_call"]
        details, text = response.incomplete_details, response.output_text or None
        reason = details.reason if details else response.status
        message = SimpleNamespace(content=text, tool_calls=calls or None, finish_reason=reason)
        return [SimpleNamespace(message=message)]
    if isinstance(node, GetCostsAndUsage):
        return [
            SimpleNamespace(**{**vars(bucket), **vars(result), **_amount(result)})
            for bucket in response.data
            for result in bucket.results
        ]
    part = f"{getattr(node, 'one_row_per', '')}s"
    for name in (part, "data", "choices", "results"):
        if isinstance(listed := getattr(response, name, None), list):
            return listed
    return [response]


def _amount(result: Any) -> dict[str, Any]:
    amount = getattr(result, "amount", None)
    return vars(amount) | {"amount": amount.value} if amount else {}


def _attribute(holder: Any, name: str, node: Node) -> Any:
    """Return what an official object has under the name of a column."""
    if isinstance(holder, str):
        return holder if name == "text" else None
    if hasattr(holder, "read"):
        said = holder.response.headers
        return {
            "audio": holder.content,
            "file": holder.content,
            "format": getattr(node, "response_format", None),
            "filename": said.get("content-disposition", "").partition('filename="')[2].removesuffix('"'),
            "bytes": len(holder.content),
            "media_type": said["content-type"],
            "seconds": None,
        }[name]
    if (spoken := getattr(holder, "audio", None)) and name in ("content", "audio"):
        return spoken.transcript if name == "content" else base64.b64decode(spoken.data)
    if name == "text" and isinstance(getattr(holder, "content", None), list):
        return "\n\n".join(part.text for part in holder.content)
    if name == "image":
        return getattr(holder, "b64_json", None) and base64.b64decode(holder.b64_json)
    return getattr(holder, name, None)


def same(kind: ColumnKind, ours: Any, theirs: Any, name: str) -> None:
    """Compare a cell with an attribute; what differs from call to call only has to be of the same kind."""
    if kind is ColumnKind.JSON:
        ours, theirs = _steady(json.loads(ours) if ours else None), _steady(_plain(theirs))
    if name in ("id", "url") and theirs is not None:
        assert isinstance(ours, str)
    elif kind is ColumnKind.TIME:
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert abs(ours - dt.datetime.fromtimestamp(theirs, dt.UTC)) < dt.timedelta(minutes=5)
    elif kind is ColumnKind.VECTOR:
        theirs = np.frombuffer(base64.b64decode(theirs), "<f4") if isinstance(theirs, str) else theirs
        np.testing.assert_array_equal(np.float32(ours), np.float32(theirs))
    elif theirs is not None or name not in ("seconds", "image"):
        assert ours == theirs, name


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.to_dict(warnings=False) if hasattr(value, "to_dict") else value


def _steady(value: Any) -> Any:
    """Return JSON without what differs from call to call, and with vectors as numbers."""
    if isinstance(value, list):
        return [_steady(item) for item in value]
    if not isinstance(value, dict):
        return value
    steady = {name: _steady(item) for name, item in value.items() if name != "url"}
    if isinstance(steady.get("embedding"), str):
        steady["embedding"] = np.frombuffer(base64.b64decode(steady["embedding"]), "<f4").tolist()
    return steady
