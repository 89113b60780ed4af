"""What travels between the service and its clients, and what a run leaves on the disk, as JSON."""

import datetime as dt
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

__all__ = [
    "Choices",
    "ColumnFacts",
    "Names",
    "Problem",
    "RunRecord",
    "RunRequest",
    "RunStatus",
    "Runs",
    "State",
    "Upload",
]

State = Literal["queued", "running", "done", "failed", "cancelled"]


class RunRequest(Struct, forbid_unknown_fields=True):
    """What a client asks for: a node with its settings, where to send, and on which rows."""

    node: Annotated[str, Meta(description="Id of the node, as GET /nodes lists it.")]
    settings: Annotated[dict[str, Any], Meta(description="The node's fields by name.")] = field(default_factory=dict)
    configuration: Annotated[
        str, Meta(description="Name of a Configuration of the service, as GET /configurations lists them.")
    ] = ""
    rows: Annotated[
        list[dict[str, Any]] | None, Meta(description="The input table; none asks for a single request.")
    ] = None
    lease_seconds: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="The run is cancelled if nobody asks for it for so long; null lets it run."),
    ] = None
    own_files: Annotated[
        list[str], Meta(description="Uploaded files that only this run uses; they are deleted when it ends.")
    ] = field(default_factory=list)


class ColumnFacts(Struct):
    """A column of a result."""

    name: str
    kind: Annotated[str, Meta(description="As GET /nodes/{name} says it; input for a column of the input.")]


class RunStatus(Struct):
    """How far a run is and what it came to."""

    id: str
    node: str
    configuration: str
    state: State
    total: Annotated[int | None, Meta(description="Input rows; null where they are not counted yet.")]
    done: int
    failed: int
    error: Annotated[str | None, Meta(description="Why the run ended early, in a sentence.")]
    warnings: list[str]
    summary: Annotated[dict[str, Any] | None, Meta(description="Rows, requests, tokens and money, once it has ended.")]
    columns: list[ColumnFacts]
    created: dt.datetime
    ended: dt.datetime | None
    events: Annotated[str, Meta(description="Address of the progress as server-sent events.")]
    results: Annotated[str | None, Meta(description="Address of the results, once they are there.")]
    cancel: Annotated[str, Meta(description="Address that cancels the run without a token; keep it secret.")]


class RunRecord(Struct):
    """What is on the disk of a run, beside its rows and results."""

    id: str
    owner: str
    node: str
    settings: dict[str, Any]
    configuration: str
    created: dt.datetime
    cancel_key: str
    source: str | None
    lease_seconds: float | None
    total: int | None
    columns: list[ColumnFacts]
    own_files: list[str]
    state: State = "queued"
    done: int = 0
    failed: int = 0
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    summary: dict[str, Any] | None = None
    ended: dt.datetime | None = None
    has_results: bool = False


class Runs(Struct):
    """The runs of a token."""

    runs: list[RunStatus]


class Upload(Struct):
    """A file that was uploaded."""

    name: str
    bytes: int


class Names(Struct):
    """Names of Configurations."""

    names: list[str]


class Choices(Struct):
    """What a field can be, as far as it is known."""

    choices: list[Any]


class Problem(Struct):
    """Why something was not done."""

    error: Annotated[str, Meta(description="A sentence for the user.")]
