"""Looking at all rows before anything is sent, so that one that cannot be sent is found before others are paid for."""

from typing import Any

from ....nodes.base import Binding, Call, Node
from ....port_types.errors import InvalidInput
from ..io.inputs import ReadOptions, can_be_read_again, open_input

__all__ = ["check_rows"]


def check_rows(node: Node, source: Any, reading: ReadOptions | None, binding: Binding) -> None:
    """Look at the rows of `source`, if it can be read twice and a row that fails ends the run.

    Args:
        node: the node with its settings.
        source: the input as the user gave it.
        reading: how it is read.
        binding: which values come from which columns.

    Raises:
        InvalidInput: a row lacks a value, or has one that cannot be sent; the sentence names the row.
    """
    if node.on_error != "fail" or not can_be_read_again(source):
        return
    opened = open_input(source, node, reading)
    for row in opened.rows if opened else ():
        try:
            _check(node, binding.call(row.cells))
        except InvalidInput as error:
            raise error.with_prefix(f"{row.name}: ") from None


def _check(node: Node, call: Call) -> None:
    if sentence := call.incomplete():
        if node.missing_values == "skip":
            return
        raise InvalidInput(sentence)
    routes = call.routes()
    # Which of several routes it will be is known once the service has answered.
    if len(routes) == 1 and (sentence := call.check_route(routes[0])):
        raise InvalidInput(sentence)
