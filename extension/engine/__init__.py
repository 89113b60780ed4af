"""The engine: the only place that opens sockets, files and clocks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run.execution import Execution, Progress, execute, result_schema

__all__ = ["Execution", "Progress", "execute", "result_schema"]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: `--help` needs other rooms of the engine, and not the run.
    if name in __all__:
        return getattr(import_module(".run.execution", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
