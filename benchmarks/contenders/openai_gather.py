"""The official client, asyncio.gather with a semaphore: what most scripts do."""

import asyncio
from typing import Any

import openai
from job import Job

from . import official


async def _run(job: Job) -> None:
    gate = asyncio.Semaphore(job.concurrency)

    async def one(number: int, cell: Any) -> list[dict[str, Any]]:
        async with gate:
            return official.rows(job, number, await official.call(client, job, cell))

    async with openai.AsyncOpenAI(base_url=job.base_url, **official.OPTIONS) as client:
        official.write(job, await asyncio.gather(*(one(*pair) for pair in enumerate(official.cells(job)))))


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
