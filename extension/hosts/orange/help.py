"""Help pages (F1), made from the declarations: what a widget does, its fields and the columns of its results."""

import html
import inspect
import re
from pathlib import Path
from typing import Any

from ....nodes import node_classes
from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative
from ..kit.fields import describe, public_fields

__all__ = ["write_pages"]

STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3em .6em .3em 0;"
    "text-align:left;vertical-align:top}"
)
INTRODUCTION = (
    "Inputs: <b>Configuration</b>, where to send; <b>Requests</b>, an optional table, one request a row. "
    "Outputs: <b>Results</b>, and the same <b>Configuration</b>, so that nodes chain. "
    "A field's check box sends it; where a table is connected, a field can come from one of its columns. "
    "<b>Run</b> starts the requests; <b>Run automatically</b> does so whenever the input changes."
)


def __getattr__(name: str) -> Any:
    # Orange reads this when help is first asked for; not before then are the pages written.
    if name == "WIDGET_HELP_PATH":
        from platformdirs import user_cache_path

        return ((str(write_pages(user_cache_path("endpoint-nodes") / "orange-help")), None),)
    raise AttributeError(name)


def write_pages(folder: Path) -> Path:
    """Write a page for each widget into `folder` and return the page that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"Endpoint Configuration": ("endpoint_configuration", _configuration_page())}
    pages |= {node.label(): (node.id(), _node_page(node)) for node in node_classes().values()}
    for title, (name, body) in pages.items():
        (folder / f"{name}.html").write_text(_page(title, body), encoding="utf-8")
    links = "".join(f'<li><a href="{name}.html">{html.escape(title)}</a></li>' for title, (name, _) in pages.items())
    index = folder / "index.html"
    index.write_text(_page("Endpoint Nodes", f'<div id="widgets"><ul>{links}</ul></div>'), encoding="utf-8")
    return index


def _node_page(node: type[Node]) -> str:
    paragraphs = "".join(f"<p>{_marked(each)}</p>" for each in inspect.cleandoc(node.__doc__ or "").split("\n\n"))
    columns = node(request_details=True).result_columns()
    results = _table(("Column", "Holds"), [(each.name, f"{each.help} ({each.kind.value})") for each in columns])
    return f"{paragraphs}<p>{INTRODUCTION}</p><h2>Fields</h2>{_fields(node)}<h2>Results</h2>{results}"


def _configuration_page() -> str:
    text = html.escape(inspect.cleandoc(Configuration.__doc__ or "").partition("\n\n")[0])
    return f"<p>{text}</p><h2>Fields</h2>{_fields(Configuration)}"


def _fields(declared: type[Declarative]) -> str:
    rows = [(field.label, describe(field)) for field in public_fields(declared)]
    return _table(("Field", "Meaning"), rows)


def _marked(text: str) -> str:
    """Return a docstring's text as HTML: its code and emphasis are those of Markdown."""
    code = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", code)


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in rows)
    return f"<table><tr><th>{head[0]}</th><th>{head[1]}</th></tr>{body}</table>"


def _page(title: str, body: str) -> str:
    # Orange parses the list of pages as XML: every element is closed, but for the charset, which comes first.
    name = html.escape(title)
    return (
        f'<html><head><meta charset="utf-8"></meta><title>{name}</title><style>{STYLE}</style></head>'
        f"<body><h1>{name}</h1>{body}</body></html>\n"
    )
