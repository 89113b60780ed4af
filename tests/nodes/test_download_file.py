"""Downloading files: ids in the path, and names that come from elsewhere."""

import pytest

from endpoint_nodes.extension.engine import execute
from endpoint_nodes.extension.testing.wire import Recorder, recording_server
from endpoint_nodes.nodes.base import Response
from endpoint_nodes.nodes.download_file import DownloadFile
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.errors import InvalidInput


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="report.jsonl"', "report.jsonl"),
        ("attachment; filename*=UTF-8''pfl%C3%A4umchen.txt", "pfläumchen.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ("attachment", None),
        ("", None),
    ],
)
def test_the_name_is_that_of_the_header_without_folders(header: str, name: str | None) -> None:
    answer = Response(200, {"content-disposition": header, "content-type": "text/plain"}, b"Two plums.")
    (row,) = DownloadFile(file_id="file-1", request_details=True).call().rows(answer)
    assert row == {"file": b"Two plums.", "filename": name, "bytes": 10, "media_type": "text/plain"}


def test_an_id_stays_one_part_of_the_path() -> None:
    with recording_server(Recorder(status=200, body=b"x", media_type="text/plain")) as server:
        where = Configuration(base_url=server.url)
        execute(DownloadFile(), where, [{"file_id": "a/../b?c=d"}])
        for wrong in ("..", ".", ""):
            with pytest.raises(InvalidInput, match="file_id"):
                execute(DownloadFile(), where, [{"file_id": wrong}])
    assert [sent.path for sent in server.requests] == ["/files/a%2F..%2Fb%3Fc%3Dd/content"]


def test_a_file_is_downloaded_by_every_run_as_it_may_have_changed() -> None:
    with recording_server(Recorder(status=200, body=b"x", media_type="text/plain")) as server:
        for _ in range(2):
            execute(DownloadFile(file_id="file-1"), Configuration(base_url=server.url))
    assert len(server.requests) == 2
