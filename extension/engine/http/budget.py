"""What a run may spend, and what it has used."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason

__all__ = ["Budget"]


class Budget:
    """Counts requests and tokens, and stops the run before it would send too many.

    Attributes:
        requests: requests sent in this run, repeats included.
        tokens: tokens used, by model ("" where none is named) and the service's own names; kept answers included.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._max_requests, self._max_tokens = configuration.max_requests, configuration.max_tokens
        self.requests = self._spent = 0
        self.tokens: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def spend_request(self) -> None:
        """Count a request that is about to be sent.

        Raises:
            RunStopped: the budget is spent.
        """
        if self._max_requests is not None and self.requests >= self._max_requests:
            raise self._spent_up(self._max_requests, "requests", "max_requests")
        if self._max_tokens is not None and self._spent >= self._max_tokens:
            raise self._spent_up(self._max_tokens, "tokens", "max_tokens")
        self.requests += 1

    @staticmethod
    def _spent_up(limit: int, unit: str, field: str) -> RunStopped:
        return RunStopped(f"The budget of {limit:,} {unit} is spent; raise `{field}` to go on.", StopReason.BUDGET)

    def return_request(self) -> None:
        """Take back the count of a request that has not been sent after all."""
        self.requests -= 1

    def use_tokens(self, model: str, usage: Mapping[str, int], *, spent: bool) -> None:
        """Count the tokens of an answer; one that was kept by an earlier run is not `spent` again."""
        if usage:
            tokens = self.tokens[model]
            for name, count in usage.items():
                tokens[name] += count
            self._spent += usage.get("total_tokens", 0) if spent else 0
