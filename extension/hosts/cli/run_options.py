"""The options of a run, beside those of the node and its Configuration: which rows, where results go, what is said."""

import csv
from pathlib import Path
from typing import Any

from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative
from .options import COLUMN_OF, OF_RUN, OF_SERVICE, RESULT, ROWS, RUN, Option, node_options, values_of

__all__ = ["RunOptions", "distinct", "run_options"]


def run_options() -> list[Option]:
    """Return the options of a run: its rows, its outputs and what it says."""
    rows, flag = {"type": int, "metavar": "ROWS"}, {"is_flag": True}
    table = "Result table: .parquet, .csv, .tsv, .jsonl, .json, .xlsx or .arrow. Default: print JSON lines."
    return [
        _option(RESULT, table, "-o", "--out", metavar="FILE"),
        _option(
            RESULT,
            "Columns of the table, such as 'sku,content'. Default: all.",
            "--select",
            metavar="NAMES",
            multiple=True,
        ),
        _option(RESULT, "Save images, recordings and subtitles as files.", "--out-dir", metavar="FOLDER"),
        _option(RESULT, "Names of those files, such as '{sku}_{index}'.", "--name", metavar="PATTERN", default=""),
        _option(RESULT, "Replace existing files, whatever they are.", "--overwrite", **flag),
        _option(RESULT, "HTML page that shows every source beside its results.", "--report", metavar="FILE"),
        _option(ROWS, "Run only the first rows.", "-n", "--limit", **rows),
        _option(ROWS, "Run a random sample of the rows.", "--sample", **rows),
        _option(ROWS, "Another number draws another sample.", "--sample-seed", type=int, default=0, advanced=True),
        _option(ROWS, "Column whose values become row_id. Default: number the rows.", "--id-column", metavar="NAME"),
        _option(ROWS, "Separator of a CSV file, such as ';' or '\\t'.", "--delimiter", metavar="CHARACTER"),
        _option(ROWS, "Encoding of a text table.", "--encoding", default="utf-8", metavar="NAME", advanced=True),
        _option(RUN, "Show the first request, counts and costs; send nothing.", "--dry-run", **flag),
        _option(RUN, "Print nothing but errors.", "-q", "--quiet", **flag),
        _option(RUN, "Print events as JSON lines to standard error, the summary as JSON.", "--json", **flag),
        _option(RUN, "End at once if another run holds this file.", "--lock", metavar="FILE", advanced=True),
        _option(RUN, "ray: run on a Ray cluster; --out may name a folder.", "--engine", metavar="NAME", advanced=True),
        _option(RUN, "Number of Ray workers.", "--workers", type=int, advanced=True),
    ]


def _option(group: str, text: str, *names: str, **details: Any) -> Option:
    parameter = OF_RUN + names[-1].removeprefix("--").replace("-", "_")
    return Option([*names, parameter], group=group, help=text, **details)


def distinct(options: list[Option], node: type[Node]) -> list[Option]:
    """Return `options` under names that no field of `node` has: beside a field "limit", the run's is --run-limit."""
    taken = {name for option in node_options(node) for name in (*option.opts, *option.secondary_opts)}
    for option in options:
        option.opts = [_free(name, taken) for name in option.opts]
        option.secondary_opts = [_free(name, taken) for name in option.secondary_opts]
    return options


def _free(name: str, taken: set[str]) -> str:
    return f"--run-{name.lstrip('-')}" if name in taken else name


class RunOptions:
    """What was given on the command line for one run.

    Args:
        given: the values of all parameters by their names.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self.source: str | None = given["source"]
        self.out, self.out_dir, self.report, self.lock, self.configuration = (
            Path(given[OF_RUN + name]) if given[OF_RUN + name] else None
            for name in ("out", "out_dir", "report", "lock", "configuration")
        )
        self.name: str = given["run_name"]
        self.overwrite, self.dry_run, self.quiet, self.as_json = (
            bool(given[OF_RUN + name]) for name in ("overwrite", "dry_run", "quiet", "json")
        )
        self.engine: str | None = given["run_engine"]
        self.workers: int | None = given["run_workers"]
        # A name with a comma in it stands in double quotes, as in CSV.
        self.select = [name for names in given["run_select"] for name in next(csv.reader([names]), [])] or None

    def __getitem__(self, name: str) -> Any:
        """Return another option of the run."""
        return self._given[OF_RUN + name]

    @property
    def columns(self) -> dict[str, str]:
        """Columns by the field they are for."""
        found = ((name, value) for name, value in self._given.items() if name.startswith(COLUMN_OF) and value)
        return {name.removeprefix(COLUMN_OF): column for name, column in found}

    def values_of(self, declared: type[Declarative]) -> dict[str, Any]:
        """Return the fields of the node or the Configuration that were given."""
        return values_of(declared, self._given, OF_SERVICE if declared is Configuration else "")
