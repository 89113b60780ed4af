"""Fields: how nodes, Configurations and services declare what they can be told.

It lies on the lowest floor because the Configuration, which travels along edges, is itself made of fields.
"""

from .declarative import Declarative
from .declare import optional, required, setting
from .field import Entries, Field, FieldKind, FilePath, FolderPath, Mode, ModelFilter

__all__ = [
    "Declarative",
    "Entries",
    "Field",
    "FieldKind",
    "FilePath",
    "FolderPath",
    "Mode",
    "ModelFilter",
    "optional",
    "required",
    "setting",
]
