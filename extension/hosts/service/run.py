"""One run of the service: on the disk, and how far it is."""

import datetime as dt
import secrets
import shutil
import threading
import time
from pathlib import Path

import msgspec

from ....port_types.errors import EndpointError
from ...engine import Progress
from ...engine.io.durable import replace_durably
from ...engine.run.summary import RunSummary
from ..kit.summary import summary_facts
from .models import RunRecord, RunStatus, State

__all__ = ["ENDED", "ServiceRun", "new_id"]

ENDED = ("done", "failed", "cancelled")
MOST_WARNINGS = 100
RECORD, RESULT = "run.json", "result.arrow"


def new_id() -> str:
    """Return an id that nobody can guess."""
    return secrets.token_urlsafe(24).replace("-", "_")


class ServiceRun:
    """A run with its folder.

    Args:
        folder: holds what was asked for, the input rows and the result.
        record: what is known of the run.
    """

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.folder, self.record = folder, record
        self.cancel_asked: str = ""
        """Why the run is to end, in a sentence."""
        self._asked_for = time.monotonic()
        self._lock = threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> "ServiceRun | None":
        """Return the run in `folder`, None if none was accepted there; one that was interrupted waits again."""
        try:
            record = msgspec.json.decode((folder / RECORD).read_bytes(), type=RunRecord)
        except (OSError, msgspec.MsgspecError):
            return None
        if record.state == "running":
            record.state = "queued"
        return cls(folder, record)

    @property
    def ended(self) -> bool:
        """Whether the run has come to its end."""
        return self.record.state in ENDED

    @property
    def source(self) -> Path | None:
        """The file of the input rows."""
        return self.folder / self.record.source if self.record.source else None

    @property
    def result(self) -> Path:
        """The file of the result."""
        return self.folder / RESULT

    def status(self) -> RunStatus:
        """Return how far the run is."""
        record = self.record
        address = f"/runs/{record.id}"
        return RunStatus(
            id=record.id,
            node=record.node,
            configuration=record.configuration,
            state=record.state,
            total=record.total,
            done=record.done,
            failed=record.failed,
            error=record.error,
            warnings=list(record.warnings),
            summary=record.summary,
            columns=record.columns,
            created=record.created,
            ended=record.ended,
            events=f"{address}/events",
            results=f"{address}/results" if record.has_results else None,
            cancel=f"/cancel/{record.cancel_key}",
        )

    def save(self) -> None:
        """Put what is known on the disk."""
        with self._lock, replace_durably(self.folder / RECORD) as temporary:
            temporary.write_bytes(msgspec.json.encode(self.record))

    def begin(self) -> bool:
        """Say that rows are being asked for, and return whether they are to be; an interrupted run begins again."""
        with self._lock:
            if self.ended:
                return False
            self.result.unlink(missing_ok=True)
            self.record.state, self.record.done, self.record.failed, self.record.warnings = "running", 0, 0, []
            self.save()
        return True

    def advance(self, progress: Progress) -> None:
        """Note how far the run is."""
        self.record.done, self.record.failed, self.record.total = progress.done, progress.failed, progress.total

    def warn(self, sentence: str) -> None:
        """Note a sentence for the user."""
        if len(self.record.warnings) < MOST_WARNINGS:
            self.record.warnings.append(sentence)

    def end(self, state: State, summary: RunSummary | None = None, error: EndpointError | str | None = None) -> None:
        """Say how the run ended, durably."""
        with self._lock:
            record = self.record
            record.error = str(error) if error else None
            record.summary = summary_facts(summary) if summary else None
            record.has_results = self.result.exists()
            record.ended = dt.datetime.now(dt.UTC)
            record.state = state
            self.save()

    def cancel(self, why: str) -> None:
        """Let the run end: at once if it waits, else within a second."""
        with self._lock:
            self.cancel_asked = self.cancel_asked or why
            if self.record.state == "queued":
                self.end("cancelled", error=why)

    def renew_lease(self) -> None:
        """Note that somebody asks for the run."""
        self._asked_for = time.monotonic()

    def lease_is_over(self) -> bool:
        """Return whether nobody has asked for the run for as long as its lease says."""
        lease = self.record.lease_seconds
        return lease is not None and time.monotonic() - self._asked_for > lease

    def remove(self) -> None:
        """Remove everything of the run."""
        (self.folder / RECORD).unlink(missing_ok=True)  # a folder without it is not a run, should the rest fail
        shutil.rmtree(self.folder, ignore_errors=True)
