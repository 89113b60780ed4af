"""Input rows that gave no result, as a table to correct and send once more."""

from collections.abc import Sequence

import numpy as np
from Orange.data import StringVariable, Table
from Orange.data.util import get_unique_names

from .inputs import column_names
from .job import Done

__all__ = ["skipped_rows"]


def skipped_rows(table: Table, done: Sequence[Done]) -> Table | None:
    """Return the rows of `table` that failed or lack a required value, each with the reason, None if there are none."""
    without = [row for row in done if row.reason]
    if not without:
        return None
    name = get_unique_names(column_names(table), "error")
    reasons = np.array([row.reason for row in without], dtype=object)
    skipped: Table = table[[row.number - 1 for row in without]].add_column(StringVariable(name), reasons, to_metas=True)
    skipped.name = "Skipped"
    return skipped
