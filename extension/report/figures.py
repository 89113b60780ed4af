"""Media as HTML figures: images as thumbnails that open large, audio as players."""

import html
import re
from dataclasses import dataclass

from ...nodes.base.media.images import sniff_image
from .cards import Media
from .originals import Originals
from .thumbnails import thumbnail

_AUDIO = re.compile(r"audio/[\w.+-]+", re.ASCII)


def escaped(text: str) -> str:
    """Return text as HTML, fit for a quoted attribute too; lone surrogates, which UTF-8 cannot carry, become `?`."""
    return html.escape(text.encode("utf-8", "replace").decode())


def is_audio(media: Media) -> bool:
    """Return whether this is played rather than looked at."""
    return bool(_AUDIO.fullmatch(media.mime))


@dataclass(frozen=True)
class Place:
    """Where a figure belongs.

    Attributes:
        name: What a screen reader says, such as `Result 2 of row MUG-012`.
        caption: What stands below it, such as `Result 2`.
        stem: What its original is called, without the ending, such as `MUG-012_2`.
    """

    name: str
    caption: str
    stem: str


def figure_html(media: Media, place: Place, originals: Originals) -> str:
    """Return an image that opens large, an audio player, or a placeholder for what is neither."""
    name = escaped(place.name)
    label = f'<b dir="auto" title="{escaped(place.caption)}">{escaped(place.caption)}</b>' if place.caption else ""
    if is_audio(media):
        kept = escaped(originals.keep(place.stem, media.data, media.mime))
        return (
            f'<figure class="sound"><audio controls preload="none" aria-label="{name}" data-original="{kept}">'
            f"</audio><figcaption>{label}</figcaption></figure>"
        )
    small = thumbnail(media.data)
    if small is None:
        what = escaped(f"{media.mime or 'unknown type'}, {len(media.data):,} bytes")
        return (
            f'<figure class="missing"><div role="img" aria-label="{name}: cannot be shown">'
            f"<span>Cannot be shown</span><small>{what}</small></div>"
            f"<figcaption>{label}</figcaption></figure>"
        )
    kept = ""
    if originals.complete:  # by what the bytes show first: Pillow tells the JPEGs of some cameras apart as MPO
        kept = originals.keep(place.stem, media.data, sniff_image(media.data) or small.mime)
    (width, height), (full_width, full_height) = small.size, small.original_size
    return (
        f'<figure><button type="button" class="image{" see-through" if small.transparent else ""}" '
        f'aria-haspopup="dialog" data-original="{escaped(kept)}"><img loading="lazy" decoding="async" '
        f'width="{width}" height="{height}" alt="{name}" '
        f'src="{escaped(originals.thumbnail_url(place.stem, small.webp))}"></button>'
        f"<figcaption>{label}<span>{full_width} &times; {full_height}</span></figcaption></figure>"
    )
