"""LangChain as KNIME's AI Extension asks; chat only.

Read in the source of its version 5.10 (models/base.py, models/openai.py): `ChatOpenAI` over an httpx client that adds
the key, the settings of its dialog, a list of one message a row, and waves of as many rows as may be in flight, each
awaited as a whole. It runs on the versions that the extension names: the group bench-knime in pyproject.toml.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
from job import Job
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

from . import official


class _Key(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        request.headers["Authorization"] = f"Bearer {official.OPTIONS['api_key']}"
        yield request


def _row(number: int, answer: Any) -> dict[str, Any]:
    return {
        "row_id": str(number),
        "content": answer.content,
        "finish_reason": answer.response_metadata["finish_reason"],
        "model": answer.response_metadata["model_name"],
        "usage": str(answer.usage_metadata),
    }


async def _run(job: Job) -> None:
    model = ChatOpenAI(
        model="benchmark",
        base_url=job.base_url,
        api_key="placeholder",
        temperature=0.2,
        max_tokens=200,
        seed=1,
        http_async_client=httpx.AsyncClient(auth=_Key()),
    )
    prompts = [[HumanMessage(cell)] for cell in official.cells(job)]
    answers = []
    for start in range(0, len(prompts), job.concurrency):
        answers += await model.abatch(prompts[start : start + job.concurrency])
    official.write(job, [[_row(*pair)] for pair in enumerate(answers)])


def run(job: Job) -> None:
    """Do the job."""
    asyncio.run(_run(job))
