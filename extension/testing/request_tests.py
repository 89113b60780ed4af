"""Tests of what a node sends; values and limits are derived from its declaration."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from ...nodes.base import Node, Route
from ...port_types.configuration import NO_CACHE, Configuration
from ...port_types.errors import EndpointError, InvalidInput, InvalidSetting
from ...port_types.fields import Field, FieldKind, Mode
from ...port_types.files import File
from ..engine import execute
from .routes import is_sentence, ways
from .samples import base, cell, misfits, samples, wrong
from .wire import Recorder, Sent, holds, recording_server

__all__ = ["request_tests"]


def request_tests(node: type[Node]) -> type:  # noqa: C901 - each test is its own function
    """Return the class of tests that hold for the requests of any node."""
    fields = [pytest.param(field, id=name) for name, field in node.fields().items()]
    wire_fields = [pytest.param(field, id=name) for name, field in node.wire_fields().items()]
    files = [
        pytest.param(field, route, id=f"{name}-{route.name}")
        for name, field in node.media_fields().items()
        for route in node.routes
        if name in route.files
    ]

    class RequestTests:
        def test_class_file_command_and_label_are_one_name(self) -> None:
            assert node.__module__.rsplit(".", 1)[-1] == node.id()
            names = (node.id(), node.command(), node.label())
            assert len({name.lower().replace("-", "_").replace(" ", "_") for name in names}) == 1
            assert (node.__doc__ or "").strip()

        @pytest.mark.parametrize("field", fields)
        def test_a_field_says_what_it_is(self, field: Field) -> None:
            assert field.label[:1].isupper()
            assert field.help[:1].isupper() or field.help.startswith(tuple(map(str, field.choices)) or "\0")
            assert field.help.endswith(".")
            assert not field.pattern or field.pattern_help
            for value in samples(field):
                assert field.check(value) == value
            assert field.default is None or field.check(field.default) == field.default

        @pytest.mark.parametrize("field", wire_fields)
        def test_a_field_is_sent_exactly_when_its_flag_is_on(self, field: Field) -> None:
            arrived = []
            for context in _contexts(node, field):
                off = {} if field.mode is Mode.REQUIRED else ways(node, context, settings=not context)
                for result in off.values():
                    if isinstance(result, Sent):
                        assert field.name not in result.parts or _written_by_another(node, field, context)
                let_through: dict[Any, list[Sent]] = {}
                for value in samples(field):
                    for way, result in ways(node, {**context, field.name: value}, settings=not context).items():
                        if isinstance(result, str):
                            assert is_sentence(result, node), result
                            continue
                        if field.name in result.parts:
                            part = result.parts[field.name]
                            # Two fields may become one sentence.
                            joined = context and isinstance(value, str) and value in str(part)
                            assert joined or holds(field, value, part), (way, value, result)
                        let_through.setdefault(way, []).append(result)
                for way, sent in let_through.items():
                    silent = len(sent) == 1 < len(samples(field))  # the only value there is needs no saying
                    without = off.get(way)
                    compared = list(sent)
                    if isinstance(without, Sent) and field.name not in without.parts and not silent:
                        compared.append(without)  # else a setting says the same
                    assert _all_differ(compared), (way, context, sent)
                    arrived += sent
            assert arrived, f"{field.name} is refused in every way"

        def test_real_bytes_on_a_real_socket(self) -> None:
            """Each value of each field travels alone, in a cell of its column, through the whole engine."""
            cases = [
                (name, value)
                for name, field in node.wire_fields().items()
                for value in samples(field)
                if isinstance(ways(node, {name: value}).get((("", None), _first_route(node, {name: value}))), Sent)
            ]
            with recording_server(Recorder(templates=[route.path for route in node.routes])) as server:
                columns = {
                    name: [cell(value) if name == at else None for at, value in cases] for name in node.wire_fields()
                }
                for name in base(node):
                    columns[name] = [cell(value if at == name else base(node, {at}).get(name)) for at, value in cases]
                table = pa.table({name: pa.array(column) for name, column in columns.items()})
                alone: dict[str, Any] = {"rows_per_request": 1} if node.bundling else {}
                run = node(on_error="continue", columns={name: name for name in columns}, **alone)
                execute(run, Configuration(base_url=server.url, concurrency=1, cache=NO_CACHE), table)
                assert len(server.requests) == len(cases)
                assert cases or not columns
                for (name, value), sent in zip(cases, server.requests, strict=True):
                    expected = ways(node, {name: value})[("", None), _first_route(node, {name: value})]
                    assert isinstance(expected, Sent)
                    assert (sent.method, sent.path, sent.parts.keys()) == (
                        expected.method,
                        expected.path,
                        expected.parts.keys(),
                    )
                    for part, found in sent.parts.items():
                        declared = node.wire_fields().get(part)
                        assert (
                            holds(declared, expected.parts[part], found) if declared else found == expected.parts[part]
                        )
                        for file in found if isinstance(found, list) else [found]:
                            assert not isinstance(file, File) or ("." in file.name and "octet-stream" not in file.mime)
                assert all("idempotency-key" in map(str.lower, headers) for headers in server.headers)

        @pytest.mark.parametrize("field", fields)
        def test_every_limit_is_enforced_before_sending(self, field: Field) -> None:
            with recording_server(Recorder()) as server:
                for value in wrong(field):
                    with pytest.raises(InvalidSetting) as refused:
                        node(**{field.name: value})
                    assert is_sentence(str(refused.value), node), refused.value
                    assert field.label in str(refused.value) or field.name in str(refused.value)
                    if not field.sent or not isinstance(value, str | int | float):
                        continue  # no setting comes from a cell, and cells of one column have one type
                    if value == "" and field.mode is Mode.OPTIONAL:
                        continue  # an empty cell switches the field off
                    given = base(node) | {"columns": {field.name: "cell"}}
                    given.pop(field.name, None)
                    with pytest.raises(InvalidInput) as failed:
                        execute(
                            node(**given),
                            Configuration(base_url=server.url, cache=NO_CACHE),
                            pa.table({"cell": [value]}),
                        )
                    assert str(failed.value).startswith("Row 0: ")
                assert server.requests == []

        @pytest.mark.parametrize(("field", "route"), files)
        def test_a_file_that_does_not_fit_is_not_sent(self, field: Field, route: Route) -> None:
            with recording_server(Recorder()) as server:
                settings = next((dict([s] if s[0] else []) for s, r in ways(node, {}) if r == route.name), None)
                assert settings is not None, f"no setting leads to {route.name}"
                if "route" in node.fields():
                    settings = {"route": route.name}  # alone, without the route that comes next
                if "fit" in node.fields():
                    settings["fit"] = "refuse"
                for what, file in misfits(field, route.files[field.name]).items():
                    given = {**base(node), **settings, field.name: [file] if field.many else file}
                    with pytest.raises(InvalidInput) as refused:
                        execute(node(**given), Configuration(base_url=server.url, cache=NO_CACHE))
                    assert field.name in str(refused.value), what
                    assert is_sentence(str(refused.value), node), what
                assert server.requests == []

        def test_a_missing_value_is_never_sent(self) -> None:
            with recording_server(Recorder()) as server:
                where = Configuration(base_url=server.url, cache=NO_CACHE)
                for name in node().missing():
                    rest = {other: value for other, value in base(node).items() if other != name}
                    table = pa.table({name: pa.array([None], pa.string())})
                    with pytest.raises(InvalidInput, match=f"`{name}` is missing"):
                        execute(node(**rest), where, table)
                    skipped, _ = execute(node(**rest, missing_values="skip"), where, table)
                    assert skipped.num_rows == 1
                    with pytest.raises(EndpointError):
                        execute(node(**rest), where)
                assert server.requests == []

        def test_a_kind_of_field_is_one_that_every_host_can_show(self) -> None:
            for field in node.wire_fields().values():
                assert field.kind is not FieldKind.CHOICE or field.choices
                assert (field.mode is Mode.REQUIRED) == (field.name in node().missing())
                assert field.default is None, "a field's flag is off unless somebody switches it on"

    return RequestTests


def _contexts(node: type[Node], field: Field) -> Iterator[dict[str, Any]]:
    yield {}
    for name, other in node.wire_fields().items():
        if name != field.name:
            yield from ({name: value} for value in samples(other))


def _written_by_another(node: type[Node], field: Field, context: dict[str, Any]) -> bool:
    """Return whether a setting, or a field it stands in for, writes what is under the field's name, its flag off."""
    if any(other.unless == field.name for other in node.fields().values()):
        return True
    sent = [result.parts for result in ways(node, context).values() if isinstance(result, Sent)]
    return len({str(parts.get(field.name)) for parts in sent}) > 1


def _all_differ(sent: list[Sent]) -> bool:
    return all(one != other for at, one in enumerate(sent) for other in sent[:at])


def _first_route(node: type[Node], given: dict[str, Any]) -> str:
    return node(**{**base(node, given), **given}).call().routes()[0].name
