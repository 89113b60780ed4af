"""A service's files and batches: uploading, creating, looking, reading, cancelling and removing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from ....nodes.base import Body, Request, Response, Route
from ....nodes.base.request import encode_multipart
from ....nodes.base.result_schema import GarbledResponse
from ....port_types.configuration import Configuration
from ....port_types.errors import EndpointError, RequestFailed, RunStopped, StopReason
from ....port_types.files import File
from ..http.attempt import EncodedRequest, FileChunk, NotSent, OnLine, Unreachable
from ..http.budget import Budget
from ..http.client import ApiClient, service_url
from ..http.limiter import AdaptiveLimiter
from ..http.retry import RetryState, Verdict, failure, judge
from ..http.sender import Sender, Sent, request_url
from .dialects import METADATA_KEY, Batch, Dialect, Submission, dialect_of
from .submissions import Record
from .system import InDoubt, OnContent

__all__ = ["BatchService", "open_service"]

BYTES_PER_SECOND = 100_000
"""Slower than this, an upload is taken to have stopped."""

LISTED = 100
"""Batches on a page of the list: more are refused."""

MOST_PAGES = 20
"""Of the list that are looked through for a batch whose creation was not answered: it is among the newest."""

HTML = "text/html"
"""Media type of what a gateway says in place of a service."""

EXPIRES = {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(30 * 86_400)}
"""Removes a photo that nobody else removes; files of batches expire by themselves."""


@dataclass(frozen=True)
class _Upload(Request):
    """A form whose last part is a file that is read while it is sent."""

    path_of_file: Path
    name: str

    def _encode(self) -> Any:
        head = 'Content-Disposition: form-data; name="{}"'
        fields = [(head.format(name), text.encode()) for name, text in self.values.items()]
        file = f'{head.format("file")}; filename="{self.name}"\r\nContent-Type: application/jsonl'
        # The boundary is a digest of the name, which is unique and in no file.
        headers, chunks = encode_multipart([*fields, (file, b"")])
        content = FileChunk(self.path_of_file)
        length = int(headers["Content-Length"]) + len(content)
        return {**headers, "Content-Length": str(length)}, [*chunks[:-3], content, *chunks[-2:]]


@asynccontextmanager
async def open_service(configuration: Configuration, client: ApiClient) -> AsyncIterator["BatchService"]:
    """Give what speaks to the service of a Configuration; `client` carries the requests, with the key."""
    limiter = AdaptiveLimiter()
    with limiter.run(configuration.concurrency):
        yield BatchService(configuration, client, limiter)


class BatchService:
    """A `BatchSystem` at a service; what it sends itself counts as none of the run's requests.

    Args:
        configuration: says where it is.
        client: carries the requests.
        limiter: when each may be sent.

    Attributes:
        dialect: how it speaks of batches.
    """

    ends_alone = True

    def __init__(self, configuration: Configuration, client: ApiClient, limiter: AdaptiveLimiter) -> None:
        self.dialect: Dialect = dialect_of(configuration)
        self._configuration = replace(configuration, max_requests=None, max_total_tokens=None, max_cost=None)
        self._url, self._client, self._limiter = service_url(configuration), client, limiter

    async def upload(self, path: Path, name: str) -> str:
        """Upload the lines in a file and return the service's id of them.

        Raises:
            RunStopped: the service does not take it.
        """
        form = {"purpose": self.dialect.purpose}
        if self.dialect.upload_path != "/files":
            form |= {"file_name": name, "file_type": "jsonl"}
        route = Route("upload", "POST", self.dialect.upload_path, Body.MULTIPART)
        upload = _Upload(route, form, path, name)
        seconds = self._configuration.timeout + int(upload.encode()[0]["Content-Length"]) / BYTES_PER_SECOND
        return await self._id_of(upload, seconds)

    async def find_uploads(self, name: str) -> Sequence[str]:
        """Return the ids of the files that were uploaded under a name, none if the service does not list them."""
        body = (await self._get(f"/files?purpose={self.dialect.purpose}", _json)).result or {}
        listed = body.get("data") if isinstance(body, Mapping) else body
        files = [file for file in listed or () if isinstance(file, Mapping)]
        return [str(file["id"]) for file in files if file.get("filename") == name and "id" in file]

    async def upload_photo(self, photo: File) -> str:
        """Upload an image that is too large for a line and return the service's id of it.

        Raises:
            RunStopped: the service does not take it.
        """
        route = Route("upload", "POST", "/files", Body.MULTIPART)
        seconds = self._configuration.timeout + len(photo.data) / BYTES_PER_SECOND
        return await self._id_of(Request(route, {"purpose": "vision", **EXPIRES, "file": photo}), seconds)

    async def _id_of(self, request: Request, seconds: float) -> str:
        def read(response: Response) -> str:
            body = _json(response)
            if not isinstance(found := body.get("id") if isinstance(body, Mapping) else None, str):
                raise GarbledResponse("the service gave the file no id")
            return found

        return str(_result(await self._send(request, read, seconds)))

    async def create(self, submission: Submission) -> Batch:
        """Create a batch.

        Raises:
            InDoubt: the service did not say whether it did.
            RunStopped: the service refuses it.
        """
        route = Route("batch", "POST", self.dialect.batch_path, repeatable=False)
        request = Request(route, self.dialect.creation(submission))
        sent = await self._send(request, self._read_batch, key=submission.id)
        refused = sent.status is not None and 300 <= sent.status < 500 and sent.status != 408
        if sent.error and not (refused or isinstance(sent.error, RunStopped | NotSent)):
            raise InDoubt(str(sent.error))
        return cast("Batch", _result(sent))

    async def find(self, submission: Submission) -> Batch | None:
        """Return the batch of a submission whose creation was not answered, None if there is none.

        Raises:
            RunStopped: the service does not list its batches.
        """
        async for batch in self.list():
            told = batch.metadata.get(METADATA_KEY)
            if told == submission.id or batch.input_file == submission.input_file:
                return batch
        return None

    async def list(self) -> AsyncIterator[Batch]:
        """Yield the batches of the account, the newest first.

        Raises:
            RunStopped: the service does not list its batches.
        """
        seen: set[str] = set()
        query = f"limit={LISTED}"
        for page in range(MOST_PAGES):
            body = _result(await self._get(f"{self.dialect.batch_path}?{query}", _json))
            entries = body.get("data") if isinstance(body, Mapping) else body
            found = [batch for entry in entries or () if (batch := self._batch(entry)) and batch.id not in seen]
            for batch in found:
                seen.add(batch.id)
                yield batch
            if not found or not isinstance(body, Mapping) or not (body.get("has_more") or "total" in body):
                return
            query = f"limit={LISTED}&after={quote(found[-1].id)}"
            if self.dialect.model_on_job:
                query = f"page={page + 1}"

    async def get(self, batch: str) -> Batch | None:
        """Return a batch, None if there is none of this id (any more).

        Raises:
            RunStopped: the service refuses to say.
            RequestFailed: it could not be asked.
        """
        path = f"{self.dialect.batch_path}/{quote(batch)}"
        sent = await self._get(path, self._read_batch)
        if sent.status == 404:
            return None
        if sent.error:
            raise sent.error
        return cast("Batch | None", sent.result)

    async def cancel(self, batch: str) -> None:
        """Ask for the end of a batch; one that has come to it stays as it is.

        Raises:
            RunStopped: the service does not do so.
        """
        route = Route("cancel", "POST", f"{self.dialect.batch_path}/{quote(batch)}/cancel", Body.NONE)
        sent = await self._send(Request(route, {}), lambda _: True)
        if sent.error and sent.status != 409:
            _result(sent)

    async def delete(self, file: str) -> None:
        """Remove a file, if the service has it and lets us."""
        await self._send(Request(Route("delete", "DELETE", f"/files/{quote(file)}", Body.NONE), {}), lambda _: True)

    async def read_lines(self, file: str, on_line: OnContent) -> bool:
        """Hand the lines of a file to `on_line` as they arrive, each once; return whether there is such a file.

        Raises:
            EndpointError: it cannot be read to its end.
        """
        state = RetryState(self._configuration.max_attempts, self._configuration.max_wait)
        offset = lines = arrived = 0

        async def take(head: Response, line: bytes) -> None:
            nonlocal offset, lines, arrived
            if head.media_type == HTML:
                return
            arrived += 1
            if head.status != 206 and arrived <= lines:  # the service begins from the start again
                return
            await on_line(line)
            offset, lines = offset + len(line) + 1, lines + 1

        while True:
            arrived = 0
            response, error = await self._read_once(file, offset, take)
            if error is None and lines:
                return True
            if response and response.status in (404, 416):
                return response.status == 416  # nothing is behind the last line
            verdict = judge(response) if response and response.status >= 300 else Verdict(retry=True)
            wait = state.next_wait(response, retry=verdict.retry, asked=verdict.wait)
            if wait is None:
                raise state.final(error or RequestFailed("the service sent an empty file"))
            await asyncio.sleep(wait)

    async def _read_once(self, file: str, offset: int, on_line: OnLine) -> tuple[Response | None, EndpointError | None]:
        """Read a file from a byte on; return the response without its body, and why it is not the whole rest."""
        url = request_url(self._url, f"/files/{quote(file)}/content")
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        request = EncodedRequest("GET", url, headers, [], self._configuration.timeout, on_line=on_line)
        try:
            response = await self._client.send_once(request)
        except Unreachable as error:
            return None, error
        if response.status >= 300:
            return response, failure(response)
        if response.media_type == HTML:
            return response, Unreachable("the service sent a web page in place of the file")
        return response, None

    def next_step(self, records: Sequence[Record]) -> str:
        return ""

    async def _get(self, path: str, read: Callable[[Response], Any]) -> Sent[Any]:
        return await self._send(Request(Route("batches", "GET", path, Body.NONE), {}), read)

    async def _send(
        self, request: Request, read: Callable[[Response], Any], seconds: float | None = None, key: str = ""
    ) -> Sent[Any]:
        configuration = self._configuration
        if seconds:
            configuration = replace(configuration, timeout=seconds)
        budget = Budget(self._configuration)
        sender = Sender(configuration, self._url, self._client, self._limiter, budget=budget, usage=lambda _: {})
        return await sender.send(request, key or uuid.uuid4().hex, read)

    def _read_batch(self, response: Response) -> Batch:
        if not (batch := self._batch(_json(response))):
            raise GarbledResponse("the service answered with something that is not a batch")
        return batch

    def _batch(self, body: Any) -> Batch | None:
        return self.dialect.read(body) if isinstance(body, Mapping) else None


def _json(response: Response) -> Any:
    try:
        return response.json
    except ValueError:
        raise GarbledResponse("the service answered with something that is not JSON") from None


def _result(sent: Sent[Any]) -> Any:
    """Return what came of a request.

    Raises:
        RunStopped: nothing did.
    """
    if sent.error is None:
        return sent.result
    if isinstance(sent.error, RunStopped):
        raise sent.error
    if sent.status in (404, 405):
        raise RunStopped("The service has no batches here; say `delivery=live`.", StopReason.ROUTE, status=sent.status)
    raise RunStopped(f"The batch cannot be submitted: {sent.error}", StopReason.REFUSED, status=sent.status)
