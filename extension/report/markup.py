"""Cards as HTML. Row ids, prompts, labels and errors come from outside: every one is escaped."""

from collections.abc import Mapping

from .cards import Card
from .figures import escaped, figure_html

LONG_TEXT = 200
"""Characters. A longer text shows its beginning and opens on demand."""

SEPARATE = 4
"""More texts in one card than this, such as the words of a recording, are shown as one."""

_ARROW = '<svg class="arrow" aria-hidden="true"><use href="#arrow"/></svg>'
_SIGN = '<svg class="sign" aria-hidden="true"><use href="#sign"/></svg>'


def facts_html(facts: Mapping[str, str], kind: str) -> str:
    """A definition list of the given class, or nothing where there are no facts."""
    pairs = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>" for name, value in facts.items())
    return f'<dl class="{kind}">{pairs}</dl>' if pairs else ""


def card_html(card: Card, number: int) -> str:
    """A card as an article; `number` is its place on the page, which names its heading."""
    badge = f'<span class="badge">{_SIGN}Failed</span>' if card.error else ""
    made = f"{card.made} {'result' if card.made == 1 else 'results'}"
    flow = "flow" if card.sources else "flow words"
    return (
        f'<article class="card{" failed" if card.error else ""}" aria-labelledby="row-{number}">'
        f'<header><h2 id="row-{number}" dir="auto">{escaped(card.row_id)}</h2>{badge}'
        f'<span class="made">{made}</span></header>'
        f'<div class="{flow}">{_source(card)}{_outcome(card)}</div>'
        f"{facts_html(card.facts, 'facts')}</article>\n"
    )


def _source(card: Card) -> str:
    if not card.sources and not card.text:
        return ""
    media = "".join(figure_html(source, f"source of row {card.row_id}") for source in card.sources)
    words = f'<div class="text" dir="auto">{_text(card.text)}</div>' if card.text else ""
    return f'<div class="source">{media}{words}</div>{_ARROW}'


def _outcome(card: Card) -> str:
    error = f'<div class="error">{_SIGN}<div dir="auto">{_text(card.error)}</div></div>' if card.error else ""
    media = "".join(
        figure_html(result, f"result {place} of row {card.row_id}")
        for place, result in enumerate(card.results, start=1)
    )
    said = card.said if len(card.said) <= SEPARATE else [" · ".join(card.said)]
    words = "".join(f'<div class="text said" dir="auto">{_text(each)}</div>' for each in said)
    return f'<div class="outcome">{error}<div class="results">{media}{words}</div></div>'


def _text(text: str) -> str:
    if len(text) <= LONG_TEXT:
        return f"<p>{escaped(text)}</p>"
    return (
        f"<details><summary><span>{escaped(text[:LONG_TEXT].rstrip())}… </span></summary>"
        f"<p>{escaped(text)}</p></details>"
    )
