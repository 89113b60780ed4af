"""Plain httpx: one AsyncClient with as many connections as requests in flight; chat only."""

import asyncio
from typing import Any

import httpx
from job import Job

from . import tables


async def _work(client: httpx.AsyncClient, rows: Any, done: tables.Ordered) -> None:
    for number, prompt in rows:
        body = {"messages": [{"role": "user", "content": prompt}], "model": "benchmark"}
        answer = await client.post("/chat/completions", json=body)
        done.put(number, tables.chat_rows(answer.json()))
        await done.room()


async def _run(job: Job) -> None:
    rows, limits = (
        tables.rows(job),
        httpx.Limits(max_connections=job.concurrency, max_keepalive_connections=job.concurrency),
    )
    with tables.Ordered(job) as done:
        async with httpx.AsyncClient(base_url=job.base_url, limits=limits, timeout=300) as client:
            await asyncio.gather(*(_work(client, rows, done) for _ in range(job.concurrency)))


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
