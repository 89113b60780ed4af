"""The official client in a pool of threads."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from job import Job

from . import official


def run(job: Job) -> None:
    """Do the job."""
    cells = official.cells(job)
    with (
        openai.OpenAI(base_url=job.base_url, **official.OPTIONS) as client,
        ThreadPoolExecutor(job.concurrency) as pool,
    ):

        def one(number: int) -> list[dict[str, Any]]:
            return official.rows(job, number, official.call(client, job, cells[number]))

        official.write(job, list(pool.map(one, range(len(cells)))))
