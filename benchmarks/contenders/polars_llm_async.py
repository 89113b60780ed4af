"""polars-llm, the plug-in of Polars for language models, with its asynchronous expression; chat only, the text only."""

import polars as pl
import polars_llm  # noqa: F401 - adds the expressions
from job import Job

from . import official


def run(job: Job) -> None:
    """Do the job."""
    ask = pl.col("prompt").llm.aopenai(  # type: ignore[attr-defined]
        model="benchmark",
        base_url=job.base_url,
        api_key=official.OPTIONS["api_key"],
        max_concurrency=job.concurrency,
        on_error="raise",
    )
    pl.read_parquet(job.source).with_columns(ask.alias("content")).write_parquet(job.target)
