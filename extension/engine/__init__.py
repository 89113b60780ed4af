"""The engine: the only place that opens sockets, files and clocks."""

from .run.execution import Execution, Progress, execute, result_schema

__all__ = ["Execution", "Progress", "execute", "result_schema"]
