"""What a host asks of a run, wherever it takes place."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from ...engine import Execution
from ...engine.io.media_files import MediaFiles
from ...engine.io.outputs import check_output
from ...engine.run.result_table import select_columns
from ...engine.run.summary import RunSummary
from .result_files import open_media_files, text_columns, write_result

__all__ = ["LocalRun", "NodeRun"]


class NodeRun(Protocol):
    """One run of a node whose result goes to files; a context manager."""

    total: int | None
    """Number of input rows, None if it is not known before reading."""

    @property
    def keeps_responses(self) -> bool:
        """Whether responses are kept for a later run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def write(self) -> None:
        """Run all rows and put the result in place.

        Raises:
            EndpointError: a row failed and the node says "fail", or the run was stopped.
        """

    def complete(self) -> None:
        """Say that the result is in place."""

    def summary(self) -> RunSummary:
        """Return what the run has come to until now."""


class LocalRun(Execution):
    """A run in this process.

    Args:
        node: the node with its settings.
        configuration: where to send, and under which limits.
        source: as for `Execution`.
        out: the result table; None is none.
        out_dir: folder for the images and recordings of the result; None is none.
        name: pattern of the files' names.
        overwrite: whether files that are not results may be replaced.
        select: names of the columns that the result table keeps, in this order; None keeps all.
        options: as `Execution` takes them.

    Raises:
        EndpointError: it could not start; nothing was sent.
    """

    def __init__(
        self,
        node: Any,
        configuration: Any,
        source: Any = None,
        *,
        out: Path | None = None,
        out_dir: Path | None = None,
        name: str = "",
        overwrite: bool = False,
        select: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        # Files are made of columns that the table may leave out.
        super().__init__(node, configuration, source, select=None if out_dir else select, **options)
        self._out, self._out_schema = out, select_columns(self.schema, select)
        if out:
            check_output(out, self._out_schema, source=source, overwrite=overwrite)
        self._files: MediaFiles | None = None
        if out_dir:
            texts = text_columns(node)
            self._files = open_media_files(out_dir, self.schema, name, texts=texts, overwrite=overwrite)

    def write(self) -> None:
        """Run all rows and put the result in place; after a spent budget, what arrived.

        Raises:
            EndpointError: a row failed and the node says "fail", or the run was stopped.
        """
        write_result(self, self._out_schema, self._out, self._files)
