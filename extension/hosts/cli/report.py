"""The command that makes a page of a finished result."""

from pathlib import Path

import click

from ....port_types.errors import InvalidInput
from ..kit.gallery import check_page
from .exits import end

__all__ = ["report"]


@click.command("report")
@click.argument("result", metavar="RESULT")
@click.option("--out", metavar="PAGE", required=True, help="The page to write, ending in .html.")
@click.option(
    "--compare", metavar="COLUMN", help="Show the values of this column, such as prompt or model, side by side."
)
@click.option(
    "--sources", metavar="FOLDER", help="Folder of the files that rows or columns name. Default: that of RESULT."
)
@click.option("--title", help="Heading of the page. Default: the name of RESULT.")
def report(result: str, out: str, compare: str | None, sources: str | None, title: str | None) -> None:
    """Make one HTML page of RESULT, a table that a run wrote (.parquet, .arrow or .feather).

    The page shows each row's source beside its results: search, sort, compare, choose, and export what was chosen.
    Large images are in a folder beside the page.
    """
    end(lambda: _report(Path(result), Path(out), compare, Path(sources) if sources else None, title))


def _report(result: Path, page: Path, compare: str | None, sources: Path | None, title: str | None) -> None:
    import datetime as dt

    from ...report import Gallery
    from ...report.results import open_results

    check_page(page)
    if sources and not sources.is_dir():
        raise InvalidInput(f"The folder {sources} does not exist.")
    results = open_results(result, sources)
    date = dt.datetime.fromtimestamp(result.stat().st_mtime, dt.UTC).astimezone()
    rows = results.cards_by_variant(compare) if compare else ((card,) for card in results.cards())
    number = 0
    try:
        with Gallery(page, title=title or result.stem, date=date) as gallery:
            for number, cards in enumerate(rows, start=1):  # noqa: B007 - the last number is the count
                gallery.add(*cards)
    except OSError as error:
        raise InvalidInput(f"The page {page} cannot be written ({error.strerror or error}).") from None
    click.echo(f"{number:,} {'row' if number == 1 else 'rows'}: {page}")
