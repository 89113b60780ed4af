"""Reading Configurations from TOML files and the environment."""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...port_types.configuration import Configuration
from ...port_types.errors import InvalidInput, InvalidSetting, reason_of
from ...port_types.nearest import nearest

__all__ = ["load_configuration", "read_toml"]

PREFIX = "ENDPOINT_NODES_"
OTHERS = {"ENDPOINT_NODES_PACKS", "ENDPOINT_NODES_TOKEN"}
"""Variables of that prefix that are not about a Configuration."""


def load_configuration(
    path: Path | None = None, *, usual: Mapping[str, Any] | None = None, **given: Any
) -> Configuration:
    """Return a Configuration from several places, the first that says something about a field.

    They are `given`, the environment (ENDPOINT_NODES_BASE_URL …), a TOML file, `usual`, and for the base url
    OPENAI_BASE_URL, as OpenAI's own clients have it; the key in OPENAI_API_KEY goes there, too.

    Args:
        path: of the TOML file.
        usual: what holds where none of them says anything.
        given: by the name of the field.

    Raises:
        InvalidInput: a file cannot be read.
        InvalidSetting: a name is not that of a field, or a value is not one that its field can take.
    """
    values = read_toml(path) if path else {}
    values |= {name: text for name, text in _environment().items() if text}
    if "base_url" not in {**(usual or {}), **values, **given} and (base_url := os.environ.get("OPENAI_BASE_URL")):
        values["base_url"] = base_url
        if os.environ.get("OPENAI_API_KEY"):
            values.setdefault("credential", "env:OPENAI_API_KEY")
    return Configuration.from_json({**(usual or {}), **values, **given})


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says of a Configuration, by the name of the field.

    Raises:
        InvalidInput: the file cannot be read.
        InvalidSetting: a name is not that of a field.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The configuration {path} cannot be read ({reason_of(error)}).") from None
    values = Configuration.renamed(values)
    for name in values:
        _check_name(name, str(path), str)
    return values


def _environment() -> dict[str, str]:
    names = [name for name in os.environ if name.startswith(PREFIX) and name not in OTHERS]
    values = Configuration.renamed({name.removeprefix(PREFIX).lower(): os.environ[name] for name in names})
    for name in values:
        _check_name(name, "the environment", lambda field: PREFIX + field.upper())
    return values


def _check_name(name: str, place: str, spell: Callable[[str], str]) -> None:
    """Refuse a name that is not a field's: a misspelt budget would not hold.

    Raises:
        InvalidSetting: no field has this name; the sentence says the nearest.
    """
    fields = [field for field, declared in Configuration.fields().items() if not declared.internal]
    if name not in fields:
        meant = nearest(name, fields)
        hint = f"; did you mean {spell(meant)}?" if meant else f". The fields are {', '.join(map(spell, fields))}."
        raise InvalidSetting(f"In {place}, {spell(name)} is not a field of a Configuration{hint}")
