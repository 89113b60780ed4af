"""Bodies as msgspec structs: decoding is the check, and its failures become OpenAI-shaped errors.

The codes are the ones the OpenAI API answers with (unknown_parameter, missing_required_parameter,
invalid_type, invalid_value, duplicate_parameter).
"""

import re
from collections.abc import Iterable
from functools import cached_property
from io import BytesIO
from typing import Any, BinaryIO, Literal, TypeVar, get_args, get_origin

import msgspec
from starlette.datastructures import UploadFile

from .errors import ApiError

__all__ = ["Body", "Fields", "Upload", "decode_form", "decode_json"]


class Upload:
    """One file part of a form: `filename`, `content_type` (may be empty) and its content."""

    def __init__(self, filename: str, content_type: str, content: bytes | BinaryIO) -> None:
        self.filename = filename
        self.content_type = content_type
        self.file: BinaryIO = BytesIO(content) if isinstance(content, bytes) else content

    @cached_property
    def data(self) -> bytes:
        """The content in memory."""
        self.file.seek(0)
        return self.file.read()


class Fields(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A body; unknown fields are refused as OpenAI refuses them."""


class Body(Fields, kw_only=True):
    """A body that names the model."""

    model: str | None = None


F = TypeVar("F", bound=Fields)


def decode_json(content: bytes, kind: type[F]) -> F:
    """Return the checked body of a JSON request.

    Raises:
        ApiError: 400 naming the parameter.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(
            "We could not parse the JSON body of your request. This API method expects a JSON payload."
        ) from None


def decode_form(items: Iterable[tuple[str, UploadFile | str]], kind: type[F]) -> F:
    """Return the checked body of a multipart form; `name[]` collects a list, `name[key]` a record.

    Raises:
        ApiError: 400 naming the parameter; 422 where `name` and `name[]` are both sent.
    """
    values: dict[str, Any] = {}
    for key, part in items:
        value = part if isinstance(part, str) else _upload(part)
        outer, _, inner = key.partition("[")
        if inner not in ("", "]"):
            values.setdefault(outer, {})[inner.removesuffix("]")] = value
            continue
        name = key.removesuffix("[]")
        if (name in values) and isinstance(values[name], list) != (key != name):
            raise ApiError(f"Send either '{name}' or '{name}[]', not both.", status=422, param=name)
        if key != name:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise ApiError(
                f"Duplicate parameter: '{name}'. You provided multiple values for this parameter, whereas "
                f"only one is allowed. If you are trying to provide a list of values, use the array syntax "
                f"instead e.g. '{name}[]=<value>'.",
                param=name,
                code="duplicate_parameter",
            )
        else:
            values[name] = value
    for field in msgspec.structs.fields(kind):
        # A list of files may be sent as one file without brackets.
        listed = list[Upload] in (field.type, *get_args(field.type))
        if listed and isinstance(values.get(field.name), Upload):
            values[field.name] = [values[field.name]]
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), kind) from None


def _upload(part: UploadFile) -> Upload:
    return Upload(part.filename or "", (part.content_type or "").partition(";")[0].strip(), part.file)


def _refusal(problem: str, kind: type[Fields]) -> ApiError:
    """Return the OpenAI-shaped error for a message of msgspec such as "Expected `int` >= 1 - at `$.n`"."""
    sentence, _, path = problem.partition(" - at `$")
    where = path.removesuffix("`").removeprefix(".")
    field = re.search(r"field `(.+)`", sentence)
    if field:
        param = f"{where}.{field[1]}" if where else field[1]
        if "unknown" in sentence:
            return ApiError(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
        return ApiError(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    param = where or None
    if "got `" in sentence:
        return ApiError(
            f"Invalid type for '{where}': {sentence[0].lower()}{sentence[1:]}.",
            param=param,
            code="invalid_type",
        )
    return ApiError(
        f"Invalid value for '{where}': {sentence}.{_choices(where, kind)}", param=param, code="invalid_value"
    )


def _choices(name: str, kind: type[Fields]) -> str:
    """Return a sentence with the supported values, for a field that has a fixed set of them."""
    for field in msgspec.structs.fields(kind):
        if field.name == name:
            values = [
                repr(value) for part in get_args(field.type) if get_origin(part) is Literal for value in get_args(part)
            ]
            return f" Supported values are: {', '.join(values)}." if values else ""
    return ""
