"""What a user should know of a run although it went through."""

from ...engine.run.outcome import Outcome

__all__ = ["Notes"]


class Notes:
    """Gathers warnings, failed rows and repaired images for the warning on the node."""

    def __init__(self) -> None:
        self._rows = self._failed = self._repaired = 0
        self._first_failed = self._first_repaired = ""
        self._warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        """Note a warning of the engine."""
        self._warnings.append(sentence)

    def observe(self, outcome: Outcome) -> None:
        """Note what became of a row."""
        where = f"Row {outcome.row.id}: " if outcome.row else ""
        self._rows += 1
        if outcome.error:
            self._failed += 1
            self._first_failed = self._first_failed or f"{where}{outcome.error}"
        if outcome.repaired:
            self._repaired += 1
            self._first_repaired = self._first_repaired or f"{where}{'; '.join(outcome.repaired)}."

    def summary(self) -> str:
        """Return all notes as sentences, "" if there are none."""
        sentences = list(self._warnings)
        if self._failed:
            sentences.append(f"{self._failed} of {self._rows} rows failed. First: {self._first_failed}")
        if self._repaired:
            sentences.append(f"{self._repaired} of {self._rows} images were repaired. First: {self._first_repaired}")
        return " ".join(sentences)
