"""Endpoint Nodes, the whole path from table to Parquet."""

import shutil
from pathlib import Path

from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.extension.engine.outputs import write_table
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_LEDGER, Configuration
from job import Job


def run(job: Job) -> None:
    """Do the job as the command line does it."""
    ledger = Path(job.folder) / "ledger"
    node = CreateChatCompletion(model="benchmark") if job.is_chat else CreateImageVariation(n=job.n, model="benchmark")
    configuration = Configuration(
        base_url=job.base_url, concurrency=job.concurrency, ledger=str(ledger) if job.ledger else NO_LEDGER
    )
    with Execution(node, configuration, job.source) as execution:
        write_table(job.target, execution.schema, execution)
        execution.complete()
    shutil.rmtree(ledger, ignore_errors=True)
