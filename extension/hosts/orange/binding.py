"""From what a dialog says to a node that can run on a table."""

import logging

from Orange.data import Table

from ....nodes.base import Node
from ....port_types.errors import EndpointError, InvalidInput
from ..kit.fields import missing_sentence
from .form import Form
from .inputs import column_names

__all__ = ["bind_node", "sentence_of"]

log = logging.getLogger(__name__)


def bind_node(node_type: type[Node], form: Form, table: Table | None) -> Node:
    """Return the node as the form describes it.

    Args:
        node_type: the class of the node.
        form: its fields.
        table: the requests, None for a run without a table.

    Raises:
        EndpointError: the node cannot run on this table; the sentence names the field.
    """
    columns = form.chosen_columns()
    node = node_type(**form.values(), columns=columns)
    fields = node.fields()
    for name, column in columns.items():
        if table is None:
            raise InvalidInput(f"{fields[name].label} comes from the column {column!r}, but no table is connected.")
        if column not in (there := column_names(table)):
            raise InvalidInput(
                f"{fields[name].label} comes from the column {column!r}, but the table has only {', '.join(there)}."
            )
    for name in node.unfilled(columns.values()):
        raise InvalidInput(missing_sentence(fields[name], connected=table is not None))
    return node


def sentence_of(error: BaseException) -> str:
    """Return what to tell the user of `error`; what nobody expected goes to the log with its traceback."""
    if isinstance(error, EndpointError):
        return str(error)
    log.error("a run ended unexpectedly", exc_info=error)
    return f"This should not have happened ({type(error).__name__}); the log has the details."
