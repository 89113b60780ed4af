"""Endpoint Nodes, the whole path from table to Parquet."""

import tempfile
from pathlib import Path

from job import Job

from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.extension.engine.io.outputs import write_table
from endpoint_nodes.extension.hosts.kit.collector import relax_collector
from endpoint_nodes.nodes.base import Node
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.nodes.create_image_variation import CreateImageVariation
from endpoint_nodes.port_types.configuration import NO_CACHE, Configuration


def run(job: Job) -> None:
    """Do the job as the command line does it."""
    cache = tempfile.mkdtemp(dir=job.folder) if job.cache else NO_CACHE
    if job.again:
        cache = str(Path(job.folder, "kept"))
    if job.is_chat:
        # The others write model and usage, too; where there are none, it is the node as it comes.
        node: Node = CreateChatCompletion(model="benchmark", request_details=not job.again)
    else:
        node = CreateImageVariation(n=job.n, model="benchmark")
    configuration = Configuration(base_url=job.base_url, concurrency=job.concurrency, cache=cache)
    with Execution(node, configuration, job.source) as execution:
        relax_collector()
        write_table(job.target, execution.schema, execution)
        execution.complete()
