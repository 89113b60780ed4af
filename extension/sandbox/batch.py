"""One batch: what was asked for, where it stands, and what it came to."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["FINAL", "Batch"]

FINAL = ("completed", "failed", "expired", "cancelled")


@dataclass
class Batch:
    """A batch, whatever the service calls it.

    Attributes:
        model: Named by the job or by its lines; None until known.
        window: The completion window as it was asked for, such as `24h`.
        expires_at: Unix seconds.
        output_lifetime: Seconds until output and error file expire.
        fault: The pitfall it runs into, or nothing.
        status: In OpenAI's words.
        reached: Unix seconds at which each status began.
        errors: Why it failed, each with code, message, param and line.
        tokens: Input tokens it holds in the queue, counted once the input is read.
        usage: Sums of the input and output tokens of its answers.
    """

    id: str
    endpoint: str
    input_file_id: str
    input_size: int
    model: str | None
    window: str
    metadata: dict[str, str] | None
    created_at: int
    expires_at: int
    output_lifetime: int
    fault: str = ""
    status: str = "validating"
    reached: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    total: int = 0
    completed: int = 0
    failed: int = 0
    usage: dict[str, int] = field(default_factory=lambda: {"input": 0, "output": 0})
    output_file_id: str | None = None
    error_file_id: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL

    def fail(self, problems: list[dict[str, Any]], now: float) -> None:
        """End as failed."""
        self.errors = problems
        self.enter("failed", now)

    def enter(self, status: str, now: float) -> None:
        """Begin a status."""
        self.status = status
        self.reached[status] = int(now)
