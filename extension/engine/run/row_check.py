"""Looking at all rows before anything is sent, so that what cannot be sent is found before others are paid for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ....nodes.base import Binding, Call, Node
from ....port_types.errors import InvalidInput
from ..io.inputs import ReadOptions, can_be_read_again, open_input
from ..io.media import is_remote, load_local

__all__ = ["check_rows"]


def check_rows(
    node: Node,
    source: Any,
    reading: ReadOptions | None,
    binding: Binding,
    *,
    warn: Callable[[str], None] = lambda _: None,
    uploads: Path | None = None,
) -> None:
    """Look at the rows of `source`, if it can be read twice: at their values, and at files on this machine.

    Args:
        node: the node with its settings.
        source: the input as the user gave it.
        reading: how it is read.
        binding: which values come from which columns.
        warn: told how many rows cannot be sent, where such rows do not end the run.
        uploads: the only folder whose files text may name, None for any on this machine.

    Raises:
        InvalidInput: a row that ends the run lacks a value, or has one that cannot be sent; the sentence names the row.
    """
    again = open_input(source, node, reading) if can_be_read_again(source) else None
    if again is None:
        return
    count, first = 0, ""
    for row in again.rows:
        try:
            call = binding.call(row.cells)
            _check(node, call)
            _check_files(node, call, uploads or again.folder, confined=uploads is not None)
        except InvalidInput as error:
            named = error.with_prefix(f"{row.name}: ")
            if node.on_error == "fail":
                raise named from None
            count, first = count + 1, first or str(named)
    if count:
        what = "row has" if count == 1 else "rows have"
        warn(f"{count:,} {what} something that cannot be sent, and will have an error in place of a result. {first}")


def _check(node: Node, call: Call) -> None:
    if sentence := call.incomplete():
        if node.missing_values == "skip":
            return
        raise InvalidInput(sentence)
    routes = call.routes()
    # Which of several routes it will be is known once the service has answered.
    if len(routes) == 1 and (sentence := call.check_route(routes[0])):
        raise InvalidInput(sentence)


def _check_files(node: Node, call: Call, folder: Path | None, *, confined: bool) -> None:
    for name, values in call.media().items():
        kind = node.fields()[name].kind.value
        for value in values:
            if is_remote(value):
                continue
            try:
                file = load_local(value, kind, folder, confined=confined)
            except InvalidInput as error:
                raise InvalidInput(f"{name}: {error}.") from None
            call.check_file(name, file, call.routes())
