"""What a user should know of a run although it went through."""

from ...engine.run.outcome import Outcome
from ..kit.progress import count

__all__ = ["Notes"]


class Notes:
    """Gathers warnings and failed rows for the warning on the node.

    What was repaired was asked for: it stands in the result.
    """

    def __init__(self) -> None:
        self._rows = self._failed = 0
        self._first_failed = ""
        self._warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        """Note a warning of the engine."""
        self._warnings.append(sentence)

    def observe(self, outcome: Outcome) -> None:
        """Note what became of a row."""
        where = f"{outcome.row.name}: " if outcome.row else ""
        self._rows += 1
        if outcome.error:
            self._failed += 1
            self._first_failed = self._first_failed or f"{where}{outcome.error}"

    def summary(self) -> str:
        """Return all notes as sentences, "" if there are none."""
        sentences = list(self._warnings)
        if self._failed:
            told = any(self._first_failed in sentence for sentence in sentences)
            first = "" if told else f" First: {self._first_failed}"
            sentences.append(f"{self._failed:,} of {count(self._rows, 'row')} failed.{first}")
        return " ".join(sentences)
