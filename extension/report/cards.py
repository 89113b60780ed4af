"""What a report shows: cards, one per input row, and what is on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Card", "Media", "Result"]


@dataclass(frozen=True)
class Media:
    """Something shown or heard.

    Attributes:
        data: The encoded image or audio. Bytes that cannot be decoded are shown as a labelled placeholder.
        mime: Its media type, such as `image/png` or `audio/wav`; whatever is not audio is taken for an image.
        label: What it is called, such as its file name; also what a screen reader says.
    """

    data: bytes
    mime: str
    label: str = ""


@dataclass(frozen=True)
class Result:
    """One row of the result table.

    Attributes:
        index: Its place in the response as the result table counts it, from 0.
        media: Its images and recordings.
        text: Its text, where it is one text.
        columns: Its typed values by name, readable.
    """

    index: int = 0
    media: tuple[Media, ...] = ()
    text: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """One input row with its results.

    Attributes:
        row_id: The row's id in the result table.
        title: What a person calls the row, such as its SKU, where the id does not say it.
        columns: Input columns by name, readable.
        sources: What the row was made from.
        text: The prompt or input text, shown below the sources or in their place.
        results: What came back, in the order of the response.
        facts: Route, size and the like by name, in the order to be shown.
        error: Why the row failed; empty where it did not.
        variant: Which model, prompt or take this is, on a page that compares several.
        model: The model that answered.
        tokens: Tokens used, None where the service does not say.
        cost: US dollars, None where the price is unknown.
        seconds: How long the request took.
        created: When the response was made, in seconds since 1970.
    """

    row_id: str
    title: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Media, ...] = ()
    text: str = ""
    results: tuple[Result, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    variant: str = ""
    model: str = ""
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    created: int | None = None

    @property
    def media(self) -> tuple[Media, ...]:
        """All images and recordings of the row."""
        return (*self.sources, *(medium for result in self.results for medium in result.media))

    def name(self, number: int) -> str:
        """Return what the row is called on a page where it is the row `number`, counted from 1."""
        return self.title or (f"Row {number}" if self.row_id.isdecimal() else self.row_id)
