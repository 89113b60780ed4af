"""Counts for Prometheus, in its text format (prometheus.io/docs/instrumenting/exposition_formats)."""

import threading
from collections import Counter
from collections.abc import Iterable

from .models import RunRecord

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4"

_HELP = {
    "http_requests_total": "Requests to this service, by status.",
    "uploaded_bytes_total": "Bytes of uploaded files.",
    "runs_ended_total": "Runs that have ended, by state.",
    "rows_total": "Rows of ended runs.",
    "rows_failed_total": "Failed rows of ended runs.",
    "rows_from_cache_total": "Rows of ended runs whose response was kept.",
    "requests_sent_total": "Requests that ended runs have sent.",
    "tokens_total": "Tokens of ended runs.",
    "cost_usd_total": "US dollars that ended runs have cost, as far as prices are known.",
    "runs": "Runs that wait or are under way, by state.",
}


class Metrics:
    """Counters since the start, and the runs as they are."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str, labels: str = "", by: float = 1) -> None:
        """Raise a counter.

        Args:
            name: one of those with a help text.
            labels: such as ``status="200"``.
            by: how much.
        """
        with self._lock:
            self._counts[name, labels] += by  # type: ignore[assignment]  # a Counter holds fractions as well

    def ended(self, record: RunRecord) -> None:
        """Count a run that has ended."""
        facts = record.summary or {}
        self.count("runs_ended_total", f'state="{record.state}"')
        for name, fact in (
            ("rows_total", "rows"),
            ("rows_failed_total", "failed"),
            ("rows_from_cache_total", "from_cache"),
            ("requests_sent_total", "requests"),
            ("tokens_total", "tokens"),
            ("cost_usd_total", "cost_usd"),
        ):
            self.count(name, by=facts.get(fact) or 0)

    def text(self, records: Iterable[RunRecord]) -> str:
        """Return everything as text.

        Args:
            records: the runs that are known.
        """
        states = Counter(record.state for record in records)
        with self._lock:
            counts = dict(self._counts)
        counts |= {("runs", f'state="{state}"'): states[state] for state in ("queued", "running")}
        lines = []
        for name, text in _HELP.items():
            full = f"endpoint_nodes_{name}"
            lines += [f"# HELP {full} {text}", f"# TYPE {full} {'counter' if name.endswith('_total') else 'gauge'}"]
            found = {labels: value for (of, labels), value in counts.items() if of == name} or {"": 0}
            lines += [f"{full}{{{labels}}} {value}" if labels else f"{full} {value}" for labels, value in found.items()]
        return "\n".join(lines) + "\n"
