"""What the service answers to: one function for each operation."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ....nodes import node_classes
from ....nodes.base import Node
from ....port_types.errors import InvalidSetting
from ...engine.io.media_files import media_suffix
from ...engine.model_list import choices
from ...engine.packs import pack_node_classes
from ..kit.description import description
from ..kit.schema import settings_schema
from . import results
from .configurations import Configurations
from .metrics import CONTENT_TYPE, Metrics
from .models import Choices, Names, Runs
from .reply import reply
from .run import ServiceRun
from .runner import Runner, node_class
from .submission import read_run
from .uploads import Uploads

__all__ = ["Service"]

LOOKED_EVERY, ALIVE_EVERY = 0.2, 15.0
"""Seconds between two looks at a run that is followed, and between two signs of life to who follows it."""


@dataclass(frozen=True)
class Service:
    """The parts of a service, and its operations.

    Attributes:
        runner: does the runs.
        uploads: keeps files.
        configurations: what runs may name.
        metrics: counts.
        keep_seconds: how long ended runs and files stay.
    """

    runner: Runner
    uploads: Uploads
    configurations: Configurations
    metrics: Metrics
    keep_seconds: float

    async def health(self, request: Request) -> Response:
        """Say that the service is there; needs no token."""
        return reply({"status": "ok"})

    async def show_metrics(self, request: Request) -> Response:
        """Return counts for Prometheus."""
        return Response(
            self.metrics.text(run.record for run in list(self.runner.runs.values())), media_type=CONTENT_TYPE
        )

    async def list_nodes(self, request: Request) -> Response:
        """List the nodes."""
        packs = await run_in_threadpool(lambda: [node for _, _, nodes in pack_node_classes() for node in nodes])
        nodes = [*node_classes().values(), *packs]
        facts = [{"id": node.id(), "label": node.label(), "help": _first_line(node)} for node in nodes]
        return reply({"nodes": facts})

    async def show_node(self, request: Request) -> Response:
        """Return a node's fields, the schema of its settings, and the columns of its result."""
        node = await run_in_threadpool(_node, request)
        return reply({**description(node), "settings": settings_schema(node)})

    async def list_choices(self, request: Request) -> Response:
        """Return what a field can be: its choices, or the models that the service of a Configuration has for it."""
        node = await run_in_threadpool(_node, request)
        field = node.fields().get(request.path_params["field"])
        if field is None:
            raise HTTPException(404, f"{node.label()} has no field {request.path_params['field']!r}.")
        name = request.query_params.get("configuration", "")
        found = await run_in_threadpool(lambda: choices(field, self.configurations.load(name, node)))
        return reply(Choices(found))

    async def list_configurations(self, request: Request) -> Response:
        """List the names of the Configurations that runs may use."""
        return reply(Names(await run_in_threadpool(self.configurations.names)))

    async def save_file(self, request: Request) -> Response:
        """Keep a file under a name, by which rows and settings can name it."""
        saved = await self.uploads.save(request.scope["owner"], request.path_params["name"], request.stream())
        self.metrics.count("uploaded_bytes_total", by=saved.bytes)
        return reply(saved, 201)

    async def delete_file(self, request: Request) -> Response:
        """Delete a file."""
        name = request.path_params["name"]
        if not await run_in_threadpool(self.uploads.delete, request.scope["owner"], name):
            raise HTTPException(404, f"There is no file {name[:200]!r}.")
        return Response(status_code=204)

    async def start_run(self, request: Request) -> Response:
        """Start a run: JSON, or a form with the parts run (JSON), rows (JSON lines or an Arrow stream) and file."""
        await run_in_threadpool(self._prune)
        owner = request.scope["owner"]
        run = await read_run(request, owner, self.runner.folder, self.uploads, self.configurations)
        try:
            await run_in_threadpool(self.runner.submit, run)
        except BaseException:
            run.remove()
            raise
        return reply(run.status(), 201)

    async def list_runs(self, request: Request) -> Response:
        """List the runs of the token, oldest first."""
        own = (run for run in list(self.runner.runs.values()) if run.record.owner == request.scope["owner"])
        return reply(Runs([run.status() for run in own]))

    async def show_run(self, request: Request) -> Response:
        """Return how far a run is; asking renews its lease."""
        run = self._find(request)
        run.renew_lease()
        return reply(run.status())

    async def cancel_run(self, request: Request) -> Response:
        """Cancel a run; one that has ended is removed, with its results."""
        run = self._find(request)
        if run.ended:
            await run_in_threadpool(self.runner.forget, run)
        else:
            await run_in_threadpool(run.cancel, "The run was cancelled.")
        return reply(run.status())

    async def cancel_by_address(self, request: Request) -> Response:
        """Cancel a run by its secret address; needs no token."""
        run = self.runner.by_cancel_key(request.path_params["key"])
        if run is None:
            raise HTTPException(404, "There is no such run.")
        if not run.ended:
            await run_in_threadpool(run.cancel, "The run was cancelled.")
        return Response(status_code=204)

    async def follow_run(self, request: Request) -> Response:
        """Return the progress of a run as server-sent events: progress, and end."""
        return StreamingResponse(self._events(request, self._find(request)), media_type="text/event-stream")

    async def show_results(self, request: Request) -> Response:
        """Return the results: JSON lines, or an Arrow stream if the request accepts that."""
        run, path = self._ended(request)
        if results.ARROW in request.headers.get("accept", ""):
            return StreamingResponse(results.arrow_stream(path), media_type=results.ARROW)
        lines = results.json_lines(path, f"/runs/{run.record.id}/results")
        return StreamingResponse(lines, media_type=results.JSON_LINES)

    async def show_file(self, request: Request) -> Response:
        """Return one image or recording of the results."""
        _, path = self._ended(request)
        row, column = request.path_params["row"], request.path_params["column"]
        data = await run_in_threadpool(results.cell, path, row, column)
        if data is None:
            raise HTTPException(404, f"There is no file in row {row}, column {column!r}.")
        name = f'inline; filename="{row}{media_suffix(data)}"'
        headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
        return Response(data, headers=headers, media_type=results.media_type(data))

    def _find(self, request: Request) -> ServiceRun:
        run = self.runner.find(request.path_params["run"], request.scope["owner"])
        if run is None:
            raise HTTPException(404, "There is no such run.")
        return run

    def _ended(self, request: Request) -> tuple[ServiceRun, Path]:
        run = self._find(request)
        if not run.ended:
            raise HTTPException(409, f"The run is still {run.record.state}; its results are there once it has ended.")
        if not run.record.has_results:
            raise HTTPException(404, f"The run has no results: {run.record.error}")
        return run, run.result

    async def _events(self, request: Request, run: ServiceRun) -> AsyncIterator[bytes]:
        last, told = None, 0.0
        # Not every server ends the stream of a client that has gone, and the run would seem to be followed.
        while not (self.runner.stopping.is_set() or await request.is_disconnected()):
            run.renew_lease()
            status = run.status()
            if status != last:
                name = "end" if run.ended else "progress"
                yield b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(status))
                last, told = status, time.monotonic()
            elif time.monotonic() - told > ALIVE_EVERY:
                yield b": still here\n\n"
                told = time.monotonic()
            if status.state in ("done", "failed", "cancelled"):
                return
            await asyncio.sleep(LOOKED_EVERY)

    def _prune(self) -> None:
        """Remove what has been there for long; while nothing is started, nothing grows."""
        runs = list(self.runner.runs.values())
        for run in runs:
            if run.ended and run.record.ended and time.time() - run.record.ended.timestamp() > self.keep_seconds:
                self.runner.forget(run)
        self.uploads.prune(self.keep_seconds, {run.record.owner for run in runs if not run.ended})


def _node(request: Request) -> type[Node]:
    try:
        return node_class(request.path_params["node"])
    except InvalidSetting as error:
        raise HTTPException(404, str(error)) from None


def _first_line(node: type) -> str:
    return (node.__doc__ or "").strip().splitlines()[0]
