"""What a run may spend, and what it has used."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping

from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason
from ..money import CostMeter, dollars

__all__ = ["Budget", "total_tokens"]

PARTS = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))
"""What a usage without a total is the sum of."""


def total_tokens(usage: Mapping[str, int]) -> int:
    """Return all tokens of a usage, added up where the service gives no total."""
    if "total_tokens" in usage:
        return usage["total_tokens"]
    return max(sum(usage.get(name, 0) for name in parts) for parts in PARTS)


class Budget:
    """Counts requests and tokens, and stops the run before it would send too many.

    What requests in flight will use is not known: as much as the others on average is held back for each.

    Args:
        configuration: the limits.
        tier: the service tier of every request, as far as it has prices of its own.

    Attributes:
        requests: requests sent in this run, repeats included.
        costs: what the responses of this run have cost.
        tokens: tokens used, by model ("" where none is named) and the service's own names; kept answers included.
    """

    def __init__(self, configuration: Configuration, tier: str = "") -> None:
        self._max_requests, self._max_total_tokens = configuration.max_requests, configuration.max_total_tokens
        self._max_cost = configuration.max_cost
        self.costs = CostMeter(configuration, tier)
        self.requests = self._spent = 0
        self.tokens: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._in_flight = self._answered = 0
        self._settled = asyncio.Event()

    async def reserve(self) -> None:
        """Count a request that is about to be sent, once there is room for what it may use; then `settle` it.

        Raises:
            RunStopped: the budget is spent.
        """
        while not self._has_room():
            self._settled.clear()
            await self._settled.wait()
        self.spend_request()
        self._in_flight += 1

    def settle(self, *, sent: bool = True) -> None:
        """Note that a reserved request has come to its end, or that it has not been sent after all."""
        self._in_flight -= 1
        self.requests -= not sent
        self._settled.set()

    def spend_request(self) -> None:
        """Count a request that is about to be sent.

        Raises:
            RunStopped: the budget is spent.
        """
        if self._max_requests is not None and self.requests >= self._max_requests:
            raise self._spent_up(self._max_requests, "request", "max_requests")
        if self._max_total_tokens is not None and self._spent >= self._max_total_tokens:
            raise self._spent_up(self._max_total_tokens, "token", "max_total_tokens")
        if self._max_cost is not None and self.requests:
            self._check_cost(self._max_cost)
        self.requests += 1

    def use_tokens(self, model: str, usage: Mapping[str, int], *, spent: bool) -> None:
        """Count the tokens of an answer; one that was kept by an earlier run is not `spent` again."""
        if usage:
            tokens = self.tokens[model]
            for name, count in usage.items():
                tokens[name] += count
        if spent and (model or usage):
            self._spent += total_tokens(usage)
            self._answered += 1
            self.costs.add(model, usage)

    def _has_room(self) -> bool:
        """Return whether another request fits in what is left, if those in flight use as much as the others did."""
        if not self._in_flight:
            return True
        if self._max_requests is not None and self.requests >= self._max_requests:
            return False  # one in flight may turn out not to have been sent
        cost = self.costs.total() or 0.0 if self._max_cost is not None else 0.0
        return self._fits(self._spent, self._max_total_tokens) and self._fits(cost, self._max_cost)

    def _fits(self, spent: float, limit: float | None) -> bool:
        if limit is None:
            return True
        mean = spent / self._answered if self._answered else limit
        return spent + self._in_flight * mean < limit

    @staticmethod
    def _spent_up(limit: int, unit: str, field: str) -> RunStopped:
        budget = f"{limit:,} {unit}{'s' * (limit != 1)}"
        return RunStopped(f"The budget of {budget} is spent; raise `{field}` to go on.", StopReason.BUDGET)

    def _check_cost(self, limit: float) -> None:
        cost = self.costs.total()
        if cost is None:
            models = ", ".join(model or "a model that is not named" for model in self.costs.unknown())
            raise RunStopped(
                f"The price of {models} is unknown, so that `max_cost` cannot be kept; use `max_total_tokens` instead.",
                StopReason.BUDGET,
            )
        if cost >= limit:
            sentence = f"The budget of {dollars(limit)} is spent ({dollars(cost)}); raise `max_cost` to go on."
            raise RunStopped(sentence, StopReason.BUDGET)
