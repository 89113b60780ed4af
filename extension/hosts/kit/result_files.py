"""Where results go: a table, files of its images and recordings, or both; a spent budget ends them in good order."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ....nodes.base import Node
from ....port_types.errors import InvalidInput, RunStopped, StopReason
from ...engine.io.media_files import MediaFiles
from ...engine.io.outputs import write_table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ResultBatches", "open_media_files", "text_columns", "write_result"]

MARKER = ".endpoint-nodes"
"""File that says that a folder holds our results, so that a later run may replace them."""


class ResultBatches:
    """The batches of a run; a spent budget ends them, so that what was paid for can be written.

    Args:
        batches: as an `Execution` yields them.

    Attributes:
        stopped_by: the error of the spent budget, to be raised once the results are in place.
    """

    def __init__(self, batches: "Iterable[pa.RecordBatch]") -> None:
        self._batches = batches
        self.stopped_by: RunStopped | None = None

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        try:
            yield from self._batches
        except RunStopped as error:
            if error.reason is not StopReason.BUDGET:
                raise
            self.stopped_by = error


def write_result(
    batches: "Iterable[pa.RecordBatch]", schema: "pa.Schema", out: Path | None, files: MediaFiles | None
) -> None:
    """Write the batches of a run to a table, its media to files, or both.

    Args:
        batches: as an `Execution` yields them.
        schema: of the table; columns of the batches that it does not have are left out.
        out: the table; None is none.
        files: where images and recordings go; None saves none.

    Raises:
        EndpointError: what ended the run, or why something cannot be written. After a spent budget the results that
            arrived are in place.
    """
    found = ResultBatches(batches)
    saved = found if files is None else _save_files(found, files)
    if out:
        write_table(out, schema, (batch.select(schema.names) for batch in saved))
    else:
        for _ in saved:
            pass
    if found.stopped_by:
        raise found.stopped_by


def _save_files(batches: "Iterable[pa.RecordBatch]", files: MediaFiles) -> "Iterator[pa.RecordBatch]":
    for batch in batches:
        for row in batch.to_pylist():
            files.save(row)
        yield batch


def text_columns(node: Node) -> dict[str, str]:
    """Return the suffix of the result's columns that are files in text form, such as subtitles."""
    form = getattr(node, "response_format", None)
    return {"text": f".{form}"} if form in ("srt", "vtt") else {}


def open_media_files(
    folder: Path, schema: "pa.Schema", pattern: str = "", *, texts: Mapping[str, str] | None = None, overwrite: bool
) -> MediaFiles:
    """Return what saves a result's images and recordings in `folder`.

    Args:
        folder: made if it is not there.
        schema: of the result.
        pattern: file names, such as ``{sku}_{index}``.
        texts: suffixes of text columns that are files too.
        overwrite: whether files in the folder may be replaced that are not from a run.

    Raises:
        InvalidInput: the result has nothing to save, the pattern names an unknown column, or the folder holds files of
            somebody else.
    """
    files = MediaFiles(folder, schema, pattern, texts=texts)
    if not files.columns:
        raise InvalidInput("The result has no images, recordings or subtitles to save as files.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = any(not path.name.startswith(".") for path in folder.iterdir())
        if strangers and not overwrite and not (folder / MARKER).exists():
            raise InvalidInput(
                f"The folder {folder} has files that are not from a run; choose another one, or say --overwrite."
            )
        (folder / MARKER).touch()
    except OSError as error:
        raise InvalidInput(f"The folder {folder} cannot be written ({error.strerror}).") from None
    return files
