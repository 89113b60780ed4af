"""From a node's declaration to a KNIME node: ports, dialog, description. No node is named here."""

import html
import inspect
import types
from typing import Any

import knime.extension as knext

from ....nodes.base import Column, ColumnKind, Node
from ....port_types.fields import Field, Mode
from .behaviour import SHOWN_ROWS, KnimeNode
from .category import CATEGORY, icon_of
from .column_settings import COLUMN_SETTINGS, make_column_settings
from .entry_lists import entry_list, list_name
from .fields import KEEP_COLUMNS, MISSING_VALUES, has_column
from .models import offered_models
from .parameters import make_group
from .ports import CONFIGURATION_PORT

__all__ = ["dialog_fields", "make_node"]

ABOUT_TABLE = frozenset({KEEP_COLUMNS, MISSING_VALUES})
"""Settings of every node that only matter for a table."""
ABOUT_REQUEST = frozenset({"extra_fields"})
ABOUT_BODY = ABOUT_TABLE | ABOUT_REQUEST | {"repeat_request"}
"""Settings that mean nothing to a node whose request has no fields."""
SECTIONS = {
    "input": ("Input", "What each request is about: one for all, or columns of the table, one request a row."),
    "request": ("Request", "What the service is asked for. What is not set is left to the service."),
    "result": ("Result", "What the result table holds, and what becomes of requests that fail."),
}

PROMISES = (
    "A request that fails for a passing reason is sent again, and one that was answered never. The Configuration is "
    "passed through, so that nodes chain; what the run came to is in flow variables."
)


def section_of(field: Field) -> str:
    """Return the part of the dialog that `field` belongs to."""
    if has_column(field) or field.name in ABOUT_TABLE:
        return "input"
    return "result" if field.name in Node.fields() and field.name not in ABOUT_REQUEST else "request"


def make_node(node: type[Node], category: Any = CATEGORY) -> Any:
    """Register and return the KNIME node for `node`, in a category."""
    fields = dialog_fields(node)
    sections = {
        name: chosen for name in SECTIONS if (chosen := [field for field in fields if section_of(field) == name])
    }

    def body(namespace: dict[str, Any]) -> None:
        namespace.update({"__doc__": _description(node), "__module__": __name__})
        namespace.update({"node": node, "sections": sections, "has_view": shows_media(node)})
        for name, chosen in sections.items():
            label, text = SECTIONS[name]
            group = make_group(
                f"{node.__name__}{label}", label, text, chosen, offers=offered_models, only_with_table=ABOUT_TABLE
            )
            namespace[name] = group()
            if name == "input" and (array := make_column_settings(node)):
                namespace[COLUMN_SETTINGS] = array
            lists = [field for field in chosen if field.entries]
            namespace.update({list_name(field): entry_list(node.__name__, field) for field in lists})

    made = types.new_class(node.__name__, (KnimeNode,), {}, body)
    for port in reversed(_ports(node)):  # each is put before those there are
        made = port(made)
    kind = knext.NodeType.MANIPULATOR if node.wire_fields() else knext.NodeType.SOURCE
    icon = icon_of(node.id(), node.icon)
    return knext.node(node.label(), kind, icon, category, keywords=_keywords(node), id=node.id())(made)


def dialog_fields(node: type[Node]) -> list[Field]:
    """Return the fields of the dialog: the node's own before those of every node."""
    hidden = {"columns"} if node.wire_fields() else {"columns", *ABOUT_BODY}
    fields = [field for field in node.fields().values() if field.name not in hidden]
    own = [field for field in fields if field.name not in Node.fields()]
    return own + [field for field in fields if field.name in Node.fields()]


def _ports(node: type[Node]) -> list[Any]:
    ports = [knext.input_port("Configuration", "Where to send, and under which limits.", CONFIGURATION_PORT)]
    if node.wire_fields():
        about = "One request a row. Without it, one request is sent with what the dialog says."
        ports.append(knext.input_table("Requests", about, optional=True))
    ports += [
        knext.output_table("Result", _result_help(node)),
        knext.output_port("Configuration", "The same Configuration, for the next node.", CONFIGURATION_PORT),
    ]
    if shows_media(node):
        about = f"Each row's sources beside its results, for the first {SHOWN_ROWS} rows."
        ports.append(knext.output_view("Gallery", about))
    return ports


def shows_media(node: type[Node]) -> bool:
    """Return whether the node has images or recordings to show: those it makes, or those it is given."""
    made = {column.kind for column in node().result_columns()}
    return bool(made & {ColumnKind.IMAGE, ColumnKind.AUDIO} or node.media_fields())


def _description(node: type[Node]) -> str:
    """Return the docstring: KNIME takes the first line as XML and the rest as Markdown."""
    first, _, rest = inspect.cleandoc(node.__doc__ or node.label()).partition("\n")
    return f"{html.escape(first, quote=False)}\n\n{rest.strip()}\n\n{PROMISES}"


def _result_help(node: type[Node]) -> str:
    """Return the columns of each result format as Markdown; a blank line between items would break KNIME's schema."""
    parts = ["The columns of each result format:"]
    for result_format in Node.fields()["result_format"].choices:
        usual = node(result_format=result_format).result_columns()
        detailed = node(result_format=result_format, request_details=True).result_columns()
        columns = [*usual, *(column for column in detailed if column.detail and column not in usual)]
        short = result_format == "simplified"
        parts.append(f"**{result_format.capitalize()}**")
        parts.append("\n".join(f"- {column.name}: {_help(column, short=short)}" for column in columns))
    return "\n\n".join(parts)


def _help(column: Column, *, short: bool) -> str:
    sentences = [column.help]
    if column.kind in (ColumnKind.AUDIO, ColumnKind.FILE):
        sentences.append("As base64 text.")
    if short and column.detail:
        sentences.append("With Request details.")
    return " ".join(sentences)


def _keywords(node: type[Node]) -> list[str]:
    needed = [field.label for field in node.fields().values() if field.mode is Mode.REQUIRED]
    words = ["OpenAI", "AI", *node.label().split(), *node.search_terms, *needed, node.routes[0].path]
    return list(dict.fromkeys(words))
