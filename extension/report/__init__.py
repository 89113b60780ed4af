"""One self-contained HTML page that shows a run: each row's source beside its results.

The page is written by `--report` on the command line and shown as a node's view in a host. It opens without a
network, and nothing in it is loaded from anywhere.
"""

from .cards import Card, Media
from .gallery import Gallery, gallery_html

__all__ = ["Card", "Gallery", "Media", "gallery_html"]
