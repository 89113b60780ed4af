"""`endpoint-nodes new-pack NAME`: the skeleton of a pack with one node."""

import re
from pathlib import Path

import click

from ....port_types.errors import InvalidInput
from .exits import end

__all__ = ["new_pack"]

PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["endpoint-nodes>=0.2"]

[project.optional-dependencies]
test = ["endpoint-nodes[testing]"]

[project.entry-points."endpoint_nodes.packs"]
{name} = "{module}"

[project.entry-points."endpoint_nodes.sandbox"]
{name} = "{module}:sandbox_operations"

[tool.setuptools]
py-modules = ["{module}"]
"""

NODE = '''"""{label}."""

from collections.abc import Mapping, Sequence
from typing import Any

from endpoint_nodes.nodes.base import Column, ColumnKind, JsonResultSchema, Node, Response, Route, optional, required
from endpoint_nodes.nodes.base.result_schema import extract_columns, parse_object

RESULT = (Column("answer", ColumnKind.TEXT, "What the service answered."),)


class Answers(JsonResultSchema):
    """One answer for each request."""

    structured_columns = RESULT

    def simplified(self) -> tuple[Column, ...]:
        return RESULT

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [extract_columns(parse_object(response), RESULT)]


class {node}(Node):
    """Says in one sentence what the node does.

    Each row of the input table is one request.
    """

    routes = (Route("{route}", "POST", "/{route}"),)
    response = Answers()

    text: str | None = required("Text", "What the request is about.", multiline=True)
    model: str | None = optional("Model", "The model to use.")


def sandbox_operations() -> Sequence[Any]:
    """Return what the sandbox serves for this node, so that it runs without a network."""
    from endpoint_nodes.extension.sandbox.checks import Fields
    from endpoint_nodes.extension.sandbox.errors import json_response
    from endpoint_nodes.extension.sandbox.operation import JSON, Call, Operation

    class Question(Fields, kw_only=True):
        text: str
        model: str = "sandbox"

    def answer(call: Call) -> Any:
        return json_response({{"answer": call.body.text.upper()}})

    return (Operation("POST", "/{route}", answer, {{JSON: Question}}),)
'''

TEST = '''"""What holds for every node holds for this one."""

from endpoint_nodes.testing import node_tests

from {module} import {node}

Test{node} = node_tests({node})
'''


@click.command("new-pack")
@click.argument("name")
def new_pack(name: str) -> None:
    """Write the skeleton of a pack: a folder NAME with one node, its sandbox operation and its tests."""
    end(lambda: _write(name))


def _write(name: str) -> int:
    """Write the pack and return the exit code.

    Raises:
        InvalidInput: the name cannot be used, or a file of it is there.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise InvalidInput(f"{name!r} cannot name a pack; use lower-case words with hyphens, such as judge-text.")
    folder = Path(name)
    if folder.exists():
        raise InvalidInput(f"{folder} exists; choose another name.")
    words = name.split("-")
    facts = {
        "name": name,
        "module": "_".join(words),
        "route": name,
        "node": "".join(map(str.capitalize, words)),
        "label": " ".join(map(str.capitalize, words)),
    }
    folder.mkdir()
    for file, text in (
        ("pyproject.toml", PROJECT),
        (f"{facts['module']}.py", NODE),
        (f"test_{facts['module']}.py", TEST),
    ):
        (folder / file).write_text(text.format(**facts), encoding="utf-8")
    click.echo(f"Wrote {folder}. Next: pip install -e ./{name}[test] && pytest {name} && endpoint-nodes {name} --help")
    return 0
