"""What contenders on the official client share: one request a row, whole tables through pandas."""

import base64
from pathlib import Path
from typing import Any

import pandas as pd
from job import Job

OPTIONS = {"api_key": "benchmark", "max_retries": 2, "timeout": 300}


def cells(job: Job) -> list[Any]:
    """Return the cells of the job's source."""
    return pd.read_parquet(job.source)["prompt" if job.is_chat else "image"].tolist()


def call(client: Any, job: Job, cell: Any) -> Any:
    """Return the client's call for one row: an answer, or what is awaited for one."""
    if job.is_chat:
        return client.chat.completions.create(model="benchmark", messages=[{"role": "user", "content": cell}])
    image = Path(cell) if isinstance(cell, str) else ("image.png", cell, "image/png")
    return client.images.create_variation(image=image, n=job.n)


def rows(job: Job, number: int, answer: Any) -> list[dict[str, Any]]:
    """Return the result rows of an answer."""
    if not job.is_chat:
        return [{"row_id": str(number), "image": base64.b64decode(item.b64_json)} for item in answer.data]
    common = {"created": answer.created, "model": answer.model, "usage": answer.usage.model_dump_json()}
    return [
        {
            "row_id": str(number),
            "content": choice.message.content,
            "finish_reason": choice.finish_reason,
            "index": choice.index,
            **common,
        }
        for choice in answer.choices
    ]


def write(job: Job, results: list[list[dict[str, Any]]]) -> None:
    """Write all results at once."""
    pd.DataFrame([row for result in results for row in result]).to_parquet(job.target)
