"""Images, recordings and answers as a piece of HTML without script or style sheet, for pages that others make."""

from collections.abc import Iterable, Iterator
from itertools import islice

from .cards import Card, Media, Result
from .figures import escaped, is_audio
from .originals import data_url
from .thumbnails import thumbnail

__all__ = ["fragment_html"]

LONGEST_TEXT = 400
"""Characters."""

_ROW = "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start;padding:10px 0;border-top:1px solid #8884"
_NAME = "width:100%;font-weight:600;overflow-wrap:anywhere"
_ITEM = "margin:0;max-width:260px;overflow-wrap:anywhere"
_IMAGE = "display:block;max-width:200px;max-height:200px;height:auto;border-radius:6px"


def fragment_html(cards: Iterable[Card], *, limit: int = 20) -> str:
    """Return the first cards as HTML that a notebook or a view can show as it is.

    Images are thumbnails and recordings are whole, all within the HTML; every text is escaped.

    Args:
        cards: What to show; no more than `limit` and one are read.
        limit: Most cards to show.
    """
    read = list(islice(cards, limit + 1))
    rows = "".join(_row(card, number) for number, card in enumerate(read[:limit], start=1))
    more = f"<p>The first {limit:,} rows are shown.</p>" if len(read) > limit else ""
    return f'<div class="endpoint-nodes">{rows}{more}</div>'


def _row(card: Card, number: int) -> str:
    name = escaped(card.name(number))
    shown = "".join(_media(media, media.label or "Source") for media in card.sources)
    shown += "".join(part for place, result in enumerate(card.results, start=1) for part in _result(result, place))
    error = f'<div style="color:#c33">{escaped(_short(card.error))}</div>' if card.error else ""
    return f'<div style="{_ROW}"><div style="{_NAME}" dir="auto">{name}</div>{shown}{error}</div>'


def _result(result: Result, number: int) -> Iterator[str]:
    for media in result.media:
        yield _media(media, media.label or f"Result {number}")
    values = [result.text, *(f"{name}: {value}" for name, value in result.columns.items())]
    if text := "\n".join(filter(None, values)):
        yield f'<div style="{_ITEM};max-width:46rem;white-space:pre-wrap" dir="auto">{escaped(_short(text))}</div>'


def _media(media: Media, label: str) -> str:
    name = escaped(label)
    if is_audio(media):
        address = data_url(media.data, media.mime)
        return f'<audio controls preload="none" aria-label="{name}" src="{address}"></audio>'
    small = thumbnail(media.data)
    if small is None:
        return f'<div style="{_ITEM}">{name}: {len(media.data):,} bytes that cannot be shown</div>'
    width, height = small.original_size
    return (
        f'<figure style="{_ITEM}"><img style="{_IMAGE}" alt="{name}" src="{data_url(small.webp, "image/webp")}">'
        f'<figcaption style="font-size:smaller">{name} · {width} &times; {height}</figcaption></figure>'
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT].rstrip()}…"
