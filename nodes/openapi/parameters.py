"""From an operation's parameters and body to fields and to how they are written."""

import re
from collections.abc import Mapping
from typing import Any

from ..base.urls import path_fields
from .descriptions import Body, BodyKind, Constant, Parameter
from .document import UNRESOLVED, Document, PathOperation, is_true, mapping
from .fields import Collected, collect_value
from .schemas import Schema, read_schema
from .values import Place

__all__ = ["collect_body", "collect_parameters", "is_credential", "path_template"]

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_NOT_PARAMETERS = {"accept", "content-type", "authorization"}
"""Headers that are not parameters, as the specification says."""
_CREDENTIAL = re.compile(
    r"(?:x-)?(?:[a-z0-9]+-)?(?:api|auth|access|secret|subscription)[-_]?(?:key|token)|(?:proxy-)?authorization",
    re.IGNORECASE,
)
_TOKEN_HELP = re.compile(r"authentication token", re.IGNORECASE)
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def path_template(path: str) -> str:
    """Return the path that is requested: some documents tell operations apart by a fragment, which no request has."""
    return path.partition("#")[0]


def is_credential(document: Document, name: str, location: str, description: object = "") -> bool:
    """Return whether a parameter carries the key, which belongs to the Configuration and not to a field."""
    for raw in document.component("securitySchemes").values():
        scheme = document.resolve(raw)
        if scheme.get("type") == "apiKey" and (scheme.get("name"), scheme.get("in")) == (name, location):
            return True
    if location == "header" and _CREDENTIAL.fullmatch(name):
        return True
    return name.lower() == "token" and bool(_TOKEN_HELP.search(str(description)))


def collect_parameters(document: Document, operation: PathOperation, found: Collected) -> list[Parameter]:
    """Add the fields of all parameters to `found`, and return how each parameter is written."""
    raw = _raw_parameters(document, operation, found)
    placeholders = path_fields(path_template(operation.path))
    for name in placeholders:
        if (name, "path") not in raw:
            found.note("warning", (name,), "is in the path but not among the parameters, and is taken for a text")
            raw[name, "path"] = {"name": name, "in": "path", "schema": {"type": "string"}}
    written = []
    for (name, location), parameter in raw.items():
        if location == "path" and name not in placeholders:
            found.note("warning", (name,), "is not in the path, so that it is not sent")
        elif location == "header" and name.lower() in _NOT_PARAMETERS:
            found.note("warning", (name,), "is set by the client itself")
        elif is_credential(document, name, location, parameter.get("description")):
            found.note("warning", (name,), "is the credential of the Configuration")
        else:
            written.append(_collect_parameter(document, parameter, found))
    return written


def _raw_parameters(
    document: Document, operation: PathOperation, found: Collected
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the parameters of the path item and of the operation, which override those, by name and place."""
    raw: dict[tuple[str, str], Mapping[str, Any]] = {}
    for listed in (operation.item.get("parameters"), operation.raw.get("parameters")):
        for node in listed if isinstance(listed, list) else ():
            parameter = document.resolve(node)
            if UNRESOLVED in parameter:
                found.note("missing", ("parameter",), str(parameter[UNRESOLVED]))
            elif isinstance(parameter.get("name"), str) and parameter.get("in") in _STYLES:
                raw[parameter["name"], parameter["in"]] = parameter
            else:
                found.note("missing", (str(parameter.get("name") or "parameter"),), "says no place that requests have")
    return raw


def _collect_parameter(document: Document, raw: Mapping[str, Any], found: Collected) -> Parameter:
    name, location = raw["name"], raw["in"]
    media = next(iter(mapping(raw.get("content"))), "")
    schema = read_schema(document, mapping(raw["content"][media]).get("schema") if media else raw.get("schema"))
    if schema.kind == "any" and not media and not schema.problem:
        schema = read_schema(document, {"type": "string", **schema.keywords})
    style = str(raw.get("style") or _STYLES[location])
    required = location == "path" or is_true(raw.get("required"))
    place = Place(
        location,
        (name,),
        required=required,
        help=str(raw.get("description") or ""),
        advanced=is_true(raw.get("deprecated")),
        example=_example(document, raw),
    )
    if schema.is_constant and (required or schema.keywords.get("default") == schema.choices[0]):
        found.constants.append(Constant(location, place.path, schema.choices[0]))
    else:
        collect_value(found, schema, place)
    explode = is_true(raw["explode"]) if "explode" in raw else style in ("form", "deepObject")
    return Parameter(name, location, style, explode, is_true(raw.get("allowReserved")), media)


def _example(document: Document, raw: Mapping[str, Any]) -> Any:
    for named in mapping(raw.get("examples")).values():
        return document.resolve(named).get("value")
    return raw.get("example")


def collect_body(document: Document, operation: PathOperation, found: Collected) -> Body | None:
    """Add the fields of the body to `found`, and return how it is written, None if there is none."""
    raw = document.resolve(operation.raw.get("requestBody"))
    if UNRESOLVED in raw:
        found.note("missing", ("body",), str(raw[UNRESOLVED]))
        return None
    content = {str(kind): mapping(media) for kind, media in mapping(raw.get("content")).items()}
    if not content:
        return None
    media_type, kind, schema = _choose(document, content)
    others = [name for name in content if name != media_type]
    if others:
        found.note("warning", ("body",), f"is sent as {media_type}, though it could be {', '.join(others)}")
    parts = _parts(document, content[media_type]) if kind in ("form", "multipart") else {}
    described = str(raw.get("description") or "")
    before = len(found.fields)
    required = is_true(raw.get("required")) or bool(schema.required)
    if kind == "raw":
        text = media_type.startswith("text/") or "xml" in media_type
        given = {"type": "string", "description": described} | ({} if text else {"format": "binary"})
        place = Place("body", (), required=is_true(raw.get("required")), media_types=_concrete(media_type), files=True)
        collect_value(found, read_schema(document, given), place)
    else:
        # Documents forget to say that a body is required whose properties are.
        place = Place("body", (), required=required, help=described, files=kind == "multipart")
        collect_value(found, schema, place, parts)
    added = found.fields[before:]
    return Body(kind, media_type, required, any(not field.path for field in added), parts)


def _concrete(media_type: str) -> tuple[str, ...]:
    plain = media_type.partition(";")[0].strip()
    return () if "*" in plain or plain == "application/octet-stream" else (plain,)


def _choose(document: Document, content: Mapping[str, Mapping[str, Any]]) -> tuple[str, BodyKind, Schema]:
    """Return the media type that says most: a form with files, then JSON, then other forms, then whatever there is."""
    ranked: list[tuple[int, str, BodyKind, Schema]] = []
    for media_type, media in content.items():
        schema = read_schema(document, media.get("schema"))
        plain = media_type.partition(";")[0].strip().lower()
        binary = any(_holds_files(value) for value in schema.properties().values())
        if plain == "application/json" or plain.endswith("+json") or plain == "*/*":
            ranked.append((1, "application/json" if plain == "*/*" else media_type, "json", schema))
        elif plain == _MULTIPART:
            ranked.append((0 if binary else 3, media_type, "multipart", schema))
        elif plain == _FORM:
            ranked.append((2, media_type, "form", schema))
        else:
            ranked.append((4, media_type, "raw", schema))
    _, media_type, kind, schema = min(ranked, key=lambda option: option[0])
    if media_type not in content:
        media_type = next(iter(content))
    return media_type, kind, schema


def _holds_files(schema: Schema) -> bool:
    alternatives = schema.alternatives() if schema.forms else (schema,)
    return any(one.is_binary or (one.kind == "list" and one.items().is_binary) for one in alternatives)


def _parts(document: Document, media: Mapping[str, Any]) -> dict[str, Parameter]:
    """Return how the properties of a form are written, where the document says it."""
    parts = {}
    for name, raw in mapping(media.get("encoding")).items():
        encoding = document.resolve(raw)
        style = str(encoding.get("style") or "")
        parts[str(name)] = Parameter(
            str(name),
            "body",
            style,
            is_true(encoding["explode"]) if "explode" in encoding else style in ("", "form", "deepObject"),
            is_true(encoding.get("allowReserved")),
            str(encoding.get("contentType") or ""),
        )
    return parts
