"""From the responses of an operation to rows."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from ..base.response import Response
from ..base.result_schema import GarbledResponse, ResultSchema, error_message, extract_columns
from .descriptions import Answer, OutputColumn

__all__ = ["OperationResult"]

_STATUS = Column("status", ColumnKind.INTEGER, "HTTP status of the answer.")


class OperationResult(ResultSchema):
    """The rows of an operation: what the document says of its answer, and what really came.

    Args:
        answer: what the document says.
        reserved: names of columns that every result may have; a column of the answer gets another name.
    """

    def __init__(self, answer: Answer, reserved: Collection[str] = ()) -> None:
        self._answer = answer
        self._columns = _name_columns(answer.columns, reserved)
        self._envelope = _name_columns(answer.envelope or answer.columns, reserved)
        if answer.shape == "file":
            self.raw_kind = ColumnKind.FILE

    def simplified(self) -> tuple[Column, ...]:
        return tuple(column for column, _ in self._columns) or (_STATUS,)

    def structured(self) -> tuple[Column, ...]:
        return tuple(column for column, _ in self._envelope) or (_STATUS,)

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        answer = self._answer
        if answer.shape == "empty" or not response.body:
            return [{}]
        if answer.shape == "file":
            return [{self._columns[0][0].name: response.body}]
        if answer.shape == "text":
            return [{self._columns[0][0].name: _decode(response)}]
        found = _walk(self._read(response), answer.path)
        if answer.shape != "items":
            return [_row(found, self._columns)]
        if isinstance(found, dict):
            # Some services give a single item without the list around it, or leave the list out where it is empty.
            found = [found]
        if not isinstance(found, list | None):
            raise BadResponse(f"the service answered without a list of items ({preview(found)})")
        return [_row(item, self._columns) for item in found or ()]

    def structure(self, response: Response, values: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._answer.shape in ("empty", "file", "text") or not response.body:
            return self.items(response, values)[0]
        return _row(self._read(response), self._envelope)

    def _read(self, response: Response) -> Any:
        """Return the body as data; the Content-Type decides, since documents call file contents JSON.

        Raises:
            GarbledResponse: it is not JSON.
            BadResponse: it is an error in disguise.
        """
        try:
            body = response.json
        except ValueError:
            if self._answer.shape == "scalar" and self._columns[0][0].kind is ColumnKind.TEXT:
                return _decode(response)
            kind, start = response.media_type or "unnamed content", response.body[:80].decode("utf-8", "replace")
            raise GarbledResponse(f"the service answered with {kind} that is not JSON: {preview(start)}") from None
        documented = {column.path[:1] for column in (*self._answer.columns, *self._answer.envelope)}
        refused = isinstance(body, dict) and (
            body.get("ok") is False or (body.get("error") and ("error",) not in documented)
        )
        if refused:
            raise BadResponse(f"the service answered {response.status} with an error: {error_message(body)}")
        return body


def _name_columns(columns: Sequence[OutputColumn], reserved: Collection[str]) -> list[tuple[Column, OutputColumn]]:
    named: dict[str, tuple[Column, OutputColumn]] = {}
    for column in columns:
        name = f"response_{column.name}" if column.name in reserved else column.name
        while name in named:
            name = f"{name}_"
        named[name] = (Column(name, ColumnKind(column.kind), column.help), column)
    return list(named.values())


def _decode(response: Response) -> str:
    try:
        return response.body.decode()
    except UnicodeDecodeError:
        kind = response.media_type or "unnamed content"
        raise BadResponse(f"the service answered with {kind}, which is not text; take the raw format") from None


def _walk(body: Any, path: Sequence[str]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _row(item: Any, columns: Sequence[tuple[Column, OutputColumn]]) -> dict[str, Any]:
    cells = {column.name: _cell(column, _walk(item, described.path)) for column, described in columns}
    return extract_columns(cells, [column for column, _ in columns])


def _cell(column: Column, value: Any) -> Any:
    if column.kind is ColumnKind.TIME and isinstance(value, str):
        return _seconds(value)
    if column.kind is ColumnKind.TIME and isinstance(value, float):
        return int(value)
    return value


def _seconds(text: str) -> int | None:
    """Return the seconds since 1970 of an ISO 8601 date and time, which is UTC unless it says otherwise."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())
