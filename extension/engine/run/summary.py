"""What a run has come to: rows, requests, tokens and money, for those who report it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..http.budget import Budget
from .outcome import Outcome

__all__ = ["RunCounter", "RunSummary"]


@dataclass(frozen=True)
class RunSummary:
    """What a run has come to until now.

    Attributes:
        rows: input rows that are done, failed ones included.
        failed: rows that failed.
        results: result rows of those that did not.
        from_cache: rows whose response was there before.
        sent: rows for which a request was sent.
        retries: attempts beyond the first of each row.
        requests: requests sent by this run.
        usage: tokens by model and by the service's own names; responses that were there before included.
        cost: US dollars that this run spent, None where the price of a model is unknown.
        cost_by_model: the same by model.
        tier: the service tier whose prices those are, such as "flex" or "batch"; "" is the usual one.
        elapsed_seconds: since the run was prepared.
    """

    rows: int = 0
    failed: int = 0
    results: int = 0
    from_cache: int = 0
    sent: int = 0
    retries: int = 0
    requests: int = 0
    usage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    cost: float | None = 0.0
    cost_by_model: Mapping[str, float | None] = field(default_factory=dict)
    tier: str = ""
    elapsed_seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens, as the services add them up."""
        return sum(counts.get("total_tokens", 0) for counts in self.usage.values())


class RunCounter:
    """Counts the outcomes of a run."""

    def __init__(self) -> None:
        self._rows = self._failed = self._results = self._from_cache = self._sent = self._retries = 0
        self._started = time.monotonic()

    def observe(self, outcome: Outcome) -> None:
        """Count one row."""
        self._rows += 1
        self._failed += outcome.error is not None
        self._results += 0 if outcome.error else len(outcome.rows)
        self._from_cache += outcome.kept
        self._sent += outcome.attempts > 0
        self._retries += max(0, outcome.attempts - 1)

    def summary(self, budget: Budget) -> RunSummary:
        """Return what the run has come to, with what `budget` has counted."""
        return RunSummary(
            rows=self._rows,
            failed=self._failed,
            results=self._results,
            from_cache=self._from_cache,
            sent=self._sent,
            retries=self._retries,
            requests=budget.requests,
            usage={model: dict(counts) for model, counts in budget.tokens.items()},
            cost=budget.costs.total(),
            cost_by_model=budget.costs.by_model(),
            tier=budget.costs.tier,
            elapsed_seconds=time.monotonic() - self._started,
        )
