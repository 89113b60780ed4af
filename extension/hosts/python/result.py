"""What a run gives back to Python: a table that shows itself, becomes pandas, and saves its images as files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ...engine.io.media_files import MediaFiles
from ...engine.io.outputs import check_output, write_table
from ..kit.progress import count

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Result"]

SHOWN_ROWS = 20
"""Rows that a notebook shows; a table of ten thousand images is not for one page."""


@dataclass(frozen=True, repr=False, eq=False)
class Result:
    """The result of a run.

    It has Arrow's stream interface, so that polars, DuckDB and pandas take it as it is: ``pl.DataFrame(result)``.

    Attributes:
        table: the result table; image and audio columns hold encoded bytes.
        configuration: the Configuration, passed through for the next node.
        node: the node that was run.
        rows: input rows.
        failed: rows that failed.
        reused: rows whose response was there already, so that nothing was sent.
        seconds: how long it took.
    """

    table: "pa.Table"
    configuration: Configuration
    node: Node
    rows: int = field(kw_only=True)
    failed: int = field(kw_only=True)
    reused: int = field(kw_only=True)
    seconds: float = field(kw_only=True)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the table as a pandas DataFrame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        return self.table.to_pylist()

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the table to a file, in the format of its suffix, and return the path.

        Args:
            path: .parquet, .csv, .tsv, .jsonl, .json, .xlsx, .arrow or .feather.
            overwrite: whether a file that is not a result of this node may be replaced.

        Raises:
            InvalidInput: it cannot be written there.
        """
        target = Path(path).expanduser()
        check_output(target, self.table.schema, overwrite=overwrite)
        write_table(target, self.table.schema, self.table.to_batches())
        return target

    def save_files(self, folder: str | Path, name: str = "") -> list[Path]:
        """Write the images and recordings as files and return their paths.

        Args:
            folder: where they go; made if it is not there.
            name: file names, such as ``"{sku}_{index}"``; ``{column}`` stands for the row's value and ``{number}`` for
                the row's number. By default the row's id and the number within it.

        Raises:
            InvalidInput: the name uses a column that the result does not have, or a file cannot be written.
        """
        files = MediaFiles(Path(folder).expanduser(), self.table.schema, name)
        rows = (row for batch in self.table.to_batches(max_chunksize=16) for row in batch.to_pylist())
        return [path for row in rows for path in files.save(row).values()]

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, column: str) -> list[Any]:
        """Return the values of a column."""
        return self.table.column(column).to_pylist()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        stream: object = self.table.__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]
        return stream

    def __repr__(self) -> str:
        names = ", ".join(self.table.schema.names)
        return f"<Result of {self.node.label()}: {self._summary()}; columns {names}>"

    def _repr_html_(self) -> str:
        """Return the first rows for a notebook, images as images and recordings as players."""
        from ...report.fragment import fragment_html
        from ...report.results import Results

        cards = Results(self.table.schema, self.table.to_batches(max_chunksize=16)).cards()
        return f"<p>{self.node.label()}: {self._summary()}</p>{fragment_html(cards, limit=SHOWN_ROWS)}"

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _summary(self) -> str:
        parts = [count(self.rows, "row"), f"{count(len(self), 'result')} in {self.seconds:.1f} s"]
        if self.failed:
            parts.insert(1, f"{self.failed:,} failed")
        if self.reused:
            parts.insert(1, f"{self.reused:,} from the cache")
        return ", ".join(parts)
