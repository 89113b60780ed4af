"""Submitting: the requests that the cache lacks become files, and files become batches, none of them twice."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ....nodes.base import Request, Response
from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason
from ..cache.cache_key import CacheKey
from ..cache.response_cache import ResponseCache
from ..http.budget import Budget
from ..http.retry import judge
from .dialects import Batch, Submission
from .input_file import InputFile
from .lines import encode_line
from .photos import upload_large_images
from .submissions import CREATING, UPLOADING, Record, Submissions
from .system import BatchSystem, InDoubt

__all__ = ["Submitter", "may_be_asked_again"]

LISTING_SECONDS = 5.0
"""Until a batch that was created is taken to be in the service's list."""


def may_be_asked_again(response: Response) -> bool:
    """Return whether another batch may bring what this response of a line did not."""
    return response.status == 0 or (response.status >= 300 and judge(response).retry)


@dataclass
class Submitter:
    """Submits the requests of one run.

    Attributes:
        configuration: says where to, and how often.
        node: the node's id.
        scope: what tells these requests from others: service and node.
        folder: where files are written before they are uploaded.
        requests: goes over the rows from the first and gives what each asks for.
        key: returns the cache key of the next request of such a pass.
        cache: knows what was answered before.
        budget: counts the requests.
        service: takes the batches.
        store: the record of what was submitted.
        since: seconds since 1970; what was collected from then on is this run's.
        held: models for which the service's queue has no room at the moment.
    """

    configuration: Configuration
    node: str
    scope: str
    folder: Path
    requests: Callable[[], AsyncIterator[Request]]
    key: Callable[[Request], CacheKey]
    cache: ResponseCache
    budget: Budget
    service: BatchSystem
    store: Submissions
    since: float
    held: set[str] = field(default_factory=set)

    async def submit(self) -> set[str]:
        """Submit what lacks, and return the ids of all submissions that bring something this run needs.

        Raises:
            RunStopped: the service refuses a file or a batch.
        """
        self.cache.recount()
        self.held.clear()
        awaited: set[str] = set()
        files: dict[tuple[str, str], InputFile] = {}
        try:
            async for request in self.requests():
                key, model = self.key(request), str(request.values.get("model") or "")
                if self.cache.contains(key) or self._is_settled(key):
                    continue
                if submission := self.store.under_way(key):
                    awaited.add(submission)
                elif model and model not in self.held and not any(key in file.keys for file in files.values()):
                    try:
                        self.budget.spend_request()
                    except RunStopped:
                        break  # the first row that is not in a batch says so
                    await self._write(request, key, model, files, awaited)
            for file in files.values():
                await self._send(file, awaited)
        finally:
            for file in files.values():
                file.remove()
        return awaited

    def _is_settled(self, key: CacheKey) -> bool:
        """Return whether this run has got a response that another batch would not better."""
        found = self.store.result(key, self.since)
        if found is None:
            return False
        return not may_be_asked_again(found.response) or found.lines >= self.configuration.max_attempts

    async def _write(
        self,
        request: Request,
        key: CacheKey,
        model: str,
        files: dict[tuple[str, str], InputFile],
        awaited: set[str],
    ) -> None:
        dialect = self.service.dialect
        body, photos = await upload_large_images(request.json_values or {}, self.service)
        line = encode_line(key, request.path, body, model_on_job=dialect.model_on_job)
        group = (request.path, model)
        most = min(dialect.most_bytes, self.store.queue_limit(self.scope, model) or dialect.most_bytes)
        file = files.get(group)
        if file and not file.has_room(line, dialect.most_lines, most):
            del files[group]
            await self._send(file, awaited)
            file = None
        if file is None:
            path = self.folder / f"{self.scope}-{uuid.uuid4().hex}.jsonl"
            file = files[group] = InputFile(path, request.path, model)
        file.add(key, line)
        file.photos += photos

    async def _send(self, file: InputFile, awaited: set[str]) -> None:
        """Create a batch of what was written, unless the service's queue has no room for it yet."""
        file.finish()
        limit, enqueued = self.store.queue_limit(self.scope, file.model), self.store.enqueued(self.scope, file.model)
        if limit and enqueued and enqueued + file.size > limit:
            self.held.add(file.model)
            self.budget.requests -= len(file.keys)
            await self.delete(*file.photos)
            file.remove()
            return
        id_ = uuid.uuid4().hex
        record = Record(
            id=id_,
            scope=self.scope,
            configuration=self.configuration.to_json(),
            node=self.node,
            path=file.route,
            model=file.model,
            lines=len(file.keys),
            size=file.size,
            input_file="",
            other_files=tuple(file.photos),
            created=time.time(),
        )
        # Each step is recorded before it is taken, so that the next run knows what a killed one may have left.
        self.store.add(record, file.keys)
        try:
            uploaded = await self.service.upload(file.path, record.file_name)
        except RunStopped:
            self.store.forget(id_)
            raise
        record = replace(record, input_file=uploaded, created=time.time())
        self.store.uploaded(record)
        file.remove()
        self.store.created(id_, (await self._create(record)).id)
        self.cache.sent += record.lines
        awaited.add(id_)

    async def _create(self, record: Record) -> Batch:
        """Create the batch of a submission; where the answer is lost, look for it before it is created again.

        Raises:
            RunStopped: the service refuses it, or never says what became of it.
        """
        submission = Submission(record.id, record.path, record.model, record.input_file)
        problem = ""
        for _ in range(self.configuration.max_attempts):
            try:
                return await self.service.create(submission)
            except InDoubt as error:
                problem = str(error)
                if found := await self._find(record):
                    return found
            except RunStopped:
                await self._forget(record)
                raise
        await self._forget(record)
        raise RunStopped(f"The batch cannot be created: {problem}", StopReason.REFUSED)

    async def recover(self) -> None:
        """Find the files and batches that a run which was killed may have left; no other may be submitting.

        Raises:
            RunStopped: the service does not list its batches.
        """
        for path in self.folder.glob(f"{self.scope}-*.jsonl"):
            path.unlink(missing_ok=True)
        for record in self.store.of_scope(self.scope, UPLOADING):
            await self.delete(*await self.service.find_uploads(record.file_name))
            await self._forget(record)
        for record in self.store.of_scope(self.scope, CREATING):
            if batch := await self._find(record):
                self.store.created(record.id, batch.id)
            else:
                await self._forget(record)

    async def _find(self, record: Record) -> Batch | None:
        """Return the batch of a submission, None if there is none."""
        submission = Submission(record.id, record.path, record.model, record.input_file)
        while True:
            is_listed = time.time() > record.created + LISTING_SECONDS
            if found := await self.service.find(submission):
                return found
            if is_listed:
                return None
            await asyncio.sleep(1)

    async def _forget(self, record: Record) -> None:
        """Forget a submission of which there is no batch: its requests lack again."""
        self.store.forget(record.id)
        await self.delete(record.input_file, *record.other_files)

    async def delete(self, *files: str) -> None:
        """Remove files from the service, unless the user wants to keep them."""
        if not self.configuration.keep_batch_files:
            for file in filter(None, files):
                await self.service.delete(file)
