"""From the bytes of a document to plain data: JSON, or YAML 1.2."""

import functools
from collections.abc import Hashable
from typing import Any

from ...port_types.errors import InvalidSetting

__all__ = ["parse_document"]


def parse_document(content: bytes | str, name: str = "the document") -> dict[str, Any]:
    """Return the object that `content` holds, JSON or YAML 1.2.

    Args:
        content: the document's bytes (UTF-8) or text.
        name: what to call it in a message.

    Raises:
        InvalidSetting: it is neither, or its top level is not an object.
    """
    import msgspec

    text = content.decode("utf-8-sig", "replace") if isinstance(content, bytes) else content
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError:
        data = _parse_yaml(text, name)
    if not isinstance(data, dict):
        raise InvalidSetting(f"{name} is not an OpenAPI document: its top level is not an object.")
    return data


def _parse_yaml(text: str, name: str) -> Any:
    import yaml

    try:
        return yaml.load(text, _loader())  # noqa: S506 - a safe loader with fewer types than PyYAML's own
    except (yaml.YAMLError, ValueError) as error:
        lines = [part.strip() for part in str(error).splitlines() if part.strip()]
        raise InvalidSetting(f"{name} is neither JSON nor YAML ({' '.join(lines)[:200]}).") from None


@functools.cache
def _loader() -> Any:
    """Return PyYAML's safe loader with the core schema of YAML 1.2, https://yaml.org/spec/1.2.2/#103-core-schema.

    PyYAML reads YAML 1.1, in which ``NO`` is false, ``2024-01-31`` a date object, ``012`` ten and ``1e-08`` text.
    Merge keys (``<<``) are kept, because documents use them. Keys are always the text that is written: a status code
    or a property called ``on`` is a name here.
    """
    import re

    import yaml

    class CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own

    def build_mapping(loader: Any, node: Any) -> Any:
        data: dict[Hashable, Any] = {}
        yield data  # first, because an alias inside may point back here
        loader.flatten_mapping(node)
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else str(loader.construct_object(key, deep=True))
            data[name] = loader.construct_object(value)

    def build_integer(loader: Any, node: Any) -> int:
        written = loader.construct_scalar(node)
        base = {"0o": 8, "0x": 16}.get(written[:2], 10)
        return int(written[2:] if base != 10 else written, base)

    def resolve(tag: str, pattern: str, first: str) -> None:
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), list(first))

    resolve("null", "~|null|Null|NULL|", "~nN")
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
    resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
    resolve("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789")
    resolve(
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    )
    resolve("merge", "<<", "<")
    CoreLoader.add_constructor("tag:yaml.org,2002:map", build_mapping)
    CoreLoader.add_constructor("tag:yaml.org,2002:int", build_integer)
    return CoreLoader
