"""LiteLLM, asyncio.gather with a semaphore; chat only."""

import asyncio
import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks for prices over the network when it is imported

import litellm
from job import Job

from . import official


async def _run(job: Job) -> None:
    gate = asyncio.Semaphore(job.concurrency)
    service = {"api_base": job.base_url, "api_key": official.OPTIONS["api_key"]}

    async def one(number: int, cell: Any) -> list[dict[str, Any]]:
        messages = [{"role": "user", "content": cell}]
        async with gate:
            return official.rows(
                job, number, await litellm.acompletion(model="openai/benchmark", messages=messages, **service)
            )

    official.write(job, await asyncio.gather(*(one(*pair) for pair in enumerate(official.cells(job)))))


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
