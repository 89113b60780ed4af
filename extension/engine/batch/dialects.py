"""How services' batches differ from OpenAI's: paths, purposes, statuses, limits, and the shape of a batch.

Sources: the services' own documentation and clients, of August 2026.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ....nodes.base import Body, Route
from ....port_types.configuration import Configuration

__all__ = ["METADATA_KEY", "PREFIX", "VLLM", "Batch", "Dialect", "Submission", "dialect_of"]

FINAL = ("completed", "failed", "expired", "cancelled")
"""The statuses of OpenAI's in which a batch ends."""

CHAT, EMBEDDINGS, MODERATIONS = "/chat/completions", "/embeddings", "/moderations"
IMAGES = ("/images/generations", "/images/edits")

PREFIX = "/v1"
"""Of the paths that batches name, wherever the base url says that the service is."""

METADATA_KEY = "endpoint_nodes"
"""Under which a batch's metadata says which submission it is."""


@dataclass(frozen=True)
class Submission:
    """What is asked of a service in one batch.

    Attributes:
        id: names it here and in the batch's metadata.
        path: of the operation, below the base url.
        model: that of all lines.
        input_file: the service's id of the uploaded lines.
    """

    id: str
    path: str
    model: str
    input_file: str


@dataclass(frozen=True)
class Batch:
    """A batch as the service tells of it, in OpenAI's words.

    Attributes:
        output_file: id of the file of answered lines, "" for none.
        error_file: id of the file of failed lines, "" for none.
        total, done, failed: lines of the batch; those that are through, and those of them that failed.
        problems: why it failed as a whole: code, message and the line's number, from 1, of each.
    """

    id: str
    status: str
    input_file: str
    output_file: str = ""
    error_file: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    created: float = 0.0
    total: int = 0
    done: int = 0
    failed: int = 0
    problems: Sequence[tuple[str, str, int | None]] = ()

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


@dataclass(frozen=True)
class Dialect:
    """What a service calls things, and what it takes; OpenAI's where nothing else is said.

    Attributes:
        paths: operations that come in batches.
        upload_path: where files are uploaded.
        purpose: of an input file.
        batch_path: where batches are.
        model_on_job: whether the batch names the model, and its lines have `custom_id` and `body` only.
        statuses: OpenAI's statuses by its own, as far as they differ.
        most_lines, most_bytes: of an input file.
    """

    paths: Sequence[str] = (CHAT, "/responses", EMBEDDINGS, "/completions", MODERATIONS, *IMAGES)
    upload_path: str = "/files"
    purpose: str = "batch"
    batch_path: str = "/batches"
    model_on_job: bool = False
    statuses: Mapping[str, str] = field(default_factory=dict)
    most_lines: int = 50_000
    most_bytes: int = 200_000_000

    def takes(self, route: Route) -> bool:
        """Return whether requests on a route can be sent in batches."""
        has_json = route.body is Body.JSON or route.json_body is not None
        return route.method == "POST" and route.path in self.paths and has_json

    def creation(self, submission: Submission) -> dict[str, Any]:
        """Return the body that creates a batch."""
        metadata = {METADATA_KEY: submission.id}
        endpoint = PREFIX + submission.path
        if self.model_on_job:
            files = [submission.input_file]
            return {"input_files": files, "endpoint": endpoint, "model": submission.model, "metadata": metadata}
        file = submission.input_file
        return {"input_file_id": file, "endpoint": endpoint, "completion_window": "24h", "metadata": metadata}

    def read(self, body: Mapping[str, Any]) -> Batch | None:
        """Return the batch that a service describes, None if it describes none."""
        told = body.get("job", body)
        told = told if isinstance(told, Mapping) else {}
        status, number = told.get("status"), told.get("id")
        if not isinstance(status, str) or not isinstance(number, str):
            return None
        counts = told.get("request_counts") or {}
        total = int(counts.get("total") or told.get("total_requests") or 0)
        failed = int(counts.get("failed") or told.get("failed_requests") or 0)
        done = int(counts.get("completed") or told.get("succeeded_requests") or 0) + failed
        return Batch(
            id=number,
            status=self.statuses.get(status, status.lower()),
            input_file=_first(told, "input_file_id", "input_files"),
            output_file=_first(told, "output_file_id", "output_file"),
            error_file=_first(told, "error_file_id", "error_file"),
            metadata=told.get("metadata") or {},
            created=_seconds(told.get("created_at")),
            total=total,
            done=done,
            failed=failed,
            problems=list(_problems(told)),
        )


def _first(told: Mapping[str, Any], *names: str) -> str:
    value = next((told[name] for name in names if told.get(name)), "")
    return str(value[0] if isinstance(value, list) else value)


def _seconds(moment: Any) -> float:
    return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else float(moment or 0)


def _problems(told: Mapping[str, Any]) -> Sequence[tuple[str, str, int | None]]:
    errors = told.get("errors") or told.get("error") or []
    errors = errors.get("data", [errors]) if isinstance(errors, Mapping) else errors
    found: list[tuple[str, str, int | None]] = []
    for error in [errors] if isinstance(errors, str) else errors:
        details: Mapping[str, Any] = error if isinstance(error, Mapping) else {"message": error}
        line = details.get("line")
        number = line if isinstance(line, int) else None
        found.append((str(details.get("code") or ""), str(details.get("message") or ""), number))
    return found


OPENAI = Dialect()
VLLM = Dialect(paths=(CHAT, EMBEDDINGS), most_lines=1_000_000, most_bytes=10_000_000_000)
"""Files for ``vllm run-batch``."""
_DIALECTS = {
    "openai": OPENAI,
    "azure": OPENAI,  # the model of a line is the deployment
    "groq": Dialect(paths=(CHAT,)),
    "together": Dialect(paths=(CHAT,), upload_path="/files/upload", purpose="batch-api", most_bytes=100_000_000),
    "mistral": Dialect(
        paths=(CHAT, EMBEDDINGS, MODERATIONS),
        batch_path="/batch/jobs",
        model_on_job=True,
        statuses={
            "QUEUED": "validating",
            "RUNNING": "in_progress",
            "SUCCESS": "completed",
            "TIMEOUT_EXCEEDED": "expired",
            "CANCELLATION_REQUESTED": "cancelling",
        },
    ),
}
_HOSTS = {"openai.azure.com": "azure", "groq.com": "groq", "together.xyz": "together", "mistral.ai": "mistral"}


def dialect_of(configuration: Configuration) -> Dialect:
    """Return how the service of a Configuration speaks of batches: as it says, or else its base url."""
    if configuration.delivery == "batch-file":
        return VLLM
    place = urlsplit(configuration.base_url)
    named: str | None = configuration.batch_service
    if not named and configuration.is_sandbox:
        named = parse_qs(place.query).get("like", [""])[0]
    host = place.hostname or ""
    found = named or next((name for end, name in _HOSTS.items() if host == end or host.endswith(f".{end}")), "openai")
    return _DIALECTS.get(found, OPENAI)
