"""The report page of a run, for any host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ....nodes.base import Node
from ....port_types.errors import EndpointError, InvalidInput

if TYPE_CHECKING:
    from ...engine.run.outcome import Outcome

__all__ = ["check_page", "open_gallery"]


@contextmanager
def open_gallery(path: Path | None, node: Node) -> "Iterator[Callable[[Outcome], None]]":
    """Yield a function that shows an outcome on the page at `path`; a stopped run's page shows what was done.

    Args:
        path: where the page goes; None for no page.
        node: the node that runs; its name is the heading.

    Raises:
        InvalidInput: the page cannot be written there.
    """
    if path is None:
        yield lambda _: None
        return
    from ...report import Gallery
    from ...report.runs import outcome_card

    check_page(path)
    stopped_by: EndpointError | None = None
    with Gallery(path, title=node.label()) as gallery:
        try:
            yield lambda outcome: gallery.add(outcome_card(node, outcome))
        except EndpointError as error:
            # The page is written all the same: what was done is paid for.
            stopped_by = error
    if stopped_by:
        raise stopped_by


def check_page(page: Path) -> None:
    """Refuse a page that could not be written, before anything is read or spent.

    Raises:
        InvalidInput: it does not end in .html, is a folder, or its folder does not exist.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise InvalidInput(f"The report {page} must end in .html.")
    if page.is_dir():
        raise InvalidInput(f"The report {page} is a folder.")
    if not page.parent.is_dir():
        raise InvalidInput(f"The report's folder {page.parent} does not exist.")
