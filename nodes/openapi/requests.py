"""From the values of an operation's fields to a request: path, query, headers, cookies and body."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...port_types.files import File
from ..base.urls import fill_path, scalar_text
from .checks import check_values
from .descriptions import Body, Constant, InputField, OperationDescription, Parameter
from .parameters import path_template
from .styles import write_header, write_path, write_query

__all__ = ["BuiltRequest", "Part", "build_request"]

_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Part:
    """One part of a multipart body: a file, or text of a media type ("" for plain text)."""

    name: str
    value: File | str
    media_type: str = ""


@dataclass(frozen=True)
class BuiltRequest:
    """A request, as far as it does not depend on where it is sent.

    Attributes:
        method: upper case.
        path: with its query string.
        headers: those of the operation; the Content-Type is the body's.
        body: data of a JSON body, parts of a multipart one, text of a form or of the whole body, or a file; None for
            none.
        media_type: the body's Content-Type, "" for no body.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media_type: str = ""


def build_request(
    operation: OperationDescription, values: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> BuiltRequest:
    """Return the request that `values` ask for.

    Args:
        operation: what is asked for.
        values: by attribute; what is None or absent is not sent. Files have been loaded.
        extra: further properties of the body.

    Raises:
        InvalidInput: a value is missing, does not go with another one, or is not JSON of its schema.
    """
    given = {name: value for name, value in values.items() if value is not None}
    check_values(operation, given)
    path, query = _fill_path(operation, given)
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for parameter in operation.parameters:
        value = _gather(operation, given, parameter.location, parameter.name)
        if value is None or parameter.location == "path":
            continue
        if parameter.location == "query":
            query += write_query(parameter, value)
        elif parameter.location == "header":
            headers[parameter.name] = write_header(parameter, value)
        else:
            cookies += write_query(parameter, value)
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    body, media_type = _build_body(operation, given, extra or {})
    address = f"{path}?{'&'.join(query)}" if query else path
    return BuiltRequest(operation.method, address, headers, body, media_type)


def _fill_path(operation: OperationDescription, given: Mapping[str, Any]) -> tuple[str, list[str]]:
    path, _, fixed = path_template(operation.path).partition("?")
    texts = {}
    for parameter in operation.parameters:
        if parameter.location == "path":
            value = _gather(operation, given, "path", parameter.name)
            texts[parameter.name] = write_path(parameter, "" if value is None else value)
    return fill_path(path, texts), [fixed] if fixed else []


def _gather(operation: OperationDescription, given: Mapping[str, Any], location: str, name: str) -> Any:
    """Return the value of one parameter: a record where it has several fields; None if it is not sent."""
    value: Any = None
    members = [one for one in operation.fields if one.location == location and one.path[0] == name]
    constants = [one for one in operation.constants if one.location == location and one.path[0] == name]
    for one in members:
        if one.attribute in given:
            value = _put(value, one.path[1:], _typed(one, given[one.attribute]))
    for constant in constants:
        if len(constant.path) == 1 or value is not None:
            value = _put(value, constant.path[1:], constant.value)
    return value


def _put(record: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return {**record, **value} if isinstance(record, dict) and isinstance(value, dict) else value
    record = record if isinstance(record, dict) else {}
    return {**record, path[0]: _put(record.get(path[0]), path[1:], value)}


def _typed(one: InputField, value: Any) -> Any:
    """Return a value in the JSON type that its schema asks for; text stays text wherever it may."""
    if one.many and isinstance(value, list | tuple):
        if len(value) == 1 and value[0] in one.alone:
            return value[0]
        return [_typed_scalar(one, item) for item in value]
    return _typed_scalar(one, value)


def _typed_scalar(one: InputField, value: Any) -> Any:
    if isinstance(value, File) and one.format == "byte":
        import pybase64

        return pybase64.b64encode_as_string(value.data)
    open_text = "text" in one.types and not one.suggestions
    if one.kind != "text" or not isinstance(value, str) or open_text or value in one.suggestions:
        return value
    if "boolean" in one.types and value in ("true", "false"):
        return value == "true"
    if "integer" in one.types and _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if "number" in one.types and _NUMBER.fullmatch(value) else value


def _build_body(operation: OperationDescription, given: Mapping[str, Any], extra: Mapping[str, Any]) -> tuple[Any, str]:
    body = operation.body
    if body is None:
        return None, ""
    data = _body_data(operation, given)
    if extra:
        data = {**(data if isinstance(data, dict) else {}), **extra}
    if data is None and not body.required:
        return None, ""
    if body.kind == "raw":
        return data, data.mime if isinstance(data, File) and "*" in body.media_type else body.media_type
    if body.kind == "json":
        return ({} if data is None else data), body.media_type
    record = data if isinstance(data, dict) else {}
    if body.kind == "form":
        return "&".join(
            part for name, value in record.items() for part in _form_parts(body, name, value)
        ), body.media_type
    return [part for name, value in record.items() for part in _multipart(body, name, value)], body.media_type


def _body_data(operation: OperationDescription, given: Mapping[str, Any]) -> Any:
    """Return the body as data: fields, then constants where their records are, then nulls that must be there."""
    data: Any = None
    members = [one for one in operation.fields if one.location == "body"]
    for one in members:
        if one.attribute in given:
            data = _put(data, one.path, _typed(one, given[one.attribute]))
    if data is None and not (operation.body and operation.body.required):
        return None
    for constant in operation.constants:
        if constant.location == "body" and _belongs(constant, data):
            data = _put(data, constant.path, constant.value)
    for one in members:
        parent = _look_up(data, one.path[:-1])
        if (
            one.null_when_absent
            and one.path
            and isinstance(parent, Mapping | None)
            and one.path[-1] not in (parent or {})
        ):
            in_place = len(one.path) == 1 or parent is not None
            alone = not any(other.path == one.path and other.attribute in given for other in members)
            chosen = _chosen((one.forms[0], one.required_in) if one.forms else None, data)
            data = _put(data, one.path, None) if in_place and alone and chosen else data
    return data


def _belongs(constant: Constant, data: Any) -> bool:
    """Return whether a constant is to be sent beside `data`: its record is there, and has its form."""
    if not _chosen(constant.forms, data):
        return False
    always = constant.required or constant.value == {} or len(constant.path) < 2
    return always or _look_up(data, constant.path[:-1]) is not None


def _chosen(forms: tuple[tuple[str, ...], tuple[Any, ...]] | None, data: Any) -> bool:
    return forms is None or _look_up(data, forms[0]) in forms[1]


def _look_up(data: Any, path: Iterable[str]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _form_parts(body: Body, name: str, value: Any) -> list[str]:
    written = body.parts.get(name) or Parameter(name, "body", "")
    if isinstance(value, Mapping) and not written.style:
        return write_query(Parameter(name, "body", media_type="application/json"), value)
    plain = Parameter(name, "body", written.style or "form", written.explode, written.allow_reserved)
    return write_query(plain, value)


def _multipart(body: Body, name: str, value: Any) -> list[Part]:
    if isinstance(value, list | tuple) and not any(isinstance(item, Mapping | list) for item in value):
        return [part for item in value for part in _multipart(body, name, item)]
    if isinstance(value, File):
        return [Part(name, value)]
    media = body.parts[name].media_type if name in body.parts else ""
    if isinstance(value, Mapping | list | tuple):
        return [Part(name, scalar_text(value), media or "application/json")]
    return [Part(name, scalar_text(value), media)]
