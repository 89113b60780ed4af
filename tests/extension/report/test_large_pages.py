"""Pages of many rows, in a real browser: how much is laid out, and that everything is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from endpoint_nodes.extension.report import Card, Result

WritePage = Callable[..., Path]


@pytest.fixture
def airports(write_page: WritePage) -> Path:
    """Ten thousand rows."""
    return write_page(
        Card(
            str(row),
            f"Airport {row:05}",
            {"name": f"Airport {row:05}", "city": f"City {row % 977}"},
            text="Classify the airport.",
            results=(Result(0, (), "", {"country": "France", "runways": str(row % 7)}),),
            error="late" if row == 7777 else "",
        )
        for row in range(10_000)
    )


def titles(page: Any) -> list[str]:
    found: list[str] = page.locator("article h2").all_text_contents()
    return found


def test_only_rows_near_the_reader_are_laid_out_and_all_are_found(visit: Any, airports: Path) -> None:
    page = visit(airports).page
    assert page.get_by_role("status").first.inner_text() == "10,000 of 10,000 rows"
    assert len(titles(page)) <= 300
    page.get_by_label("Find").fill("airport 09876")
    assert titles(page) == ["Airport 09876"]
    page.get_by_label("Find").fill("")
    page.get_by_label("Only failed (1)").check()
    assert titles(page) == ["Airport 07777"]
    page.get_by_label("Only failed (1)").uncheck()
    page.get_by_label("Sort by").select_option(label="runways")
    assert titles(page)[:3] == ["Airport 00000", "Airport 00007", "Airport 00014"]


def test_scrolling_brings_the_further_rows(visit: Any, airports: Path) -> None:
    page = visit(airports).page
    page.get_by_label("Find").fill("city 12")
    wanted = int(page.get_by_role("status").first.inner_text().split(" ")[0].replace(",", ""))
    assert wanted > 300
    for _ in range(40):
        if len(titles(page)) == wanted:
            break
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(50)
    assert len(titles(page)) == wanted
    page.get_by_role("article", name="Airport 00012").get_by_role("button", name="Choose").click()
    page.get_by_label("Find").fill("")
    page.get_by_label("Only chosen").check()
    assert titles(page) == ["Airport 00012"]


def test_paper_has_all_the_rows_that_were_asked_for(visit: Any, airports: Path) -> None:
    page = visit(airports).page
    page.get_by_label("Find").fill("city 12")
    wanted = int(page.get_by_role("status").first.inner_text().split(" ")[0].replace(",", ""))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(titles(page)) == wanted
