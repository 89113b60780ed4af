"""Media as HTML figures with everything embedded: images as thumbnails, audio as it is."""

import html
import re
from base64 import b64encode

from .cards import Media
from .thumbnails import thumbnail

_AUDIO = re.compile(r"audio/[\w.+-]+", re.ASCII)


def escaped(text: str) -> str:
    """Text as HTML, fit for a quoted attribute too; half characters, which UTF-8 cannot carry, become `?`."""
    return html.escape(text.encode("utf-8", "replace").decode())


def figure_html(media: Media, place: str) -> str:
    """An image that opens large, an audio player, or a placeholder for what is neither.

    Args:
        media: What to show.
        place: Where it belongs, such as `result 2 of row MUG-012`; part of what a screen reader says.
    """
    name = escaped(f"{media.label}, {place}" if media.label else place[:1].upper() + place[1:])
    label = f'<b dir="auto" title="{escaped(media.label)}">{escaped(media.label)}</b>' if media.label else ""
    if _AUDIO.fullmatch(media.mime):
        return (
            f'<figure class="sound"><audio controls preload="none" aria-label="{name}" '
            f'src="{_data_url(media.data, media.mime)}"></audio><figcaption>{label}</figcaption></figure>'
        )
    small = thumbnail(media.data)
    if small is None:
        what = escaped(f"{media.mime or 'unknown type'}, {len(media.data):,} bytes")
        return (
            f'<figure class="missing"><div role="img" aria-label="{name}: cannot be shown">'
            f"<span>Cannot be shown</span><small>{what}</small></div>"
            f"<figcaption>{label}</figcaption></figure>"
        )
    (width, height), (full_width, full_height) = small.size, small.original_size
    return (
        f'<figure><button type="button" class="image{" see-through" if small.transparent else ""}" '
        f'aria-haspopup="dialog"><img loading="lazy" decoding="async" width="{width}" height="{height}" '
        f'alt="{name}" src="{_data_url(small.webp, "image/webp")}"></button>'
        f"<figcaption>{label}<span>{full_width} &times; {full_height}</span></figcaption></figure>"
    )


def _data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{b64encode(data).decode()}"
