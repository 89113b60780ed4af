"""Cards as HTML. Row ids, prompts, labels and errors come from outside: every one is escaped."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from .cards import Card, Result
from .figures import Place, escaped, figure_html
from .originals import Originals

LONG_TEXT = 200
"""Characters. A longer text shows its beginning and opens on demand."""

LONG_TABLE = 20
"""Rows. A longer table of results shows its beginning and opens on demand."""

SHOWN_COLUMNS = 8
"""Input columns. Further ones open on demand."""

_ARROW = '<svg class="arrow" aria-hidden="true"><use href="#arrow"/></svg>'
_SIGN = '<svg class="sign" aria-hidden="true"><use href="#sign"/></svg>'
_CHOOSE = '<span class="choose"></span>'


def card_html(cards: Sequence[Card], number: int, originals: Originals) -> str:
    """Return one row of the input as an article.

    Args:
        cards: What became of the row: one card, or one of each variant, side by side.
        number: Its place on the page, from 1, which names its heading.
        originals: Where images and recordings are kept.
    """
    card = cards[0]
    name = card.name(number)
    failed = any(variant.error for variant in cards)
    made = sum(len(variant.results) for variant in cards)
    badge = f'<span class="badge">{_SIGN}Failed</span>' if failed else ""
    row_id = f'<span class="row-id">row_id {escaped(card.row_id)}</span>' if name != card.row_id else ""
    outcomes = "".join(_outcome(variant, name, originals) for variant in cards)
    return (
        f'<article class="card{" failed" if failed else ""}" aria-labelledby="row-{number}" '
        f'data-row="{escaped(card.row_id)}">'
        f'<header><h2 id="row-{number}" dir="auto">{escaped(name)}</h2>{row_id}{badge}'
        f'<span class="made">{made} {"result" if made == 1 else "results"}</span></header>'
        f"{_columns(card.columns, name)}"
        f'<div class="flow{"" if card.sources else " words"}">{_source(card, name, originals)}'
        f'<div class="outcomes">{outcomes}</div></div></article>\n'
    )


def list_html(facts: Mapping[str, str], kind: str) -> str:
    """Return a definition list of the given class, or nothing where there are no facts."""
    pairs = "".join(f"<div><dt>{escaped(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in facts.items())
    return f'<dl class="{kind}">{pairs}</dl>' if pairs else ""


def _columns(columns: Mapping[str, str], title: str) -> str:
    pairs = [
        f'<div{" hidden" if value == title else ""}><dt>{escaped(name)}</dt><dd dir="auto">{_text(value)}</dd></div>'
        for name, value in columns.items()
    ]
    if not pairs:
        return ""
    more = "".join(pairs[SHOWN_COLUMNS:])
    rest = f'<details class="more"><summary><span>{len(columns):,} columns. </span></summary>{more}</details>'
    return f'<dl class="columns">{"".join(pairs[:SHOWN_COLUMNS])}</dl>' + (
        f'<dl class="columns">{rest}</dl>' if more else ""
    )


def _source(card: Card, name: str, originals: Originals) -> str:
    if not card.sources and not card.text:
        return ""
    media = "".join(
        figure_html(
            source,
            Place(f"{source.label or 'Source'}, source of row {name}", source.label or "Source", f"{name}_source"),
            originals,
        )
        for source in card.sources
    )
    words = f'<div class="text prompt" dir="auto">{_text(card.text)}</div>' if card.text else ""
    return f'<div class="source">{media}{words}</div>{_ARROW}'


def _outcome(card: Card, name: str, originals: Originals) -> str:
    error = f'<div class="error">{_SIGN}<div dir="auto">{_text(card.error)}</div></div>' if card.error else ""
    heading = f'<h3 dir="auto">{escaped(card.variant)}</h3>' if card.variant else ""
    results = _table(card, name) if _tabular(card.results) else "".join(_results(card, name, originals))
    facts = {**card.facts, **dict(_measures(card))}
    if facts.get("Model") == card.variant:
        del facts["Model"]
    return (
        f'<section class="outcome" data-variant="{escaped(card.variant)}">{heading}{error}'
        f'<div class="results">{results}</div>{list_html(facts, "facts")}</section>'
    )


def _measures(card: Card) -> Iterator[tuple[str, str]]:
    if card.tokens:
        yield "Tokens", f"{card.tokens:,}"
    if card.cost is not None:
        yield "Cost", dollars(card.cost)
    if card.seconds is not None:
        yield "Time", f"{card.seconds:,.1f} s"


def dollars(cost: float) -> str:
    """Return US dollars with as many digits as say something."""
    return f"${cost:,.2f}" if cost >= 0.1 or not cost else f"${cost:.2g}" if cost >= 0.0001 else f"${cost:.1e}"


def _results(card: Card, name: str, originals: Originals) -> Iterator[str]:
    variant = f" of {card.variant}" if card.variant else ""
    for number, result in enumerate(card.results, start=1):
        said = f"Result {number}{variant} of row {name}"
        stem = "_".join(filter(None, (name, card.variant, str(number))))
        figures = "".join(
            figure_html(
                media,
                Place(
                    f"{media.label}, {said[:1].lower()}{said[1:]}" if media.label else said,
                    media.label or f"Result {number}",
                    stem,
                ),
                originals,
            )
            for media in result.media
        )
        text = f'<div class="text said" dir="auto">{_text(result.text)}</div>' if result.text else ""
        kind = "result" if result.media else "result wide"
        yield f'<div class="{kind}" {_identity(card, result, number)}>{figures}{text}{_values(result)}{_CHOOSE}</div>'


def _identity(card: Card, result: Result, number: int) -> str:
    """Return what tells this result from every other, and finds it again on a page made later."""
    digest = hashlib.sha256("\0".join((card.row_id, card.variant, str(result.index))).encode("utf-8", "replace"))
    for media in result.media:
        digest.update(media.data)
    digest.update(repr((result.text, result.columns)).encode())
    return f'data-key="{digest.hexdigest()[:16]}" data-index="{result.index}" data-number="{number}"'


def _values(result: Result) -> str:
    pairs = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td dir="auto">{_text(value)}</td></tr>'
        for name, value in result.columns.items()
    )
    return f'<table class="values">{pairs}</table>' if pairs else ""


def _tabular(results: Sequence[Result]) -> bool:
    return len(results) > 1 and all(result.columns and not result.media for result in results)


def _table(card: Card, name: str) -> str:
    """Return results of several typed values as one table, a row each."""
    names = list(dict.fromkeys(column for result in card.results for column in result.columns))
    head = "".join(f'<th scope="col">{escaped(column)}</th>' for column in names)
    rows = [
        f'<tr class="result" {_identity(card, result, number)}>'
        + "".join(f'<td dir="auto">{_text(result.columns.get(column, ""))}</td>' for column in names)
        + f"<td>{_CHOOSE}</td></tr>"
        for number, result in enumerate(card.results, start=1)
    ]

    def table(part: Sequence[str]) -> str:
        return f'<table class="values"><thead><tr>{head}<td></td></tr></thead><tbody>{"".join(part)}</tbody></table>'

    rest = (
        f"<details><summary><span>{len(rows):,} results. </span></summary>{table(rows[LONG_TABLE:])}</details>"
        if len(rows) > LONG_TABLE
        else ""
    )
    return (
        f'<div class="wide scroll" tabindex="0" role="region" aria-label="Results of row {escaped(name)}">'
        f"{table(rows[:LONG_TABLE])}{rest}</div>"
    )


def _text(text: str) -> str:
    if len(text) <= LONG_TEXT:
        return f"<p>{escaped(text)}</p>"
    return (
        f"<details><summary><span>{escaped(text[:LONG_TEXT].rstrip())}… </span></summary>"
        f"<p>{escaped(text)}</p></details>"
    )
