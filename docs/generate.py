"""Write what is derived from the declarations: the type stub, the index, a page for each node, and more of docs/.

``python docs/generate.py`` writes them; with ``--check`` it only says which are not current, and fails if any is.
"""

import inspect
import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from draw_architecture import PICTURE, picture
from errors_page import errors_page
from markup import joined, table
from stubs import front_door_stub

from endpoint_nodes.extension.engine.config_loader import PREFIX
from endpoint_nodes.extension.hosts.kit.fields import describe, public_fields
from endpoint_nodes.extension.hosts.kit.wording import option_name
from endpoint_nodes.extension.sandbox.catalogue import MODELS
from endpoint_nodes.nodes import node_classes
from endpoint_nodes.nodes.base import Column, Node
from endpoint_nodes.nodes.base.node_settings import ResultFormat
from endpoint_nodes.port_types.configuration import Configuration
from endpoint_nodes.port_types.fields import Declarative, Field, FieldKind, Mode
from endpoint_nodes.port_types.files import FileRules

FOLDER = Path(__file__).parent
FIRST_VERSION = "0.1.0"
FORMATS = {
    "simplified": "Simplified, one row per item (the default)",
    "structured": "Structured Table, one row per response",
    "raw": "Raw Response, one row per response",
}
FILES = {FieldKind.IMAGE: "photo.png", FieldKind.AUDIO: "recording.wav", FieldKind.FILE: "photo.png"}
"""Names for files in examples."""


def pages() -> dict[Path, str]:
    """Return every derived page by its path."""
    nodes = node_classes().values()
    found = {FOLDER / "nodes" / f"{node.id()}.md": node_page(node) for node in nodes}
    found[FOLDER / "configuration.md"] = configuration_page()
    found[FOLDER / "errors.md"] = errors_page()
    found[PICTURE] = picture()
    found[FOLDER / "index.md"] = index_page(nodes, found)
    path, stub = front_door_stub()
    return {**found, path: stub}


def index_page(nodes: Iterable[type[Node]], derived: Iterable[Path]) -> str:
    """Return the list of nodes and of the other pages."""
    rows = [
        (f"[{node.label()}](nodes/{node.id()}.md)", f"`{node.routes[0].method} {node.routes[0].path}`", summary(node))
        for node in nodes
    ]
    written = sorted(path for path in FOLDER.glob("*.md") if path.name != "index.md" and path not in derived)
    others = [f"- [{path.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}]({path.name})" for path in written]
    return joined(
        "# Nodes",
        "Every node sends one request for each row of its input and gives back a table, with the same Configuration "
        "passed through. All of them run on the embedded sandbox (`--base-url sandbox:`), without network or key.",
        table(("Node", "Operation", "What it does"), rows),
        "\n".join(
            [
                "- [Configuration](configuration.md): where to send, with which credential, under which limits",
                "- [Errors](errors.md): what each ends, and which exit code follows",
                *others,
            ]
        ),
    )


def configuration_page() -> str:
    """Return the page of the Configuration."""
    fields = public_fields(Configuration)
    rows = [
        (f"**{field.label}**", f"`{option_name(field.name)}`", kind(field), code(field.default), sentence(field))
        for field in fields
    ]
    return joined(
        "# Configuration",
        description(Configuration),
        "A value is looked up in this order: the option on the command line (or the argument of "
        "`load_configuration` in Python, which runs without a Configuration also use), the "
        f"environment variable `{PREFIX}` with the field's name in capitals (`{PREFIX}BASE_URL`), the TOML file named "
        "by `--configuration`, the default.",
        '```toml\nbase_url = "https://api.openai.com/v1"\ncredential = "env:OPENAI_API_KEY"\nconcurrency = 4\n```',
        table(("Field", "Option", "Type", "Default", "What it does"), rows),
    )


def node_page(node: type[Node]) -> str:
    """Return the page of one node."""
    own = [field for name, field in node.fields().items() if field.mode is Mode.SETTING and name not in Node.fields()]
    everywhere = list(Node.fields().values())
    settings = ("Setting", "Option", "Type", "Default", "What it does")
    return joined(
        f"# {node.label()}",
        description(node),
        f"On the command line `{node.command()}`, in Python `{node.__name__}`.",
        "## Example",
        f"```\n{command(node)}\n```",
        f"```python\n{python(node)}\n```",
        _elsewhere(node),
        "## Fields",
        "A field that is not set is not in the request. Each may name columns of the input table, such as `{name}`: "
        "see [Templates](../templates.md).",
        table(
            ("Field", "Option", "Type", "What it does"),
            [field_row(field, node) for field in node.wire_fields().values()],
        ),
        "## Settings",
        table(settings, map(setting_row, own)) if own else "",
        "Of every node:" if own else "",
        table(settings, map(setting_row, everywhere)),
        "## Result",
        *result(node),
        "## Routes",
        table(
            ("Route", "Request", "Body"),
            [(f"`{r.name}`", f"`{r.method} {r.path}`", r.body.value) for r in node.routes],
        ),
    )


def _elsewhere(node: type[Node]) -> str:
    """Return where a request goes that is not for the sandbox."""
    if not node.openai:
        return "The base url and the credential of your service are named in the [Configuration](../configuration.md)."
    key = (node.at_service(Configuration()).credential_reference or "").removeprefix("env:")
    return (
        f'Without `base_url="sandbox:"` the same goes to OpenAI, with the key in `{key}`; other services and '
        "credentials are named in the [Configuration](../configuration.md)."
    )


def field_row(field: Field, node: type[Node]) -> tuple[str, ...]:
    """Return the row of a field that `node` sends."""
    needed = " (required)" if field.mode is Mode.REQUIRED else ""
    return f"**{field.label}**{needed}", f"`{option_name(field.name)}`", kind(field), sentence(field, node)


def setting_row(field: Field) -> tuple[str, ...]:
    """Return the row of a setting."""
    option = "`--FIELD-column`" if field.name == "columns" else f"`{option_name(field.name)}`"
    return f"**{field.label}**", option, kind(field), code(field.default), sentence(field)


def kind(field: Field) -> str:
    """Return a field's type in words, with its choices."""
    one = "one of " + ", ".join(map(code, field.choices)) if field.choices else field.kind.value
    one = {"json": "JSON"}.get(one, one)
    return f"list: {one}" if field.many else one


def sentence(field: Field, node: type[Node] | None = None) -> str:
    """Return what a field does, with its limits, suggestions and the rules of its files on the routes of `node`."""
    parts = [describe(field, choices=False)]
    if isinstance(field.suggestions, tuple) and field.suggestions:
        parts.append(f"Such as {', '.join(map(code, field.suggestions))}.")
    choosy = [route for route in (node.routes if node else ()) if field.name in route.files]
    for route in choosy:
        where = f"Route `{route.name}` takes" if len(choosy) > 1 else "Takes"
        parts.append(f"{where} {takes(route.files[field.name])}.")
    if field.since != FIRST_VERSION:
        parts.append(f"New in {field.since}.")
    return " ".join(parts)


def takes(rules: FileRules) -> str:
    """Return the rules of files in words."""
    formats = ", ".join(mime.partition("/")[2].upper() for mime in rules.accepts) or "any file"
    return f"{formats} under {rules.max_bytes / 1e6:g} MB{', square' if rules.square else ''}"


def result(node: type[Node]) -> Iterable[str]:
    """Return the columns of each result format."""
    yield "With an input table each row also has `row_id`, the id of its input row."
    for name in get_args(ResultFormat):
        yield f"### {FORMATS[name]}"
        yield columns(node(result_format=name).result_columns())
    yield "### Request details"
    yield "`--request-details` adds these columns; `--on-error continue` adds `status` and `error`."
    details = node(request_details=True).result_columns()
    usual = {column.name for column in node().result_columns()}
    yield columns(column for column in details if column.name not in usual)


def columns(found: Iterable[Column]) -> str:
    """Return a table of result columns."""
    return table(("Column", "Type", "Meaning"), [(f"`{c.name}`", c.kind.value, c.help) for c in found])


def examples(node: type[Node]) -> tuple[str | None, dict[str, Any]]:
    """Return an input file, if the node starts from one, and fields that show what it can do."""
    shown: dict[str, Any] = {}
    source = None
    stand_ins = {field.unless for field in node.wire_fields().values()}
    for name, field in node.wire_fields().items():
        if field.mode is Mode.REQUIRED and field.kind in FILES and source is None:
            source = FILES[field.kind]
        elif field.mode is Mode.REQUIRED or (
            field.example is not None and not field.advanced and name not in stand_ins
        ):
            shown[name] = example(field)
    return source, shown


def example(field: Field) -> Any:
    """Return a value for a field."""
    listed = field.suggestions
    suggested = listed([model.id for model in MODELS]) if callable(listed) else listed
    one = next(iter((*field.choices, *suggested)), FILES.get(field.kind, "Hello"))
    return one if field.example is None else field.example


def command(node: type[Node]) -> str:
    """Return an example for the command line."""
    source, shown = examples(node)
    words = ["endpoint-nodes", node.command(), *([source] if source else [])]
    for name, value in shown.items():
        for example in value if isinstance(value, list) and node.fields()[name].many else [value]:
            text = json.dumps(example, ensure_ascii=False) if isinstance(example, dict | list | bool) else str(example)
            words += [option_name(name), shlex.quote(text)]
    return " ".join([*words, "--base-url", "sandbox:", "--out", "result.parquet"])


def python(node: type[Node]) -> str:
    """Return an example in Python."""
    source, shown = examples(node)
    given = ", ".join(f"{name}={value!r}" for name, value in shown.items()).replace("'", '"')
    arguments = ['Configuration(base_url="sandbox:")', *([f'"{source}"'] if source else [])]
    return (
        "from endpoint_nodes.extension.engine import execute\n"
        f"from {node.__module__} import {node.__name__}\n"
        "from endpoint_nodes.port_types.configuration import Configuration\n\n"
        f"node = {node.__name__}({given})\n"
        f"table, configuration = execute(node, {', '.join(arguments)})"
    )


def description(declared: type[Declarative]) -> str:
    """Return what a node or the Configuration says of itself, as Markdown."""
    return inspect.cleandoc(declared.__doc__ or "").replace("``", "`")


def summary(node: type[Node]) -> str:
    """Return the first sentence of a node's description."""
    return description(node).splitlines()[0]


def code(value: Any) -> str:
    """Return a value as code, nothing for a default that is none."""
    return "" if value in (None, {}, [], "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> int:
    """Write the pages, or check that they are current."""
    wanted = pages()
    stale = [path for path in (FOLDER / "nodes").glob("*.md") if path not in wanted]
    changed = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in (*stale, *changed):
            print(f"{path.relative_to(FOLDER.parent)} is not current; run make docs.")
        return 1 if stale or changed else 0
    for path in stale:
        path.unlink()
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
