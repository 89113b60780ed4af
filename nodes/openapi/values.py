"""From one schema to the fields that take its values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .descriptions import InputField, InputKind, Location
from .document import is_true
from .prose import plain_text, sentence_case
from .schemas import SCALARS, Schema
from .unions import read_tagged_union, split_union

__all__ = ["Place", "is_secret", "value_fields"]

_SENT_AS_JSON = {
    "map": "an object with any keys",
    "any": "any value",
    "record": "an object within an object",
    "union": "one of several forms that nothing tells apart",
    "list": "a list of objects",
}


@dataclass(frozen=True)
class Place:
    """Where a value belongs, and when it has to be there; the words are those of `InputField`."""

    location: Location
    path: tuple[str, ...]
    required: bool = False
    required_within: tuple[str, ...] = ()
    forms: tuple[tuple[str, ...], tuple[Any, ...]] | None = None
    required_in: tuple[Any, ...] = ()
    help: str = ""
    advanced: bool = False
    example: Any = None
    media_types: tuple[str, ...] = ()
    files: bool = False
    """Whether a file can be sent as it is, which JSON cannot."""


def value_fields(schema: Schema, place: Place) -> list[InputField]:
    """Return the field for `schema`; two where a value is either plain or JSON, each standing in for the other."""
    parts = split_union(schema)
    if schema.problem:
        return [_json(schema, place, schema.problem)]
    if not parts.others:
        if parts.lists:
            items = [item for part in parts.lists for item in split_union(part.items()).scalars]
            return [_many(schema, _scalar([*parts.scalars, *items], schema, place), parts.lists)]
        return [_scalar(parts.scalars, schema, place)]
    reason = _SENT_AS_JSON.get(parts.others[0].kind, "")
    if schema.kind == "list" and schema.items().kind not in ("record", "map"):
        reason = {"list": "a list of lists", "any": "a list of any values"}.get(
            schema.items().kind, "a list of values that nothing tells apart"
        )
    if schema.cyclic:
        reason = "an object that contains itself"
    elif schema.forms:
        reason = (
            "one of several objects" if len(place.path) > 1 and read_tagged_union(schema) else _SENT_AS_JSON["union"]
        )
    if not parts.scalars and not parts.lists:
        return [_json(schema, place, reason)]
    return _plain_or_json(schema, place, reason)


def _plain_or_json(schema: Schema, place: Place, reason: str) -> list[InputField]:
    """Return a plain field, for the forms that are single values, and one for the others."""
    parts = split_union(schema)
    if parts.scalars and not parts.lists:
        plain = _scalar(parts.scalars, schema, place)
    else:
        kinds = {item.kind for item in (parts.scalars or (parts.lists[0].items(),))}
        lists = [part for part in parts.lists if part.items().kind in kinds]
        items = [item for part in lists for item in split_union(part.items()).scalars]
        plain = _scalar([*parts.scalars, *items], schema, place)
        plain = _many(schema, plain, lists) if lists else plain
    other = replace(_json(schema, place, reason), label=f"{plain.label} (JSON)")
    return [plain, other]


def _base(schema: Schema, place: Place) -> InputField:
    written = schema.keywords
    needed = bool(place.required or place.required_within or place.required_in)
    return InputField(
        attribute="",
        label=sentence_case(place.path or ("body",)),
        help=plain_text(place.help or written.get("description") or written.get("title")),
        location=place.location,
        path=place.path,
        kind="json",
        required=place.required and not schema.nullable,
        required_within=() if schema.nullable else place.required_within,
        forms=place.forms,
        required_in=place.required_in,
        null_when_absent=needed and schema.nullable and place.location == "body",
        default=written.get("default"),
        example=_example(schema, place),
        advanced=place.advanced or is_true(written.get("deprecated")),
        private=is_secret(schema),
    )


def _example(schema: Schema, place: Place) -> Any:
    if place.example is not None:
        return place.example
    listed = schema.keywords.get("examples")
    first = listed[0] if isinstance(listed, list) and listed else None
    return schema.keywords.get("example", first)


def _json(schema: Schema, place: Place, reason: str) -> InputField:
    return replace(_base(schema, place), schema=schema, reason=reason)


def _many(schema: Schema, field: InputField, lists: Sequence[Schema]) -> InputField:
    # Texts of a list keep their limits, which are each value's; a number's would be taken for the list's length.
    only = lists[0].keywords if len(lists) == 1 else {}
    scalars = split_union(schema).scalars
    of_items = [item for part in lists for item in split_union(part.items()).scalars]
    in_lists = {choice for item in of_items for choice in item.choices}
    closed = all(item.choices for item in of_items)
    return replace(
        field,
        many=True,
        alone=tuple(choice for one in scalars for choice in one.choices if closed and choice not in in_lists),
        minimum=_number(only.get("minItems")) if not split_union(schema).scalars else None,
        maximum=_number(only.get("maxItems")),
        default=schema.keywords.get("default"),
        example=field.example if isinstance(field.example, list) else None,
    )


def _scalar(scalars: Sequence[Schema], schema: Schema, place: Place) -> InputField:
    field = _base(schema, place)
    if any(one.is_binary for one in scalars) or (len(scalars) == 1 and scalars[0].keywords.get("format") == "byte"):
        return _file(scalars, field, place)
    types = tuple(
        dict.fromkeys(str(one.kind) for one in sorted(scalars, key=lambda one: SCALARS[::-1].index(one.kind)))
    )
    choices = tuple(dict.fromkeys(choice for one in scalars for choice in one.choices if _is_plain(choice)))
    closed = all(one.choices for one in scalars)
    if closed and types != ("boolean",) and len({type(choice) for choice in choices}) == 1:
        return replace(field, kind="choice", choices=choices, types=types)
    if len(types) == 1 or set(types) == {"integer", "number"}:
        kind: InputKind = "number" if "number" in types else types[0]  # type: ignore[assignment]  # a scalar's kind
        field = replace(field, kind=kind, types=types)
    else:
        field = replace(field, kind="text", types=types)
    suggestions = tuple(str(choice) for choice in choices if isinstance(choice, str))
    open_ones = [one for one in scalars if not one.choices]
    return _limited(replace(field, suggestions=suggestions), open_ones if not choices else [])


def _limited(field: InputField, scalars: Iterable[Schema]) -> InputField:
    found = list(scalars)
    if len(found) != 1 or len(field.types) > 1:
        return field
    written = found[0].keywords
    if field.kind == "text":
        pattern = written.get("pattern")
        return replace(
            field,
            format=str(written.get("format") or ""),
            pattern=pattern if isinstance(pattern, str) else "",
            min_length=_whole(written.get("minLength")),
            max_length=_whole(written.get("maxLength")),
        )
    step = 1 if field.kind == "integer" else 0
    low, high = _number(written.get("minimum")), _number(written.get("maximum"))
    # OpenAPI 3.0 makes a limit exclusive by a flag, 3.1 by a limit of its own.
    over, under = written.get("exclusiveMinimum"), written.get("exclusiveMaximum")
    low = low + step if low is not None and over is True else low
    high = high - step if high is not None and under is True else high
    if not isinstance(over, bool) and (bound := _number(over)) is not None:
        low = bound + step
    if not isinstance(under, bool) and (bound := _number(under)) is not None:
        high = bound - step
    return replace(field, minimum=low, maximum=high, format=str(written.get("format") or ""))


def _file(scalars: Sequence[Schema], field: InputField, place: Place) -> InputField:
    written = scalars[0].keywords
    if not place.files and written.get("format") != "byte":
        # JSON has no bytes; what such a document means is text.
        return replace(field, kind="text", types=("text",), reason="a file, which JSON can only hold as text")
    named = written.get("contentMediaType")
    accepts = place.media_types or ((named,) if isinstance(named, str) else ())
    groups = {media.partition("/")[0] for media in accepts}
    kind: InputKind = "image" if groups == {"image"} else "audio" if groups == {"audio"} else "file"
    return replace(field, kind=kind, accepts=accepts, format=str(written.get("format") or "binary"), example=None)


def is_secret(schema: Schema) -> bool:
    """Return whether the document says that a value is a secret."""
    return schema.keywords.get("format") == "password"


def _is_plain(choice: Any) -> bool:
    return isinstance(choice, str | int | float)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
