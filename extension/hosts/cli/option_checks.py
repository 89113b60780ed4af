"""Refusing options that contradict each other or would do nothing: whoever gives one expects something of it."""

from ....nodes.base import Node
from ....port_types.errors import InvalidInput, InvalidSetting
from ...engine.io.folders import ALL_MEDIA_SUFFIXES
from ...engine.io.outputs import STANDARD_OUTPUT
from ...engine.io.rows import ReadOptions
from ..kit.gallery import check_page
from ..kit.wording import option_name
from .run_options import RunOptions

__all__ = ["check_options", "reading"]

NEEDED = {"name": "out_dir", "sample_seed": "sample", "workers": "engine"}
"""Options that do nothing without another one."""


def check_options(node: Node, options: RunOptions) -> None:
    """Look at what was given together, before anything is read.

    Raises:
        InvalidInput: an option does nothing without another one, the page cannot be written, or images are to be
            written into a table.
        InvalidSetting: a field has a value and a column, of which one would be lost.
    """
    for name in options.columns:
        if getattr(node, name, None) is not None:
            raise InvalidSetting(f"`{name}` has a value and a column; give one of `{name}` and `{name}`-column.")
    _check_table(options)
    if options.report:
        check_page(options.report)
    # Without --out, the table is printed unless there is something else to write.
    elsewhere = {"select": "out"} if options.out_dir or options.report else {}
    for name, other in {**NEEDED, **elsewhere}.items():
        if options[name] and not options[other]:
            raise InvalidInput(f"{option_name(name)} does nothing without {option_name(other)}; give both or neither.")


def _check_table(options: RunOptions) -> None:
    out = options.out
    if out is None or out == STANDARD_OUTPUT or options.engine:
        return
    if out.suffix.lower() in ("", *ALL_MEDIA_SUFFIXES):
        folder = out if not out.suffix else out.with_suffix("")
        raise InvalidInput(f"--out names a table, such as out.csv; --out-dir {folder} saves images and recordings.")


def reading(options: RunOptions) -> ReadOptions:
    """Return how the input is read, and which of its rows.

    Raises:
        InvalidInput: a number or the delimiter cannot be meant.
    """
    for name in ("limit", "sample"):
        if options[name] is not None and options[name] < 1:
            raise InvalidInput(f"--{name} must be at least 1, not {options[name]}.")
    delimiter = options["delimiter"]
    if delimiter is not None:
        delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
        if len(delimiter) != 1:
            raise InvalidInput(f"--delimiter must be a single character, not {delimiter!r}.")
    return ReadOptions(
        delimiter=delimiter,
        encoding=options["encoding"],
        id_column=options["id_column"],
        limit=options["limit"],
        sample=options["sample"],
        seed=options["sample_seed"],
    )
