"""A bare script over aiohttp: as many workers as requests in flight, no retries, no limits, no cache; chat only."""

import asyncio
from typing import Any

import aiohttp
import orjson
from job import Job

from . import tables


async def _work(session: aiohttp.ClientSession, url: str, rows: Any, done: tables.Ordered) -> None:
    for number, prompt in rows:
        body = {"messages": [{"role": "user", "content": prompt}], "model": "benchmark"}
        async with session.post(url, json=body) as answer:
            done.put(number, tables.chat_rows(orjson.loads(await answer.read())))
        await done.room()


async def _run(job: Job) -> None:
    rows, url = tables.rows(job), f"{job.base_url}/chat/completions"
    with tables.Ordered(job) as done:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=job.concurrency)) as session:
            await asyncio.gather(*(_work(session, url, rows, done) for _ in range(job.concurrency)))


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
