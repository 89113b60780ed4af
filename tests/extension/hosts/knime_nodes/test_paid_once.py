"""What is sent, counted at the service: nothing that was answered is paid for again, whatever KNIME's users do next."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import knime.extension as knext
import pyarrow as pa
import pytest
from workflow import Context, Table, images, png

VARIATION = "create_image_variation"
ROWS = 12


def sent(base_url: str) -> int:
    log = httpx.get(base_url.removesuffix("/v1") + "/sandbox/requests").json()
    return sum(request["path"].endswith("/images/variations") for request in log["requests"])


def photos() -> Table:
    return Table({"photo": images(*(png(40 + side) for side in range(ROWS)))})


def execute(make: Any, port: Any, table: Table, context: Context | None = None, **settings: Any) -> Any:
    return make(VARIATION, **settings).execute(context or Context(), port, table)[0]


def test_after_a_failure_only_what_was_not_answered_is_sent(
    make: Any, port: Any, sandbox_server: Callable[..., str], tmp_path: Path
) -> None:
    base_url = sandbox_server()
    configuration = port(base_url, **{"limits.concurrency": 1})
    paths = [tmp_path / f"{number}.png" for number in range(ROWS)]
    for number, path in enumerate(paths):
        path.write_bytes(b"no image at all" if number == 9 else png(40 + number))
    table = Table({"image": pa.array([str(path) for path in paths])})
    with pytest.raises(knext.InvalidParametersError, match="RowId9"):
        execute(make, configuration, table)
    assert sent(base_url) == 0, "the broken file is found before anything is paid for"
    result = execute(make, configuration, table, **{"result.on_error": "continue"})
    assert pa.concat_tables(result).num_rows == ROWS
    assert sent(base_url) == ROWS - 1
    execute(make, configuration, table, **{"result.on_error": "continue", "request.fit": "crop"})
    assert sent(base_url) == ROWS - 1, "square images are the same request, cropped or padded"


def test_copies_of_a_node_in_parallel_branches_share_their_responses(
    make: Any, port: Any, sandbox_server: Callable[..., str]
) -> None:
    base_url = sandbox_server(latency=0.05)
    configuration, results = port(base_url), []

    def branch() -> None:
        results.append(execute(make, configuration, photos()))

    branches = [threading.Thread(target=branch) for _ in range(2)]
    for thread in branches:
        thread.start()
    for thread in branches:
        thread.join()
    assert [pa.concat_tables(result).num_rows for result in results] == [ROWS, ROWS]
    assert sent(base_url) == ROWS


def test_a_moved_workflow_finds_its_responses(make: Any, port: Any, sandbox_server: Callable[..., str]) -> None:
    class Moved(Context):
        def get_workflow_data_area_dir(self) -> str:
            return "/jobs/7/workflow/data"

    base_url = sandbox_server()
    configuration = port(base_url)
    for context in (Context(), Moved()):
        execute(make, configuration, photos(), context)
    assert sent(base_url) == ROWS
    assert context.flow_variables["image_variation_from_cache"] == ROWS
