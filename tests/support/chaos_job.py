"""A run with 64 requests in flight that writes the number of each row as soon as it is reported, and then a table."""

import sys
from pathlib import Path

from chaos_support import prompts

from endpoint_nodes.extension.engine import Execution
from endpoint_nodes.extension.engine.io.outputs import write_table
from endpoint_nodes.nodes.create_chat_completion import CreateChatCompletion
from endpoint_nodes.port_types.configuration import Configuration

if __name__ == "__main__":
    base_url, cache, rows, out = sys.argv[1:]
    with Execution(
        CreateChatCompletion(model="m"),
        Configuration(base_url=base_url, cache=cache, concurrency=64),
        prompts(map(int, rows.split(","))),
        observe=lambda outcome: print(outcome.row.id if outcome.row else "", flush=True),  # noqa: T201
    ) as execution:
        write_table(Path(out), execution.schema, execution)
        execution.complete()
