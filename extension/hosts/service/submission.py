"""Reading what a client asks for: a run with its rows and files, as JSON or as parts of a form."""

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ....nodes.base import Node
from ....port_types.errors import InvalidInput, InvalidSetting
from ....port_types.table import KIND_KEY
from ...engine import Execution
from ..kit.fields import public_fields
from .configurations import Configurations
from .models import ColumnFacts, RunRecord, RunRequest
from .run import ServiceRun, new_id
from .runner import node_class
from .uploads import Uploads

__all__ = ["MOST_JSON", "read_run"]

MOST_JSON = 64_000_000
"""Bytes of a run that comes as JSON, which is read into memory; a table in a form may be larger."""

MOST_FILES = 10_000
CHUNK = 1 << 20


async def read_run(request: Request, owner: str, folder: Path, uploads: Uploads, names: Configurations) -> ServiceRun:
    """Return the run that `request` describes, checked, with its rows in a folder of its own; nothing is sent yet.

    Args:
        request: JSON, or a form with the parts `run`, `rows` and any number of `file`.
        owner: whose run it is.
        folder: where the folders of runs are.
        uploads: takes the files of a form.
        names: the Configurations that it may name.

    Raises:
        HTTPException: it cannot be read.
        EndpointError: node, Configuration and rows do not go together.
    """
    place = folder / new_id()
    place.mkdir(mode=0o700)
    try:
        if request.headers.get("content-type", "").startswith("multipart/"):
            asked, source = await _read_form(request, owner, place, uploads)
        else:
            asked = _decode(await _body(request))
            source = await run_in_threadpool(_write_rows, asked, place)
        return await run_in_threadpool(_make_run, asked, owner, place, source, names)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_JSON:
            raise HTTPException(413, f"A run as JSON may have {MOST_JSON:,} bytes; send its rows as a part of a form.")
    return bytes(body)


async def _read_form(request: Request, owner: str, place: Path, uploads: Uploads) -> tuple[RunRequest, str | None]:
    async with request.form(max_files=MOST_FILES, max_fields=10) as form:
        described, rows = form.get("run"), form.get("rows")
        if described is None:
            raise HTTPException(422, "The form has no part `run`, a JSON object that names the node.")
        text = described.encode() if isinstance(described, str) else await described.read(MOST_JSON)
        asked = _decode(text)
        for file in form.getlist("file"):
            if not isinstance(file, UploadFile):
                raise HTTPException(422, "A part `file` of the form has no file name.")
            await uploads.save(owner, file.filename or "", _chunks(file))
        if asked.rows is not None or rows is None:
            return asked, await run_in_threadpool(_write_rows, asked, place)
        if isinstance(rows, str):
            (place / "rows.jsonl").write_text(rows, encoding="utf-8")
            return asked, "rows.jsonl"
        return asked, await run_in_threadpool(_write_table, rows.file, place)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


def _decode(body: bytes) -> RunRequest:
    try:
        return msgspec.json.decode(body, type=RunRequest)
    except msgspec.MsgspecError as error:
        raise HTTPException(422, f"The run cannot be read: {error}.") from None


def _write_rows(asked: RunRequest, place: Path) -> str | None:
    if asked.rows is None:
        return None
    with (place / "rows.jsonl").open("wb") as file:
        for row in asked.rows:
            file.write(msgspec.json.encode(row) + b"\n")
    return "rows.jsonl"


def _write_table(content: BinaryIO, place: Path) -> str:
    """Write JSON lines as they are, an Arrow stream as a file of checked batches."""
    import pyarrow as pa

    first = content.read(1)
    content.seek(0)
    if first in b"{ \t\r\n":
        with (place / "rows.jsonl").open("wb") as file:
            shutil.copyfileobj(content, file, CHUNK)
        return "rows.jsonl"
    try:
        with (
            pa.ipc.open_stream(content) as stream,  # type: ignore[arg-type]  # the stubs know IOBase only
            pa.ipc.new_file(str(place / "rows.arrow"), stream.schema) as file,
        ):
            for batch in stream:
                batch.validate(full=True)
                file.write_batch(batch)
    except (pa.ArrowException, OSError) as error:
        raise HTTPException(422, f"The rows are neither JSON lines nor an Arrow stream ({error}).") from None
    return "rows.arrow"


def _make_run(asked: RunRequest, owner: str, place: Path, source: str | None, names: Configurations) -> ServiceRun:
    kind = node_class(asked.node)
    _check_names(kind, asked)
    node, configuration = kind(**asked.settings), names.load(asked.configuration, kind)
    names.check_key(node, configuration)
    if source is None and (missing := node.missing()):
        raise InvalidInput(f"`{missing[0]}` is missing: give it in the settings, or rows with a column {missing[0]!r}.")
    execution = Execution(node, configuration, place / source if source else None)
    kinds = {field.name: (field.metadata or {}).get(KIND_KEY, b"input").decode() for field in execution.schema}
    record = RunRecord(
        id=place.name,
        owner=owner,
        node=kind.id(),
        settings=asked.settings,
        configuration=asked.configuration,
        created=dt.datetime.now(dt.UTC),
        cancel_key=new_id(),
        source=source,
        lease_seconds=asked.lease_seconds,
        total=execution.total,
        own_files=asked.own_files,
        columns=[ColumnFacts(name, kind) for name, kind in kinds.items()],
    )
    return ServiceRun(place, record)


def _check_names(kind: type[Node], asked: RunRequest) -> None:
    known = [*(field.name for field in public_fields(kind)), "columns"]
    for name in asked.settings:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f". Its fields are {', '.join(known)}."
            raise InvalidSetting(f"{kind.label()} has no field {name!r}{hint}")
