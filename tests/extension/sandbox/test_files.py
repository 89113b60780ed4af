"""The file operations, through the official client."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest


def test_a_file_is_uploaded_listed_read_and_deleted(client: openai.OpenAI) -> None:
    content = b'{"custom_id": "1"}\n' * 100_000  # more than a part keeps in memory
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert (file.filename, file.bytes, file.purpose, file.status) == ("in.jsonl", len(content), "batch", "processed")
    assert (file.expires_at or 0) - file.created_at == 30 * 86_400
    assert client.files.retrieve(file.id) == file
    assert file in list(client.files.list(purpose="batch"))
    assert file not in list(client.files.list(purpose="vision"))
    assert client.files.content(file.id).content == content
    assert client.files.delete(file.id).deleted
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match="No such File object"):
            call(file.id)


def test_files_come_in_pages_in_either_order(sandbox_server: Callable[..., str]) -> None:
    with openai.OpenAI(base_url=sandbox_server(), api_key="any") as client:
        ids = [client.files.create(file=(f"{n}.txt", b"x"), purpose="user_data").id for n in range(5)]
        assert [file.id for file in client.files.list(limit=2, order="asc")] == ids
        assert [file.id for file in client.files.list(limit=2)] == ids[::-1]
        assert client.files.list(limit=2).has_more
        with pytest.raises(openai.BadRequestError, match="'limit'"):
            client.files.list(limit=0)


def test_a_file_expires_when_it_was_told_to(sandbox_server: Callable[..., str]) -> None:
    url = sandbox_server()
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
        file = client.files.create(
            file=("a.png", b"x"), purpose="vision", expires_after={"anchor": "created_at", "seconds": 3600}
        )
        assert (file.expires_at or 0) - file.created_at == 3600
        httpx.post(url.replace("/v1", "/sandbox/clock"), params={"advance": 1800})
        assert client.files.retrieve(file.id)
        httpx.post(url.replace("/v1", "/sandbox/clock"), params={"advance": 1801})
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)


def test_an_uploaded_photo_is_edited_and_seen_by_its_id(client: openai.OpenAI, picture: Callable[..., bytes]) -> None:
    content = picture(120, 70)
    photo = client.files.create(file=("a.png", content), purpose="vision")
    url = "data:image/png;base64," + base64.b64encode(content).decode()
    asked: dict[str, Any] = {"model": "gpt-image-2", "prompt": "Bold"}
    by_id, by_url = (
        client.post("/images/edits", cast_to=object, body=asked | {"images": [image]})
        for image in ({"file_id": photo.id}, {"image_url": url})
    )
    assert by_id["data"] == by_url["data"]  # type: ignore[index]
    part: Any = {"type": "input_image", "file_id": photo.id, "detail": "auto"}
    seen = client.responses.create(model="gpt-4.1", input=[{"role": "user", "content": [part]}])
    assert "PNG image of 120 x 70" in seen.output_text
    with pytest.raises(openai.BadRequestError, match="Not allowed to download"):
        client.files.content(photo.id)


@pytest.mark.parametrize(
    ("image", "status"),
    [
        ({}, 400),
        ({"file_id": "file-x"}, 404),
        ({"file_id": "x", "image_url": "y"}, 400),
        ({"image_url": "x" * 20_971_521}, 400),
    ],
)
def test_an_image_that_is_not_named_well_is_refused(http: httpx.Client, image: dict[str, str], status: int) -> None:
    answer = http.post("/images/edits", json={"prompt": "Bold", "images": [image]})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("fields", "filename", "param"),
    [
        ({}, "a.jsonl", "purpose"),
        ({"purpose": "fun"}, "a.jsonl", "purpose"),
        ({"purpose": "batch"}, "a.csv", "file"),
        ({"purpose": "batch", "model": "x"}, "a.jsonl", "model"),
        ({"purpose": "batch", "expires_after[anchor]": "created_at"}, "a.jsonl", "expires_after.seconds"),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "10"},
            "a.jsonl",
            "expires_after.seconds",
        ),
    ],
)
def test_a_wrong_upload_is_refused(http: httpx.Client, fields: dict[str, str], filename: str, param: str) -> None:
    answer = http.post("/files", data=fields, files={"file": (filename, b"{}")})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.json()
