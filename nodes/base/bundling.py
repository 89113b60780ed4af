"""Bundling: several rows' requests become one, and its answer becomes theirs again."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from .request import Request
from .response import Response
from .result_schema import parse_object

__all__ = ["Bundling"]


@dataclass(frozen=True)
class Bundling:
    """What is joined and split.

    Attributes:
        field: wire name of the value that may be a list.
        items: name of the answer's list, one item for each value; an item may tell its place as ``index``.
    """

    field: str
    items: str

    def bundle_key(self, request: Request) -> Hashable:
        """Return what requests that may be joined have in common."""
        import msgspec

        others = {name: value for name, value in request.values.items() if name != self.field}
        return request.route, msgspec.json.encode(others, order="sorted")

    def join(self, requests: Sequence[Request]) -> Request:
        """Return one request in place of several alike."""
        values = [request.values[self.field] for request in requests]
        return replace(requests[0], values={**requests[0].values, self.field: values})

    def split(self, response: Response, count: int) -> list[Response]:
        """Return the answers that `count` single requests would have had; what the whole used is on the first.

        Raises:
            GarbledResponse: it did not arrive as the service meant it.
            BadResponse: it is not a list of as many items, or their places are not those of a list.
        """
        import msgspec

        body = parse_object(response)
        items = body.get(self.items)
        if not isinstance(items, list) or len(items) != count:
            found = f"{len(items)} items" if isinstance(items, list) else preview(items)
            raise BadResponse(f"the service answered with {found} for {count} rows")
        singles = []
        for at, item in enumerate(_in_order(items)):
            whole = {name: value for name, value in body.items() if name != "usage" or at == 0}
            singles.append(replace(response, body=msgspec.json.encode({**whole, self.items: [item]})))
        return singles


def _in_order(items: list[Any]) -> list[Any]:
    """Return `items` in the order of their places, as one answer each; those that tell no places are in order.

    Raises:
        BadResponse: the places are not those of a list, so that nobody knows whose item is whose.
    """
    told = [item.get("index") if isinstance(item, dict) else None for item in items]
    if all(place is None for place in told):
        return items
    numbers = [_whole_number(place) for place in told]
    places = {number: item for number, item in zip(numbers, items, strict=True) if number is not None}
    first = min(places, default=0)
    if first not in (0, 1) or places.keys() != set(range(first, first + len(items))):
        raise BadResponse(f"the service answered with items whose places are {preview(told)}")
    return [{**places[number], "index": 0} for number in sorted(places)]


def _whole_number(place: Any) -> int | None:
    """Return a place as some services write it: 2, 2.0 or "2"."""
    if isinstance(place, str) and place.isascii() and place.isdigit():
        return int(place)
    return int(place) if type(place) in (int, float) and place == int(place) else None
