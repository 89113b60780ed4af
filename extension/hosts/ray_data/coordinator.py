"""What the workers of a run share: its budget, its progress and the word to stop."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import ray

from ....port_types.configuration import Configuration
from ....port_types.errors import RunStopped, StopReason
from ...engine.http.budget import Budget

__all__ = ["Beat", "Coordinator", "LeasedBudget", "Stopped", "Totals", "start_coordinator"]

LEASE = 8
"""Requests that a worker is allowed at once; the last ones of a budget are allowed one by one."""


Usages = list[tuple[str, dict[str, int]]]
"""What responses used: for each its model, and tokens by the service's names."""


class Stopped(RunStopped):
    """The run has ended at another worker, so that this one sends nothing more."""


@dataclass(frozen=True)
class Beat:
    """How far one attempt at a shard is: rows done and failed, requests sent."""

    done: int = 0
    failed: int = 0
    requests: int = 0


@dataclass(frozen=True)
class Totals:
    """How far all workers are, and the warnings that nobody has seen yet."""

    done: int
    failed: int
    requests: int
    warnings: list[str]


class Coordinator:
    """One for a run, as an actor that every worker talks to.

    Args:
        configuration: the limits of the whole run.
        workers: how many share them.
        tier: the service tier of every request, as far as it has prices of its own.
    """

    def __init__(self, configuration: Configuration, workers: int, tier: str = "") -> None:
        self._budget, self._most, self._workers = Budget(configuration, tier), configuration.max_requests, workers
        self._beats: dict[tuple[str, int], Beat] = {}
        self._attempts: Counter[str] = Counter()
        self._warned: dict[str, bool] = {}
        self._stop = ""

    def begin(self, shard: str) -> int:
        """Return which attempt at the shard this is, from 1: a lost worker's shard is begun again."""
        self._attempts[shard] += 1
        return self._attempts[shard]

    def beat(self, shard: str, attempt: int, beat: Beat) -> str:
        """Note how far an attempt is; return "", or the word to stop: "halt" or "cancel"."""
        self._beats[shard, attempt] = beat
        return self._stop

    def warn(self, sentence: str) -> None:
        """Keep a warning for the user, once."""
        self._warned.setdefault(sentence, False)

    def lease(self, usages: Usages) -> tuple[int, str]:
        """Allow a worker some requests of the budget.

        Args:
            usages: what its responses have used since it asked last, each with its model.

        Returns:
            How many, and if none, why.
        """
        self._use(usages)
        left = LEASE * 2 * self._workers if self._most is None else self._most - self._budget.requests
        allowed = 0
        try:
            while allowed < max(1, min(LEASE, left // (2 * self._workers))):
                self._budget.spend_request()
                allowed += 1
        except RunStopped as error:
            return allowed, "" if allowed else str(error)
        return allowed, ""

    def give_back(self, unsent: int, usages: Usages) -> None:
        """Take back what a worker was allowed and did not send, and count what it used since it asked last."""
        self._budget.requests -= unsent
        self._use(usages)

    def _use(self, usages: Usages) -> None:
        for model, usage in usages:
            self._budget.use_tokens(model, usage, spent=True)

    def stop(self, word: str) -> None:
        """Have all workers stop: "halt" lets what is in flight arrive, "cancel" does not."""
        self._stop = word

    def totals(self) -> Totals:
        """Return how far all workers are; of a shard begun again, only its last attempt's rows count."""
        last = [self._beats.get(attempt, Beat()) for attempt in self._attempts.items()]
        new = [sentence for sentence, told in self._warned.items() if not told]
        self._warned.update(dict.fromkeys(new, True))
        return Totals(
            sum(beat.done for beat in last),
            sum(beat.failed for beat in last),
            sum(beat.requests for beat in self._beats.values()),
            new,
        )


class LeasedBudget(Budget):
    """A worker's part of the budget, asked for bit by bit.

    Args:
        configuration: the limits of the whole run.
        coordinator: the run's coordinator.
        tier: the service tier of every request, as far as it has prices of its own.
    """

    def __init__(self, configuration: Configuration, coordinator: Any, tier: str = "") -> None:
        super().__init__(replace(configuration, max_requests=None, max_total_tokens=None, max_cost=None), tier)
        limits = (configuration.max_requests, configuration.max_total_tokens, configuration.max_cost)
        self._limited = any(limit is not None for limit in limits)
        self._coordinator, self._allowed = coordinator, 0
        self._unreported: Usages = []
        self.stopped = False
        """Once set, nothing more is sent."""

    def spend_request(self) -> None:
        if self.stopped:
            # As with a budget, what has arrived until then is kept.
            raise Stopped("the run has ended at another worker.", StopReason.BUDGET)
        if self._limited:
            if not self._allowed:
                usages, self._unreported = self._unreported, []
                self._allowed, refusal = ray.get(self._coordinator.lease.remote(usages))
                if refusal:
                    raise RunStopped(refusal, StopReason.BUDGET)
            self._allowed -= 1
        super().spend_request()

    def use_tokens(self, model: str, usage: Any, *, spent: bool) -> None:
        super().use_tokens(model, usage, spent=spent)
        if spent and usage:
            self._unreported.append((model, dict(usage)))

    def return_lease(self) -> None:
        """Give back what was not sent."""
        if self._limited:
            ray.get(self._coordinator.give_back.remote(self._allowed, self._unreported))
            self._allowed, self._unreported = 0, []


def start_coordinator(configuration: Configuration, workers: int, tier: str = "") -> Any:
    """Return a handle of a new coordinator; it lives as long as its handles."""
    return ray.remote(Coordinator).options(num_cpus=0).remote(configuration, workers, tier)
