"""How other services' batches differ from OpenAI's: paths, purposes, windows, statuses, and the shape of a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .batch import Batch

__all__ = ["DIALECTS", "Dialect"]

CHAT = "/v1/chat/completions"
ENDPOINTS = (
    CHAT,
    "/v1/responses",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
)
DATES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


def _openai_batch(batch: Batch, _: "Dialect") -> dict[str, Any]:
    usage = batch.usage
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model,
        "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
        "input_file_id": batch.input_file_id,
        "completion_window": batch.window,
        "status": batch.status,
        "output_file_id": batch.output_file_id,
        "error_file_id": batch.error_file_id,
        "created_at": batch.created_at,
        "expires_at": batch.expires_at,
        **{f"{status}_at": batch.reached.get(status) for status in DATES},
        "request_counts": {"total": batch.total, "completed": batch.completed, "failed": batch.failed},
        "usage": {
            "input_tokens": usage["input"],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": usage["output"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage["input"] + usage["output"],
        },
        "metadata": batch.metadata,
    }


def _together_batch(batch: Batch, dialect: "Dialect") -> dict[str, Any]:
    finished = batch.reached.get("completed")
    return {
        "id": batch.id,
        "input_file_id": batch.input_file_id,
        "file_size_bytes": batch.input_size,
        "status": dialect.statuses[batch.status],
        "job_deadline": _iso(batch.expires_at),
        "created_at": _iso(batch.created_at),
        "endpoint": batch.endpoint,
        "progress": 100.0 * (batch.completed + batch.failed) / max(1, batch.total),
        "model_id": batch.model,
        "output_file_id": batch.output_file_id,
        "error_file_id": batch.error_file_id,
        "error": batch.errors[0]["message"] if batch.errors else None,
        "completed_at": _iso(finished) if finished else None,
    }


def _mistral_job(batch: Batch, dialect: "Dialect") -> dict[str, Any]:
    return {
        "id": batch.id,
        "object": "batch",
        "input_files": [batch.input_file_id],
        "metadata": batch.metadata,
        "endpoint": batch.endpoint,
        "model": batch.model,
        "output_file": batch.output_file_id,
        "error_file": batch.error_file_id,
        "errors": [{"message": error["message"], "count": 1} for error in batch.errors],
        "status": dialect.statuses[batch.status],
        "created_at": batch.created_at,
        "started_at": batch.reached.get("in_progress"),
        "completed_at": batch.reached.get(batch.status) if batch.is_final else None,
        "total_requests": batch.total,
        "completed_requests": batch.completed + batch.failed,
        "succeeded_requests": batch.completed,
        "failed_requests": batch.failed,
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Dialect:
    """What a service calls things, where OpenAI calls them otherwise.

    Attributes:
        retired: Paths of operations that it does not have.
        upload_path: Where files are uploaded.
        purpose: The purpose of an input file.
        batch_path: Where batches are.
        endpoints: Those that come in batches.
        windows: Completion windows.
        model_on_job: Whether the batch names endpoint and model, and its lines have `custom_id` and `body` only.
        statuses: Its names of OpenAI's statuses.
        shape: Makes the body of a batch.
    """

    retired: Sequence[str] = ()
    upload_path: str = "/files"
    purpose: str = "batch"
    batch_path: str = "/batches"
    endpoints: Sequence[str] = ENDPOINTS
    windows: Sequence[str] = ("24h",)
    model_on_job: bool = False
    statuses: Mapping[str, str] = field(default_factory=dict)
    shape: Callable[[Batch, "Dialect"], dict[str, Any]] = _openai_batch


DIALECTS = {
    "generic": Dialect(),
    # OpenAI answers 404 on the retired path before it looks at the key.
    "openai": Dialect(retired=("/images/variations",)),
    # The model of a line is the deployment; endpoints also go without /v1.
    "azure": Dialect(endpoints=(*ENDPOINTS, *(path.removeprefix("/v1") for path in ENDPOINTS))),
    "groq": Dialect(endpoints=(CHAT,), windows=("24h", *(f"{days}d" for days in range(1, 8)))),
    "together": Dialect(
        upload_path="/files/upload",
        purpose="batch-api",
        endpoints=(CHAT,),
        statuses={
            "validating": "VALIDATING",
            "failed": "FAILED",
            "in_progress": "IN_PROGRESS",
            "finalizing": "IN_PROGRESS",
            "completed": "COMPLETED",
            "expired": "EXPIRED",
            "cancelling": "IN_PROGRESS",
            "cancelled": "CANCELLED",
        },
        shape=_together_batch,
    ),
    "mistral": Dialect(
        batch_path="/batch/jobs",
        endpoints=(CHAT, "/v1/embeddings", "/v1/moderations"),
        model_on_job=True,
        statuses={
            "validating": "QUEUED",
            "failed": "FAILED",
            "in_progress": "RUNNING",
            "finalizing": "RUNNING",
            "completed": "SUCCESS",
            "expired": "TIMEOUT_EXCEEDED",
            "cancelling": "CANCELLATION_REQUESTED",
            "cancelled": "CANCELLED",
        },
        shape=_mistral_job,
    ),
}
