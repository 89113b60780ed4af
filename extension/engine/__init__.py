"""The engine: the only place that opens sockets, files and clocks."""

from .execute import Progress, execute, result_schema, stream

__all__ = ["Progress", "execute", "result_schema", "stream"]
