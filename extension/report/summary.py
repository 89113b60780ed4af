"""The head of a page: how many rows, which models, what they cost, and the same for each variant."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .cards import Card
from .figures import escaped
from .markup import dollars, list_html

__all__ = ["Summary"]

NAMED = 3
"""Models. Further ones are counted only."""


MOST_SORTABLE = 40
"""Columns. A list of more is not one that anybody chooses from."""


@dataclass
class Totals:
    """What cards come to."""

    rows: int = 0
    results: int = 0
    failed: int = 0
    tokens: int = 0
    seconds: float = 0
    cost: float = 0
    priced: int = 0
    models: dict[str, None] = field(default_factory=dict)

    def add(self, card: Card) -> None:
        """Count one card."""
        self.rows += 1
        self.results += len(card.results)
        self.failed += bool(card.error)
        self.tokens += card.tokens or 0
        self.seconds += card.seconds or 0
        self.cost += card.cost or 0
        self.priced += card.cost is not None
        if card.model and len(self.models) <= 1000:
            self.models[card.model] = None

    @property
    def price(self) -> str:
        """The cost, which is a lower bound where some prices are unknown; "" where all are."""
        if not self.priced:
            return ""
        unknown = self.rows - self.failed - self.priced
        return dollars(self.cost) if unknown <= 0 else f"at least {dollars(self.cost)} ({unknown:,} of unknown price)"


class Summary:
    """Gathers what the head of a page says, card by card."""

    def __init__(self) -> None:
        self.all = Totals()
        self.rows = self.failed_rows = 0
        self.variants: dict[str, Totals] = {}
        self.columns: dict[str, None] = {}
        self._prompt: str | None = None
        self._prompts_agree = True
        self._first = self._last = 0

    def add(self, cards: tuple[Card, ...]) -> None:
        """Count one input row: one card, or one of each variant."""
        self.rows += 1
        self.failed_rows += any(card.error for card in cards)
        for card in cards:
            self.all.add(card)
            if card.variant:
                self.variants.setdefault(card.variant, Totals()).add(card)
            if card.created:
                self._first = min(self._first or card.created, card.created)
                self._last = max(self._last, card.created)
            if self._prompt is None:
                self._prompt = card.text
            self._prompts_agree = self._prompts_agree and card.text == self._prompt
            for columns in (card.columns, *(result.columns for result in card.results)):
                # Answers without a schema may bring names of their own with every row.
                if len(self.columns) < MOST_SORTABLE:
                    self.columns |= dict.fromkeys(columns)

    @property
    def has_one_prompt(self) -> bool:
        """Whether all rows, several, ask for the same; the head says it then, once."""
        return self._prompts_agree and self.rows > 1

    def facts(self, date: dt.datetime) -> dict[str, str]:
        """Return counts, models, prompt, cost and date; `date` stands in where responses have none."""
        models = list(self.all.models)
        more = f" and {len(models) - NAMED:,} more" if len(models) > NAMED else ""
        first, last = (dt.datetime.fromtimestamp(second, dt.UTC).astimezone() for second in (self._first, self._last))
        days = (last if self._first else date).strftime("%Y-%m-%d %H:%M")
        if self._first and first.date() != last.date():
            days = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
        facts = {
            "Rows": f"{self.rows:,}",
            "Results": f"{self.all.results:,}",
            "Failed": f"{self.failed_rows:,}",
            "Model" if len(models) == 1 else "Models": ", ".join(models[:NAMED]) + more,
            "Tokens": f"{self.all.tokens:,}" if self.all.tokens else "",
            "Cost": self.all.price,
            "Date": days,
            "Prompt": self._prompt or "" if self.has_one_prompt else "",
        }
        return {name: value for name, value in facts.items() if value}

    def sortable(self) -> list[str]:
        """Return the names of values that rows can be sorted by."""
        totals = self.all
        measures = {"Tokens": totals.tokens, "Cost": totals.priced, "Time": totals.seconds}
        return [*list(self.columns)[:MOST_SORTABLE], *(name for name, total in measures.items() if total)]

    def html(self, date: dt.datetime, facts: Mapping[str, str]) -> str:
        """Return the head's lists and, where variants are compared, their table."""
        return list_html({**self.facts(date), **facts}, "summary") + "".join(self._comparison())

    def _comparison(self) -> Iterator[str]:
        if not self.variants:
            return
        yield (
            '<div class="scroll" tabindex="0" role="region" aria-label="Variants"><table class="variants"><thead><tr>'
            + "".join(
                f'<th scope="col">{name}</th>'
                for name in ("Variant", "Results", "Failed", "Cost", "Tokens", "Time a row", "Stars")
            )
            + "</tr></thead><tbody>"
        )
        for name, totals in self.variants.items():
            seconds = f"{totals.seconds / totals.rows:,.1f} s" if totals.seconds else ""
            cells = (
                f"{totals.results:,}", f"{totals.failed:,}", totals.price or "unknown",
                f"{totals.tokens:,}" if totals.tokens else "", seconds,
            )  # fmt: skip
            yield f'<tr data-variant="{escaped(name)}"><th scope="row" dir="auto">{escaped(name)}</th>'
            yield "".join(f"<td>{escaped(cell)}</td>" for cell in cells) + '<td class="mean"></td></tr>'
        yield "</tbody></table></div>"
