"""How values are written into urls and headers: the parameter styles of OpenAPI.

https://spec.openapis.org/oas/v3.1.1.html#style-values; they are those of RFC 6570 but for deepObject and the delimited
ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..base.urls import scalar_text
from .descriptions import Parameter

__all__ = ["write_header", "write_path", "write_query"]

_RESERVED = ":/?#[]@!$&'()*+,;="
_DELIMITERS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def write_path(parameter: Parameter, value: Any) -> str:
    """Return what stands in a path for the parameter's placeholder."""
    if parameter.media_type:
        return quote(_json(value), safe="")
    name, pairs, texts = quote(parameter.name, safe=""), _pairs(value), _texts(value)
    if parameter.style == "label":
        joined = [f"{key}={text}" for key, text in pairs] if pairs and parameter.explode else _flat(pairs) or texts
        return "." + ("." if parameter.explode else ",").join(joined)
    if parameter.style == "matrix":
        if pairs and parameter.explode:
            return "".join(f";{key}={text}" for key, text in pairs)
        groups = texts if parameter.explode else [",".join(_flat(pairs) or texts)]
        return "".join(f";{name}={text}" if text else f";{name}" for text in groups)
    return _simple(pairs, texts, explode=parameter.explode)


def write_header(parameter: Parameter, value: Any) -> str:
    """Return the header's value; headers are not percent-encoded."""
    if parameter.media_type:
        return _json(value)
    return _simple(_pairs(value, _plain), _texts(value, _plain), explode=parameter.explode)


def _simple(pairs: Sequence[tuple[str, str]], texts: Sequence[str], *, explode: bool) -> str:
    return ",".join([f"{key}={text}" for key, text in pairs] if pairs and explode else _flat(pairs) or texts)


def write_query(parameter: Parameter, value: Any) -> list[str]:
    """Return the parts of a query string (or of a form or cookie) that say `value`: ["tag=a", "tag=b"]."""

    def encode(text: Any) -> str:
        safe = _RESERVED.replace("&", "").replace("#", "").replace("+", "") if parameter.allow_reserved else ""
        return quote(scalar_text(text), safe=safe)

    name = quote(parameter.name, safe="")
    if parameter.media_type:
        return [f"{name}={quote(_json(value), safe='')}"]
    if isinstance(value, Mapping):
        if parameter.style == "deepObject":
            return [part for key, inner in value.items() for part in _deep(f"{parameter.name}[{key}]", inner, encode)]
        pairs = [(encode(key), encode(inner)) for key, inner in value.items()]
        if parameter.explode:
            return [f"{key}={text}" for key, text in pairs]
        return [f"{name}={_delimiter(parameter).join(_flat(pairs))}"] if pairs else []
    if isinstance(value, list | tuple):
        if parameter.explode:
            return [f"{name}={encode(item)}" for item in value]
        return [f"{name}={_delimiter(parameter).join(map(encode, value))}"] if value else []
    return [f"{name}={encode(value)}"]


def _deep(name: str, value: Any, encode: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [part for key, inner in value.items() for part in _deep(f"{name}[{key}]", inner, encode)]
    if isinstance(value, list | tuple):
        return [part for item in value for part in _deep(name, item, encode)]
    return [f"{quote(name, safe='')}={encode(value)}"]


def _delimiter(parameter: Parameter) -> str:
    return _DELIMITERS.get(parameter.style, ",")


def _encoded(value: Any) -> str:
    return quote(scalar_text(value), safe="")


def _plain(value: Any) -> str:
    # A line break would begin another header.
    return " ".join(scalar_text(value).splitlines())


def _pairs(value: Any, encode: Any = _encoded) -> list[tuple[str, str]]:
    return [(encode(key), encode(inner)) for key, inner in value.items()] if isinstance(value, Mapping) else []


def _texts(value: Any, encode: Any = _encoded) -> list[str]:
    if isinstance(value, Mapping):
        return []
    return [encode(item) for item in value] if isinstance(value, list | tuple) else [encode(value)]


def _flat(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [text for pair in pairs for text in pair]
