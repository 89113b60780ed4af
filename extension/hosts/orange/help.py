"""Help pages (F1), made from the declarations: what a widget does, its fields and the columns of its results."""

import html
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

from ....nodes import node_classes
from ....nodes.base import Node
from ....port_types.configuration import Configuration
from ....port_types.fields import Declarative, Mode
from ..kit.fields import MEDIA_KINDS, describe, dialog_fields, public_fields

__all__ = ["write_pages"]

STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3em .6em .3em 0;"
    "text-align:left;vertical-align:top}"
)
INPUTS = [
    ("Configuration", "Where to send, with which credential and under which limits."),
    ("Requests", "A table, one request a row. Without one, one request is sent with what the dialog says."),
]
OUTPUTS = [
    ("Results", "The rows of Requests with what came back, one row an item."),
    ("Skipped", "The rows of Requests that have no result, each with the reason."),
    ("Configuration", "The same Configuration, for the next node."),
]
USE = (
    "A field's check box sends it; where a table is connected, a field can come from one of its columns, and a text "
    "may name columns in braces: <code>Describe {name}</code>. <b>Run</b> starts the requests, and the line above it "
    "says how many; <b>Ask again</b> asks for other responses to the same requests; <b>Run automatically</b> runs "
    "whenever the input changes."
)
PICTURES = Path(__file__).parent / "pictures"
"""One of each widget, by the name of its page; drawn by docs/orange_widgets.py."""


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
    pages["Audio Player"] = ("audio_player", _audio_page())
    pages |= {node.label(): (node.id(), _node_page(node)) for node in node_classes().values()}
    for title, (name, body) in pages.items():
        (folder / f"{name}.html").write_text(_page(title, _picture(title, name, folder) + body), encoding="utf-8")
    links = "".join(f'<li><a href="{name}.html">{html.escape(title)}</a></li>' for title, (name, _) in pages.items())
    index = folder / "index.html"
    index.write_text(_page("Endpoint Nodes", f'<div id="widgets"><ul>{links}</ul></div>'), encoding="utf-8")
    return index


def _node_page(node: type[Node]) -> str:
    paragraphs = "".join(f"<p>{_marked(text)}</p>" for text in inspect.cleandoc(node.__doc__ or "").split("\n\n"))
    columns = node(request_details=True).result_columns()
    results = _table(("Column", "Holds"), [(column.name, f"{column.help} ({column.kind.value})") for column in columns])
    ports = f"<h2>Inputs</h2>{_table(('Input', 'Takes'), INPUTS)}<h2>Outputs</h2>{_table(('Output', 'Gives'), OUTPUTS)}"
    example = _table(("Field", "For example"), _example(node))
    return (
        f"{paragraphs}<p>{USE}</p>{ports}<h2>Example</h2>{example}<p>More in <em>Help &gt; Example Workflows</em>.</p>"
        f"<h2>Fields</h2>{_fields(node)}<h2>Results</h2>{results}"
    )


def _example(node: type[Node]) -> list[tuple[str, str]]:
    """Return what to enter in a first run: the fields that a request needs."""
    shown: list[tuple[str, str]] = []
    for field in node.fields().values():
        if field.mode is Mode.REQUIRED and not (field.unless and field.unless in dict(shown)):
            column = f"column {field.name}" if field.kind in MEDIA_KINDS else "{text}"
            value = "the first that ⟳ lists" if callable(field.suggestions) else next(iter(field.suggestions), column)
            shown.append((field.label, value))
    return [*shown, ("Result format", "simplified")]


def _picture(title: str, name: str, folder: Path) -> str:
    """Return the picture of a widget, which is put beside its page; "" where there is none, as for those of packs."""
    picture = PICTURES / f"{name}.png"
    if not picture.is_file():
        return ""
    shutil.copyfile(picture, folder / picture.name)
    return f'<p><img src="{picture.name}" alt="The dialog of {html.escape(title)}"></img></p>'


def _audio_page() -> str:
    ports = [("Data", "A table with a column of recordings, such as the results of Create Speech.")]
    gives = [("Selected Data", "The rows that are selected.")]
    return (
        "<p>Plays the recordings of a table. Choose one and press <b>Play</b>, or double-click it; select several, and "
        f"their rows go on.</p><h2>Inputs</h2>{_table(('Input', 'Takes'), ports)}<h2>Outputs</h2>"
        f"{_table(('Output', 'Gives'), gives)}<h2>Example</h2><p>Link <em>Results</em> of Create Speech to it; "
        "<em>Help &gt; Example Workflows</em> has one.</p>"
    )


def _configuration_page() -> str:
    text = html.escape(inspect.cleandoc(Configuration.__doc__ or "").partition("\n\n")[0])
    gives = [("Configuration", "For the first node, which passes it on to the next.")]
    example = [("Base URL", "https://api.openai.com/v1"), ("Credential", "environment variable, OPENAI_API_KEY")]
    return (
        f"<p>{text} <b>API key …</b> puts a key into this computer's keyring; <b>Test</b> asks the service whether it "
        f"answers and takes the key.</p><h2>Outputs</h2>{_table(('Output', 'Gives'), gives)}"
        f"<h2>Example</h2>{_table(('Field', 'For example'), example)}<h2>Fields</h2>{_fields(Configuration)}"
    )


def _fields(declared: type[Declarative]) -> str:
    fields = dialog_fields(declared) if issubclass(declared, Node) else public_fields(declared)
    rows = [(field.label, describe(field)) for field in fields]
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
