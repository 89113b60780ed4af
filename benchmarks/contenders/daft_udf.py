"""Daft with an asynchronous method over the rows, aiohttp beneath; chat only."""

import shutil

import aiohttp
import daft
import orjson
from job import Job

from . import tables

ANSWER = daft.DataType.struct({name: daft.DataType.string() for name in ("content", "finish_reason", "usage")})


class Asker:
    """Asks about one prompt; the session is opened with the first one."""

    def __init__(self, url: str, limit: int) -> None:
        self._url, self._limit = url, limit
        self._session: aiohttp.ClientSession | None = None

    @daft.method(return_dtype=ANSWER)
    async def ask(self, prompt: str) -> dict[str, str]:
        """Return the answer to `prompt`."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._limit))
        body = {"messages": [{"role": "user", "content": prompt}], "model": "benchmark"}
        async with self._session.post(self._url, json=body) as answer:
            row = tables.chat_rows(orjson.loads(await answer.read()))[0]
        return {name: row[name] for name in ("content", "finish_reason", "usage")}


def run(job: Job) -> None:
    """Do the job."""
    asker = daft.cls(max_concurrency=job.concurrency)(Asker)(f"{job.base_url}/chat/completions", job.concurrency)
    target = str(job.target.with_suffix(".daft"))
    table = daft.read_parquet(str(job.source))
    table.with_column("answer", asker.ask(table["prompt"])).write_parquet(target)
    shutil.rmtree(target, ignore_errors=True)
