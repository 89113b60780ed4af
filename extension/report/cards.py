"""What a report shows: cards, one per input row, and the media on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
class Card:
    """One input row with its results.

    Attributes:
        row_id: The row's id in the input table.
        sources: What the row was made from.
        text: The prompt or input text, shown below the sources or in their place.
        results: What came back, in the order of the response.
        facts: Route, size, model, tokens and the like by name, in the order to be shown.
        error: Why the row failed; empty where it did not.
        said: Texts that came back, in the order of the response.
    """

    row_id: str
    sources: tuple[Media, ...] = ()
    text: str = ""
    results: tuple[Media, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    said: tuple[str, ...] = ()

    @property
    def made(self) -> int:
        """How many results there are."""
        return len(self.results) + len(self.said)
