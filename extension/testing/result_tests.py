"""Tests of what a node gives back: the schema is known before anything runs, and always kept."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pyarrow as pa
import pytest

from ...nodes.base import Node
from ...nodes.base.media.images import sniff_image
from ...nodes.base.node import DETAILS
from ...nodes.base.node_settings import ResultFormat
from ...port_types.configuration import NO_CACHE, Configuration
from ...port_types.errors import InvalidInput, InvalidSetting
from ...port_types.fields import FieldKind
from ...port_types.table import KIND_KEY, ColumnKind
from ..engine import execute, result_schema
from ..engine.io.inputs import open_input
from ..sandbox.app import operations
from .routes import ways
from .samples import base, cell, samples
from .wire import Recorder, Sent, recording_server

__all__ = ["result_tests"]

SANDBOX = Configuration(base_url="sandbox:")
FORMATS = get_args(ResultFormat)

ANSWERS = (
    (200, b"", "application/json"),
    (200, b"{}", "application/json"),
    (200, b'{"data": 1, "results": "x", "choices": {}, "text": [], "usage": 5, "created": "now"}', "application/json"),
    (200, b"<!doctype html><title>Log in</title>", "text/html"),
    (400, b'{"error": {"message": "No such thing."}}', "application/json"),
    (500, b"\xff\xfe broken", "text/plain"),
    (302, b"", "text/html"),
)
"""Empty ones and failures: status, body and media type."""


def result_tests(node: type[Node]) -> type:  # noqa: C901 - each test is its own function
    """Return the class of tests that hold for the results of any node; some need the sandbox to serve it."""
    served = {(operation.method, _unnamed(operation.path)) for operation in operations()}
    is_served = all((route.method, _unnamed(route.path)) in served for route in node.routes)
    on_sandbox = pytest.mark.skipif(not is_served, reason="The sandbox does not serve the operation.")
    let_through = list(_let_through(node)) if is_served else []

    class ResultTests:
        @on_sandbox
        @pytest.mark.parametrize("result_format", FORMATS)
        def test_a_full_and_an_empty_input(self, result_format: ResultFormat) -> None:
            made = node(result_format=result_format, request_details=True, keep_columns=False)
            full, passed = execute(made, SANDBOX, rows(node, 2))
            assert passed is SANDBOX
            check(full, made, rows(node, 2))
            ids = [str(row_id) for row_id in full.column("row_id").to_pylist()]
            assert ids == sorted(ids)
            assert set(ids) == {"0", "1"}
            assert set(full.column("status").to_pylist()) == {200}
            assert full.column("error").null_count == full.num_rows
            items = [
                column.name
                for column in made.result_columns()
                if column.name not in {detail.name for detail in DETAILS}
            ]
            assert any(full.column(name).null_count < full.num_rows for name in items), "nothing came out"
            empty, _ = execute(made, SANDBOX, rows(node, 0))
            check(empty, made, rows(node, 0))
            assert (empty.num_rows, empty.schema) == (0, full.schema)

        @pytest.mark.parametrize("result_format", FORMATS)
        def test_an_empty_and_a_failed_response(self, result_format: ResultFormat) -> None:
            with recording_server(Recorder()) as server:
                configuration = Configuration(base_url=server.url, max_attempts=1, cache=NO_CACHE)
                made = node(result_format=result_format, on_error="continue", keep_columns=False)
                for server.status, server.body, server.media_type in ANSWERS:
                    server.requests.clear()
                    table, _ = execute(made, configuration, rows(node, 1))
                    check(table, made, rows(node, 1))
                    assert table.num_rows <= 1 or table.column("error").null_count == table.num_rows
                    errors = [error for error in table.column("error").to_pylist() if error]
                    if server.status != 200:
                        assert len(errors) == 1
                        assert str(server.status) in errors[0] or "redirects" in errors[0]
                        assert table.column("status").to_pylist() == [server.status]
                        filled = {name for name in table.schema.names if table.column(name).null_count == 0}
                        assert filled <= {
                            "row_id",
                            "status",
                            "error",
                            *(column.name for column in made.provenance_columns()),
                        }
                    for error in errors:
                        assert "Traceback" not in error
                        assert "\n" not in error
                    assert len(server.requests) == 1

        @on_sandbox
        def test_input_columns_come_first_and_errors_get_their_columns(self) -> None:
            source = rows(node, 2)
            table, _ = execute(node(), SANDBOX, source)
            assert table.schema.names[: source.num_columns + 1] == [*source.schema.names, "row_id"]
            kept = table.schema.names[: source.num_columns]
            assert [
                (table.schema.field(name).metadata or {})[b"endpoint_nodes.input"].decode() for name in kept
            ] == kept
            for name in source.schema.names:
                assert set(map(str, table.column(name).to_pylist())) == set(map(str, source.column(name).to_pylist()))
            assert set(table.column("number").to_pylist()) == {0, 1}
            names = [column.name for column in node(on_error="continue").result_columns()]
            assert {"status", "error"} <= set(names)
            assert len(names) == len(set(names))

        def test_every_column_is_described(self) -> None:
            for result_format in FORMATS:
                for column in node(result_format=result_format, request_details=True).result_columns():
                    assert column.help[:1].isupper(), column
                    assert column.help.endswith("."), column

        @on_sandbox
        @pytest.mark.parametrize(("name", "value"), let_through)
        def test_what_a_node_lets_through_is_taken_by_the_sandbox(self, name: str, value: Any) -> None:
            """The sandbox refuses what OpenAI refuses; a node that knows a limit says so before."""
            taken: list[Sent] = []
            for ((setting, choice), route), result in ways(node, {name: value}).items():
                given = {**base(node, {name}), **({setting: choice} if setting else {}), name: value}
                if not isinstance(result, Sent):
                    if route in ("", _routes(node, given)[0]):
                        with pytest.raises((InvalidInput, InvalidSetting)):
                            execute(node(**given), SANDBOX)
                elif result not in taken and route == _routes(node, given)[0]:
                    taken.append(result)
                    table, _ = execute(node(**given, request_details=True), SANDBOX)
                    assert table.column("status").to_pylist()[:1] in ([200], [])

    return ResultTests


def _unnamed(path: str) -> str:
    """Return a path whose placeholders have no names, which are each side's own."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def rows(node: type[Node], count: int) -> pa.Table:
    """Return an input of `count` equal rows with the node's required fields."""
    cells = {name: cell(value) for name, value in base(node).items()}
    number = pa.array(range(count), pa.int64())
    return pa.table({"number": number} | {name: pa.array([each] * count) for name, each in cells.items()})


def check(table: pa.Table, node: Node, source: Any) -> None:
    """The schema is what was promised, and every value is of its column's kind."""
    assert table.schema == result_schema(node, open_input(source, node))
    assert table.schema.names[1:] == [column.name for column in node.result_columns()]
    table.validate(full=True)
    for field in table.schema:
        values = [value for value in table.column(field.name).to_pylist() if value is not None]
        kind = ColumnKind((field.metadata or {}).get(KIND_KEY, b"text").decode())
        if kind is ColumnKind.IMAGE:
            assert all(map(sniff_image, values))
        if kind is ColumnKind.JSON:
            assert all(json.loads(value) is not None for value in values)


def _let_through(node: type[Node]) -> Iterator[Any]:
    for name, field in node.wire_fields().items():
        if field.kind is FieldKind.JSON and field.example is None:
            continue  # any JSON is let through, the service knows better
        for number, value in enumerate(samples(field)):
            yield pytest.param(name, value, id=f"{name}-{number}")


def _routes(node: type[Node], given: dict[str, Any]) -> list[str]:
    return [route.name for route in node(**given).call().routes()]
