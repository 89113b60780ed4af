"""LangChain in batches of as many prompts as may be in flight; chat only.

Meant to be how KNIME's AI Extension asks, but not checked against its source. Each batch is awaited as a whole before
the next one begins.
"""

import asyncio
from typing import Any

from job import Job
from langchain_openai import ChatOpenAI

from . import official


def _row(number: int, answer: Any) -> dict[str, Any]:
    return {
        "row_id": str(number),
        "content": answer.content,
        "finish_reason": answer.response_metadata["finish_reason"],
        "model": answer.response_metadata["model_name"],
        "usage": str(answer.usage_metadata),
    }


async def _run(job: Job) -> None:
    model = ChatOpenAI(model="benchmark", base_url=job.base_url, api_key=official.OPTIONS["api_key"])
    cells, answers = official.cells(job), []
    for start in range(0, len(cells), job.concurrency):
        answers += await model.abatch(cells[start : start + job.concurrency])
    official.write(job, [[_row(*each)] for each in enumerate(answers)])


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
