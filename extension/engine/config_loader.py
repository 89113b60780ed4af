"""Reading Configurations from TOML files and the environment."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...port_types.configuration import Configuration
from ...port_types.errors import InvalidInput

__all__ = ["load_configuration"]

PREFIX = "ENDPOINT_NODES_"


def load_configuration(
    path: Path | None = None, *, usual: Mapping[str, Any] | None = None, **given: Any
) -> Configuration:
    """Return a Configuration from `given`, else the environment (ENDPOINT_NODES_BASE_URL …), else a TOML file.

    Args:
        path: of the TOML file.
        usual: what holds where none of them says anything.
        given: by the name of the field.

    Raises:
        InvalidInput: the file cannot be read.
        InvalidSetting: a value is not one that its field can take.
    """
    values: dict[str, Any] = {}
    if path:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InvalidInput(f"The configuration {path} cannot be read ({error}).") from None
    for name in Configuration.fields():
        if text := os.environ.get(PREFIX + name.upper()):
            values[name] = text
    return Configuration.from_json({**(usual or {}), **values, **given})
