"""Which of a node's routes a service has turned out to lack."""

from collections.abc import Callable, Sequence

from ....nodes.base import Route
from ....port_types.errors import EndpointError, InvalidInput, RunStopped, StopReason
from ..cache.opening import NoCache
from ..cache.response_cache import ResponseCache

__all__ = ["RouteMemory"]

ROUTE_MISSING_STATUSES = {404, 405}
"""Statuses with which a service says that it does not have a route."""


class RouteMemory:
    """Remembers missing routes, in the cache for later runs as well; shared by all rows of a run.

    Args:
        base_url: the service.
        cache: where it is noted.
        warn: called once for each missing route.
        takes: whether the run's delivery can send requests on a route; None if it can on any.
    """

    def __init__(
        self,
        base_url: str,
        cache: ResponseCache | NoCache,
        warn: Callable[[str], None],
        takes: Callable[[Route], bool] | None = None,
    ) -> None:
        self._cache, self._warn, self._takes = cache, warn, takes
        self._name = f"lacking {base_url}"
        self._missing: set[str] = set(cache.noted(self._name))

    def usable(self, routes: Sequence[Route]) -> Sequence[Route]:
        """Return those of `routes` that are worth trying; at least the last one.

        Raises:
            InvalidInput: none of them can be sent in a batch.
        """
        if self._takes is None and not self._missing:
            return routes
        able = [route for route in routes if self._takes is None or self._takes(route)]
        if not able:
            raise InvalidInput(f"{routes[0].path} cannot be sent in a batch; say `delivery=live`.")
        return [route for route in able if route.name not in self._missing] or able[-1:]

    def is_missing(self, route: Route, error: EndpointError) -> bool:
        """Return whether `error` says that the service lacks `route`: not a model, nor a thing that a row named."""
        of_row = "model" in error.code or "{" in route.path
        return error.status in ROUTE_MISSING_STATUSES and not of_row

    def move_on(self, route: Route, following: Route | None, error: EndpointError) -> None:
        """Note that `route` is missing, so that the run goes on with `following`.

        Raises:
            RunStopped: there is no route left.
        """
        if following is None:
            message = f"{error} (route {route.path})"
            raise RunStopped(message, StopReason.ROUTE, status=error.status, code=error.code)
        if route.name not in self._missing:
            self._missing.add(route.name)
            self._cache.note(self._name, sorted(self._missing))
            self._warn(f"The service has no {route.path}; the run goes on with {following.path}.")
