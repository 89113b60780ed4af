"""Uploading files: their names, what is not sent twice, and when it is."""

import json
import time
from pathlib import Path

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import Recorder, recording_server
from endpoint_nodes.nodes.upload_file import UploadFile
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import EndpointError, InvalidInput

SANDBOX = Configuration(base_url="sandbox:")


def answer(expires_at: int | None) -> bytes:
    return json.dumps({"id": "file-1", "bytes": 5, "filename": "a.txt", "expires_at": expires_at}).encode()


@pytest.mark.parametrize(
    ("data", "name", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n", "file.png", "image/png"),
        (b"Two plums.", "file", "application/octet-stream"),
    ],
)
def test_data_without_a_name_is_called_by_what_its_bytes_show(data: bytes, name: str, mime: str) -> None:
    with recording_server(Recorder(status=200, body=answer(None))) as server:
        execute(UploadFile(purpose="user_data"), Configuration(base_url=server.url), [{"file": data}])
    (sent,) = server.requests
    assert (sent.parts["file"].name, sent.parts["file"].mime) == (name, mime)


def test_a_file_keeps_its_name_and_is_of_the_type_that_the_name_says(tmp_path: Path) -> None:
    for name, mime in (("a.jsonl", "application/jsonl"), ("b.pdf", "application/pdf"), ("c.md", "text/markdown")):
        (tmp_path / name).write_text(f"{name}: two plums.")
        table, _ = execute(UploadFile(purpose="user_data", file=str(tmp_path / name)), SANDBOX)
        assert table.column("filename").to_pylist() == [name]
        with recording_server(Recorder(status=200, body=answer(None))) as server:
            execute(UploadFile(purpose="user_data", file=str(tmp_path / name)), Configuration(base_url=server.url))
        assert server.requests[0].parts["file"].mime == mime


def test_a_name_of_its_own_can_come_from_a_column() -> None:
    rows = [{"file": b"{}", "title": "one"}, {"file": b"[]", "title": "two"}]
    table, _ = execute(UploadFile(purpose="batch", filename="{title}.jsonl"), SANDBOX, rows)
    assert table.column("filename").to_pylist() == ["one.jsonl", "two.jsonl"]
    with pytest.raises(InvalidInput, match=r"takes \.jsonl files, but the file is called one\.txt"):
        execute(UploadFile(purpose="batch", filename="{title}.txt"), SANDBOX, rows)


def test_the_same_file_is_uploaded_once_and_again_after_the_service_has_deleted_it() -> None:
    now = int(time.time())
    for expires_at, uploads in ((None, 1), (now + 3600, 1), (now - 1, 2)):
        with recording_server(Recorder(status=200, body=answer(expires_at))) as server:
            for _ in range(2):
                execute(UploadFile(purpose="user_data", file=b"plums"), Configuration(base_url=server.url))
        assert len(server.requests) == uploads


def test_an_upload_that_may_have_arrived_is_not_repeated() -> None:
    with recording_server(Recorder(status=500)) as server, pytest.raises(EndpointError):
        execute(UploadFile(purpose="user_data", file=b"plums"), Configuration(base_url=server.url))
    assert len(server.requests) == 1
