"""One HTML page that shows a run or its result table: each row's source beside its results.

The page opens without a network, and nothing in it is loaded from anywhere but a folder beside it.
"""

from .cards import Card, Media, Result
from .fragment import fragment_html
from .gallery import Gallery

__all__ = ["Card", "Gallery", "Media", "Result", "fragment_html"]
