"""Schemas made plain: references followed, null set aside, allOf merged, unions laid open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .document import UNRESOLVED, Document, is_true, mapping

__all__ = ["ONE_OF_REQUIRED", "SCALARS", "Schema", "SchemaKind", "read_schema"]

SchemaKind = Literal["text", "integer", "number", "boolean", "list", "record", "map", "union", "any"]

SCALARS: tuple[SchemaKind, ...] = ("text", "integer", "number", "boolean")

_TYPES: dict[str, str] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "record",
    # What writers use though no version of the specification has it; "file" is Swagger 2.0's.
    "file": "text",
    "float": "number",
    "double": "number",
    "int": "integer",
    "long": "integer",
    "bool": "boolean",
    "date": "text",
    "date-time": "text",
    "uuid": "text",
    "list": "list",
    "dict": "record",
    "map": "record",
}
_OF_PYTHON: dict[type, str] = {str: "text", int: "integer", float: "number", bool: "boolean", list: "list"}
ONE_OF_REQUIRED = "x-one-of-required"
"""Key under which the lists of names are of which one must be there, where alternatives say no more."""
_UNIONS = ("oneOf", "anyOf")
_RECURSIVE = ("$recursiveRef", "$dynamicRef")
_NULL = {"type": "null"}
_DEEPEST = 25


@dataclass(frozen=True, eq=False)
class Schema:
    """One schema, as far as it has to be known; what lies within is read when it is asked for.

    Attributes:
        document: where its references point.
        keywords: the schema's own keywords with those of what it refers to and of its allOf merged; no union, no null.
        forms: the alternatives of a union, as written; () where there is none.
        nullable: whether null is a value.
        trail: references that led here.
        cyclic: whether one of them leads back here.
        name: the component's name, "" if it has none.
        raw: as the document has it.
    """

    document: Document
    keywords: Mapping[str, Any]
    forms: tuple[Any, ...] = ()
    nullable: bool = False
    trail: frozenset[str] = frozenset()
    cyclic: bool = False
    name: str = ""
    raw: Any = None

    @property
    def kind(self) -> SchemaKind:
        """What its values are."""
        if self.forms:
            return "union"
        kind = _TYPES.get(str(self.keywords.get("type")), "any")
        if kind == "record" and not self.keywords.get("properties"):
            return "map"
        return kind  # type: ignore[return-value]  # the values of _TYPES are kinds

    @property
    def problem(self) -> str:
        """Why its reference could not be followed, "" if it could."""
        return str(self.keywords.get(UNRESOLVED) or "")

    @property
    def choices(self) -> tuple[Any, ...]:
        """The only values it has, () if it is open."""
        return tuple(self.keywords.get("enum") or ())

    @property
    def is_constant(self) -> bool:
        """Whether it has one value only."""
        return len(self.choices) == 1 and not self.nullable and self.kind in SCALARS

    @property
    def is_binary(self) -> bool:
        """Whether its values are the bytes of a file."""
        written = self.keywords
        media = written.get("contentMediaType")
        return self.kind == "text" and (
            written.get("format") == "binary"
            or written.get("type") == "file"
            or (isinstance(media, str) and not media.startswith("text/") and not written.get("contentEncoding"))
        )

    @property
    def required(self) -> frozenset[str]:
        """Names of the properties that every value has."""
        listed = self.keywords.get("required")
        return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else frozenset()

    def properties(self) -> dict[str, "Schema"]:
        """Return the properties of a record by name."""
        return {str(name): self.within(raw) for name, raw in mapping(self.keywords.get("properties")).items()}

    def items(self) -> "Schema":
        """Return what a list holds."""
        return self.within(self.keywords.get("items"))

    def alternatives(self) -> tuple["Schema", ...]:
        """Return the alternatives of a union, unions within it laid open; null is none of them."""
        found: list[Schema] = []
        for form in self.forms:
            schema = self.within(form)
            found += schema.alternatives() if schema.forms and not schema.cyclic else [schema]
        return tuple(found)

    def within(self, raw: Any) -> "Schema":
        """Return a schema that this one contains."""
        return read_schema(self.document, raw, self.trail)


def read_schema(document: Document, raw: Any, trail: frozenset[str] = frozenset()) -> Schema:
    """Return the schema that `raw` is, true and missing ones taking anything.

    Args:
        document: where its references point.
        raw: the schema as the document has it.
        trail: references that led here.
    """
    merger = _Merger(document, trail)
    merger.add(raw)
    return merger.schema(raw)


class _Merger:
    """Collects the keywords of a schema, of what it refers to and of its allOf."""

    def __init__(self, document: Document, trail: frozenset[str]) -> None:
        self.document = document
        self.before = trail
        self.seen: set[str] = set()
        self.keywords: dict[str, Any] = {}
        self.unions: list[list[Any]] = []
        self.nullable: list[bool] = []
        self.cyclic = False
        self.name = ""

    def schema(self, raw: Any) -> Schema:
        forms = self._forms()
        if forms and self.keywords.get("properties"):
            # What all alternatives share belongs to each of them.
            shared = {key: value for key, value in self.keywords.items() if key != "discriminator"}
            forms = tuple({"allOf": [form, shared]} for form in forms)
        return Schema(
            document=self.document,
            keywords=self.keywords,
            forms=forms,
            nullable=any(self.nullable),
            trail=self.before | self.seen,
            cyclic=self.cyclic,
            name=self.name,
            raw=raw,
        )

    def _forms(self) -> tuple[Any, ...]:
        # One of several unions at once is a union of combinations; that is JSON's task.
        if len(self.unions) > 1:
            self.keywords = {"x-combined": True}
            return ()
        return tuple(self.unions[0]) if self.unions else ()

    def add(self, raw: Any, depth: int = 0) -> None:
        if not isinstance(raw, Mapping) or depth > _DEEPEST:
            return
        if any(isinstance(raw.get(key), str) for key in _RECURSIVE):
            self.cyclic = True
            return
        reference = raw.get("$ref")
        if isinstance(reference, str):
            self._follow(reference, depth)
        for part in raw.get("allOf") or () if isinstance(raw.get("allOf"), list) else ():
            self.add(part, depth + 1)
        self._add_own({key: value for key, value in raw.items() if key not in ("$ref", "allOf", *_UNIONS)})
        for key in _UNIONS:
            if isinstance(raw.get(key), list):
                self._add_union(raw[key], depth)

    def _follow(self, reference: str, depth: int) -> None:
        if reference in self.seen:
            return
        self.cyclic = self.cyclic or reference in self.before
        self.seen.add(reference)
        target = self.document.resolve({"$ref": reference})
        if not self.name:
            self.name = reference.rsplit("/", 1)[-1]
        self.add(target, depth + 1)

    def _add_own(self, own: dict[str, Any]) -> None:
        for flag in ("nullable", "x-nullable"):
            if flag in own:
                self.nullable.append(is_true(own.pop(flag)))
        if isinstance(own.get("type"), list):
            self._add_types(own)
        if "const" in own:
            own["enum"] = [own.pop("const")]
        if isinstance(own.get("enum"), list):
            self.nullable.append(None in own["enum"])
            own["enum"] = [value for value in own["enum"] if value is not None]
            if not own["enum"]:
                del own["enum"]
        if "type" not in own and (found := _type_of(own)):
            own["type"] = found
        for key, value in own.items():
            self._add_keyword(key, value)

    def _add_types(self, own: dict[str, Any]) -> None:
        types = [kind for kind in own.pop("type") if isinstance(kind, str)]
        self.nullable.append("null" in types)
        types = [kind for kind in types if kind != "null"]
        if len(types) == 1:
            own["type"] = types[0]
        elif types:
            self.unions.append([{**own, "type": kind} for kind in types])
            for key in ("properties", "items", "enum"):
                own.pop(key, None)

    def _add_keyword(self, key: str, value: Any) -> None:
        held = self.keywords.get(key)
        if key == "properties" and isinstance(held, Mapping) and isinstance(value, Mapping):
            both = {
                name: {"allOf": [held[name], value[name]]}
                for name in held
                if name in value and held[name] != value[name]
            }
            self.keywords[key] = {**held, **value, **both}
        elif key == "required" and isinstance(held, list) and isinstance(value, list):
            self.keywords[key] = [*held, *(name for name in value if name not in held)]
        elif key == "enum" and isinstance(held, list):
            self.keywords[key] = [choice for choice in held if choice in value] or value
        else:
            self.keywords[key] = value

    def _add_union(self, written: Iterable[Any], depth: int) -> None:
        forms: list[Any] = []
        for form in written:
            if _is_null(self.document.resolve(form) if isinstance(form, Mapping) else form):
                self.nullable.append(True)
            elif _only_requires(form):
                self.keywords[ONE_OF_REQUIRED] = [*self.keywords.get(ONE_OF_REQUIRED, ()), form["required"]]
            elif form not in forms:
                forms.append(form)
        if len(forms) == 1:
            self.add(forms[0], depth + 1)
        elif forms:
            self.unions.append(forms)


def _is_null(form: Any) -> bool:
    """Return whether an alternative stands for null, in any of its spellings."""
    if not isinstance(form, Mapping):
        return False
    known = {key: value for key, value in form.items() if key not in ("description", "title", "default", "example")}
    if "enum" in known and known["enum"] == [None]:
        return True
    if "const" in known and known["const"] is None:
        return True
    # Qdrant writes the alternative {"nullable": true}.
    return known in (_NULL, {"type": ["null"]}, {"nullable": True}, {"nullable": True, "type": "null"})


def _only_requires(form: Any) -> bool:
    """Return whether an alternative only says which properties must be there ("one of name and id")."""
    return isinstance(form, Mapping) and "required" in form and not set(form) - {"required", "not", "type", "title"}


def _type_of(own: Mapping[str, Any]) -> str:
    """Return the type that the other keywords imply, "" if they do not."""
    if "properties" in own or isinstance(own.get("additionalProperties"), Mapping):
        return "object"
    if "items" in own:
        return "array"
    kinds = {_OF_PYTHON.get(type(value)) for value in own.get("enum") or ()}
    if len(kinds) == 1 and (kind := kinds.pop()):
        return {"text": "string", "list": "array"}.get(kind, kind)
    return "string" if "format" in own and own["format"] in ("binary", "byte", "date-time", "uri", "uuid") else ""
