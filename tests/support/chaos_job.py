"""A run with 64 requests in flight that writes the number of each row as soon as it is told of it."""

import sys

import pyarrow as pa

from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if __name__ == "__main__":
    base_url, cache, rows = sys.argv[1:]
    configuration = Configuration(base_url=base_url, cache=cache, concurrency=64)
    table = pa.table({"prompt": [f"row {number}" for number in range(int(rows))]})
    with Execution(
        CreateChatCompletion(model="m"),
        configuration,
        table,
        observe=lambda outcome: print(outcome.row.id if outcome.row else "", flush=True),  # noqa: T201
    ) as execution:
        for _ in execution:
            pass
        execution.complete()
