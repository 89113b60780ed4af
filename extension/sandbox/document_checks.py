"""Whether a request is one that an OpenAPI document allows."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .errors import ApiError

__all__ = ["DocumentChecks", "resolve"]

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_PLAIN = {"integer": int, "number": float}
_LONGEST_CHAIN = 20


def resolve(document: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """Return the object that `node` is or refers to; an empty one for what leads nowhere."""
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(node, Mapping):
            return {}
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        found: Any = document
        for part in reference.removeprefix("#").split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        node = found
    return {}


class DocumentChecks:
    """The checks of one document.

    Args:
        document: OpenAPI 3 as data.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def check_parameters(
        self, parameters: Sequence[Mapping[str, Any]], request: Request, in_path: Mapping[str, str]
    ) -> None:
        """Check path, query and headers.

        Raises:
            ApiError: 400 for a value that is missing or is not what the document says.
        """
        places: dict[str, Mapping[str, str]] = {
            "path": in_path,
            "query": request.query_params,
            "header": request.headers,
            "cookie": request.cookies,
        }
        known = {str(one.get("name")) for one in parameters}
        for parameter in parameters:
            name, place = str(parameter.get("name")), places.get(str(parameter.get("in")), {})
            schema = resolve(self._document, parameter.get("schema"))
            value = place.get(name)
            if value is None:
                if parameter.get("required") is True and not self._is_record(schema) and not _credential(name):
                    raise ApiError(f"Missing required parameter: '{name}' ({parameter.get('in')}).", param=name)
            else:
                _check_plain(name, value, schema)
        for name in request.query_params:
            if name.partition("[")[0] not in known and not self._any_record(parameters) and not _credential(name):
                raise ApiError(f"Unknown query parameter: '{name}'.", param=name)

    def _is_record(self, schema: Mapping[str, Any]) -> bool:
        return schema.get("type") == "object" or "properties" in schema

    def _any_record(self, parameters: Sequence[Mapping[str, Any]]) -> bool:
        return any(self._is_record(resolve(self._document, one.get("schema"))) for one in parameters)

    async def check_body(self, raw: Any, request: Request) -> None:
        """Check the body.

        Raises:
            ApiError: 400 for a body that is missing or not what the document says, 415 for one of another kind.
        """
        described = resolve(self._document, raw)
        content = described.get("content") or {}
        body = await request.body()
        if not body:
            if described.get("required") is True and not any(kind.startswith(FORMS[1]) for kind in content):
                raise ApiError("The request body is missing.")
            return
        if not content:
            raise ApiError("This operation takes no request body.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        media = next((media for name, media in content.items() if _matches(name, kind)), None)
        if media is None:
            raise ApiError(f"Unsupported content type: '{kind}'; it takes {', '.join(content)}.", status=415)
        schema = (media or {}).get("schema") or {}
        if kind in FORMS:
            await self._check_form(schema, request)
        elif "json" in kind:
            self._check_json(schema, body)

    async def _check_form(self, schema: Any, request: Request) -> None:
        try:
            async with request.form() as form:
                given = set(form)
        except HTTPException as error:
            raise ApiError(f"Could not parse the form: {error.detail}") from None
        plain = resolve(self._document, schema)
        for name in plain.get("required") or ():
            if name not in given:
                raise ApiError(f"Missing required parameter: '{name}'.", param=str(name))

    def _check_json(self, schema: Any, body: bytes) -> None:
        try:
            data = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise ApiError(f"The request body is not JSON ({error}).") from None
        found = best_match(self._validator.evolve(schema=schema).iter_errors(data))
        if found is not None:
            place = ".".join(map(str, found.absolute_path)) or "body"
            raise ApiError(f"{place}: {found.message[:300]}", param=place)

    @cached_property
    def _validator(self) -> Any:
        nullable: Any = extend(  # type: ignore[no-untyped-call]  # it has no types
            Draft202012Validator, {"type": _check_type, "enum": _check_enum, **_NULLABLE, **_LIMITS, **_UNCHECKED}
        )
        return nullable(self._document)


def _check_type(validator: Any, types: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
    known = {"string", "integer", "number", "boolean", "array", "object", "null"}
    if (instance is None and schema.get("nullable") is True) or not known.issuperset(
        types if isinstance(types, list) else [types]
    ):
        return iter(())
    return Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)


def _check_enum(validator: Any, values: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
    if instance is None and schema.get("nullable") is True:
        return iter(())
    return Draft202012Validator.VALIDATORS["enum"](validator, values, instance, schema)


def _limit(keyword: str, flag: str) -> Any:
    """Return the check of a limit that OpenAPI 3.0 makes exclusive by a flag."""

    def check(validator: Any, bound: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
        exclusive = flag if schema.get(flag) is True else keyword
        return Draft202012Validator.VALIDATORS[exclusive](validator, bound, instance, schema)

    return check


def _exclusive(keyword: str) -> Any:
    def check(validator: Any, bound: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
        if isinstance(bound, bool):
            return iter(())
        return Draft202012Validator.VALIDATORS[keyword](validator, bound, instance, schema)

    return check


def _required(validator: Any, names: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
    properties = schema.get("properties") or {}
    # What only the service sets need not be sent.
    asked = [
        name for name in names if not isinstance(properties.get(name), dict) or not properties[name].get("readOnly")
    ]
    return Draft202012Validator.VALIDATORS["required"](validator, asked, instance, schema)


def _nullable(keyword: str) -> Any:
    def check(validator: Any, written: Any, instance: Any, schema: Mapping[str, Any]) -> Any:
        if instance is None and schema.get("nullable") is True:
            return iter(())
        return Draft202012Validator.VALIDATORS[keyword](validator, written, instance, schema)

    return check


_NULLABLE = {keyword: _nullable(keyword) for keyword in ("oneOf", "anyOf", "allOf", "$ref")}
_LIMITS = {
    "minimum": _limit("minimum", "exclusiveMinimum"),
    "maximum": _limit("maximum", "exclusiveMaximum"),
    "exclusiveMinimum": _exclusive("exclusiveMinimum"),
    "exclusiveMaximum": _exclusive("exclusiveMaximum"),
    "required": _required,
}
_UNCHECKED: dict[str, Any] = {"pattern": None, "$dynamicRef": None}
"""Patterns are ECMAScript's, and not all of them Python's."""


def _check_plain(name: str, value: str, schema: Mapping[str, Any]) -> None:
    kind = schema.get("type")
    if kind in _PLAIN:
        try:
            _PLAIN[kind](value)
        except ValueError:
            raise ApiError(f"Invalid '{name}': expected {kind}, but got {value!r}.", param=name) from None
    if kind == "boolean" and value not in ("true", "false"):
        raise ApiError(f"Invalid '{name}': expected true or false, but got {value!r}.", param=name)
    choices = schema.get("enum")
    if isinstance(choices, list) and kind == "string" and value not in map(str, choices):
        raise ApiError(f"Invalid '{name}': {value!r} is not one of {', '.join(map(str, choices))}.", param=name)


def _matches(name: str, kind: str) -> bool:
    plain = name.partition(";")[0].strip().lower()
    return plain in (kind, "*/*") or (plain.endswith("/*") and kind.startswith(plain[:-1]))


def _credential(name: str) -> bool:
    return any(word in name.lower() for word in ("key", "token", "authorization", "secret"))
