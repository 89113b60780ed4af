"""Whether values can be sent: what is missing, what does not go together, and JSON against its schema."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...port_types.errors import InvalidInput
from .descriptions import InputField, OperationDescription
from .document import UNRESOLVED, Document, is_true, mapping
from .schemas import Schema

__all__ = ["check_json", "check_values", "standalone_schema"]

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_KEPT = {
    "type", "enum", "const", "required", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties",
}  # fmt: skip
_KNOWN_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


def check_values(operation: OperationDescription, given: Mapping[str, Any]) -> None:
    """Raise where `given`, values by attribute without missing ones, cannot be sent.

    Raises:
        InvalidInput: the sentence names the field and what is wrong.
    """
    fields = {field.attribute: field for field in operation.fields}
    for field in operation.fields:
        if field.attribute in given:
            _check_form(operation, field, given)
            if field.kind == "json" and field.schema is not None:
                check_json(field.label, given[field.attribute], field.schema)
        elif reason := _missing(operation, field, given):
            if field.unless and (field.unless in given or fields[field.unless].attribute in given):
                continue
            raise InvalidInput(f"{field.label} is missing, {reason}.")


def _missing(operation: OperationDescription, field: InputField, given: Mapping[str, Any]) -> str:
    if field.null_when_absent:
        return ""
    if field.required:
        return "without which nothing can be sent"
    if field.required_within or (field.required_in and len(field.path) > 1):
        around = field.required_within or field.path[:-1]
        others = [one for one in operation.fields if one.attribute in given and _is_within(one, field, around)]
        if others and not field.required_in:
            return f"which goes together with {others[0].label}"
    if field.required_in and field.forms:
        tag = _value_at(operation, field.forms[0], given)
        if tag in field.required_in:
            return f"which {field.forms[0][-1]} {tag!r} needs"
    return ""


def _is_within(one: InputField, field: InputField, around: tuple[str, ...]) -> bool:
    return one.location == field.location and one.path[: len(around)] == around


def _check_form(operation: OperationDescription, field: InputField, given: Mapping[str, Any]) -> None:
    if field.forms is None:
        return
    tag = _value_at(operation, field.forms[0], given)
    if tag is not None and tag not in field.forms[1]:
        usable = ", ".join(map(repr, field.forms[1]))
        raise InvalidInput(
            f"{field.label} is set, but it goes with {field.forms[0][-1]} {usable} only, and that is {tag!r}; "
            f"switch one of them off."
        )


def _value_at(operation: OperationDescription, path: tuple[str, ...], given: Mapping[str, Any]) -> Any:
    return next((given[one.attribute] for one in operation.fields if one.path == path and one.attribute in given), None)


def check_json(label: str, value: Any, schema: Schema) -> None:
    """Raise where `value` does not keep to `schema`.

    Raises:
        InvalidInput: the sentence names the field, the place within the value, and what is wrong there.
    """
    import jsonschema
    from jsonschema.exceptions import best_match

    try:
        error = best_match(_validator(schema).iter_errors(value))
    except (jsonschema.exceptions.SchemaError, RecursionError, ValueError, TypeError, LookupError):
        # A document's schema may be wrong, or its pattern no regular expression of Python's; the service decides then.
        return
    if error is not None:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        raise InvalidInput(f"{label} does not keep to its schema: {('value' + place)}: {error.message[:300]}.")


@lru_cache(maxsize=256)
def _validator(schema: Schema) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(standalone_schema(schema))


def standalone_schema(schema: Schema) -> dict[str, Any]:
    """Return `schema` as JSON Schema 2020-12 that refers to nothing outside itself."""
    bundle = _Bundle(schema.document)
    converted = bundle.convert(schema.raw)
    return {**(converted if isinstance(converted, dict) else {}), "$defs": bundle.definitions}


class _Bundle:
    """Gathers what a schema refers to, each once, so that cycles stay references."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names: dict[str, str] = {}
        self.definitions: dict[str, Any] = {}
        self.around: list[str] = []

    def convert(self, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw if isinstance(raw, bool) else {}
        if any(isinstance(raw.get(key), str) for key in ("$recursiveRef", "$dynamicRef")):
            return {"$ref": f"#/$defs/{self.around[-1]}"} if self.around else {}
        converted = {**{key: raw[key] for key in raw if key in _KEPT}, **self._subschemas(raw)}
        if isinstance(reference := raw.get("$ref"), str):
            converted["allOf"] = [*converted.get("allOf", []), {"$ref": f"#/$defs/{self._define(reference)}"}]
        _repair(converted)
        if "required" in converted:
            # What the service alone sets is not the user's to send.
            own = mapping(raw.get("properties"))
            converted["required"] = [
                name
                for name in converted["required"]
                if not is_true(self.document.resolve(own.get(name)).get("readOnly"))
            ]
        nullable = is_true(raw.get("nullable")) or is_true(raw.get("x-nullable"))
        return {"anyOf": [converted, {"type": "null"}]} if nullable else converted

    def _subschemas(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        converted: dict[str, Any] = {}
        for key, value in raw.items():
            if key in _NAMED and isinstance(value, Mapping):
                converted[key] = {name: self.convert(inner) for name, inner in value.items()}
            elif key in _LISTED and isinstance(value, list) and value:
                converted[key] = [self.convert(inner) for inner in value]
            elif key in _SINGLE and isinstance(value, Mapping | bool):
                converted[key] = self.convert(value)
        return converted

    def _define(self, reference: str) -> str:
        if reference not in self.names:
            name = self.names[reference] = f"d{len(self.names)}"
            target = self.document.resolve({"$ref": reference})
            recursive = is_true(mapping(target).get("$recursiveAnchor"))
            if recursive:
                self.around.append(name)
            self.definitions[name] = {} if UNRESOLVED in target else self.convert(target)
            if recursive:
                self.around.pop()
        return self.names[reference]


def _repair(converted: dict[str, Any]) -> None:
    """Turn what OpenAPI 3.0 or a writer says otherwise into JSON Schema 2020-12."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(converted.get(exclusive), bool) and converted.pop(exclusive) and limit in converted:
            converted[exclusive] = converted.pop(limit)
    kinds = converted.get("type")
    if isinstance(kinds, str) and kinds not in _KNOWN_TYPES:
        del converted["type"]
    for listed in ("required", "enum"):
        if not isinstance(converted.get(listed, []), list):
            del converted[listed]
