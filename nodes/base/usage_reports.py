"""Reports on what an organization has used and paid: which filters and groups each takes, and its columns.

Sources: https://platform.openai.com/docs/api-reference/usage, and OpenAI's client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...port_types.errors import BadResponse
from ...port_types.fields.values import preview
from ...port_types.table import Column, ColumnKind
from .response import Response
from .result_schema import JsonResultSchema, extract_columns, parse_object
from .route import Body, Route
from .rules import Rule, RuleCheck

__all__ = ["FILTERS", "REPORTS", "Report", "UsageBuckets"]

FILTERS = (
    *("project_ids", "user_ids", "api_key_ids", "models", "line_items", "batch", "sources", "sizes"),
    *("context_levels", "vector_store_ids"),
)
"""Fields that narrow a report; each report takes some of them."""
_LARGEST_PAGES = {"1d": 31, "1h": 168, "1m": 1440}
"""Most buckets of a page, by their width."""
_LARGEST_COST_PAGE = 180

_PERIOD = (
    Column("start_time", ColumnKind.TIME, "Start of the bucket."),
    Column("end_time", ColumnKind.TIME, "End of the bucket, which is not part of it."),
)
_PAGE = (
    Column("data", ColumnKind.JSON, "The list of buckets as the service sent it."),
    Column("has_more", ColumnKind.BOOLEAN, "Whether there are buckets beyond these."),
    Column("next_page", ColumnKind.TEXT, "The service's token for those."),
)
_GROUPS = {
    name: Column(name, kind, f"{what}; missing unless the report is grouped by it.")
    for name, kind, what in (
        ("project_id", ColumnKind.TEXT, "The project"),
        ("user_id", ColumnKind.TEXT, "The user"),
        ("api_key_id", ColumnKind.TEXT, "The API key"),
        ("model", ColumnKind.TEXT, "The model"),
        ("batch", ColumnKind.BOOLEAN, "Whether the requests were in batches"),
        ("service_tier", ColumnKind.TEXT, "The service tier"),
        ("api_source", ColumnKind.TEXT, "Where the requests came from"),
        ("line_item", ColumnKind.TEXT, "The line of the bill"),
        ("size", ColumnKind.TEXT, "The size of the images"),
        ("source", ColumnKind.TEXT, "The operation that made the images"),
        ("vector_store_id", ColumnKind.TEXT, "The vector store"),
        ("context_level", ColumnKind.TEXT, "How much context the searches took"),
    )
}


@dataclass(frozen=True)
class Report:
    """One kind of report.

    Attributes:
        path: below the base url.
        columns: what is counted.
        filters: those of `FILTERS` that it takes.
        groups: what it can be grouped by.
    """

    path: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def result_columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        return (*_PERIOD, *self.columns, *(_GROUPS[name] for name in self.groups))

    def route(self, name: str) -> Route:
        """Return the route of the report `name`, which refuses what it does not take."""
        costs = name == "costs"
        rules = (
            *(Rule(field, hint="switch it off") for field in FILTERS if field not in self.filters),
            *([Rule("bucket_width", allowed=("1d",))] if costs else ()),
            Rule("group_by", check=_check_groups(self.groups)),
            Rule("limit", check=_check_cost_page if costs else _check_page),
        )
        return Route(name, "GET", self.path, Body.QUERY, rules=rules)


def _check_groups(groups: Sequence[str]) -> RuleCheck:
    def check(value: Any, _: Mapping[str, Any]) -> str | None:
        return None if set(value) <= set(groups) else f"may hold {', '.join(groups)} only"

    return check


def _check_page(limit: Any, values: Mapping[str, Any]) -> str | None:
    most = _LARGEST_PAGES[values.get("bucket_width", "1d")]
    return None if limit <= most else f"must be at most {most} with this bucket width"


def _check_cost_page(limit: Any, _: Mapping[str, Any]) -> str | None:
    return None if limit <= _LARGEST_COST_PAGE else f"must be at most {_LARGEST_COST_PAGE}"


def _counts(*counted: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, ColumnKind.INTEGER, f"{what}.") for name, what in counted)


_REQUESTS = ("num_model_requests", "Requests to the model")
_INPUT = ("input_tokens", "Tokens that were read")
_TOKENS = _counts(
    ("input_tokens", "Tokens that were read, those from the cache included"),
    ("output_tokens", "Tokens that were written"),
    _REQUESTS,
    ("input_cached_tokens", "Tokens that were read from the cache"),
    ("input_cache_write_tokens", "Tokens that were written to the cache"),
    ("input_uncached_tokens", "Tokens that were read without the cache"),
    *(
        (f"{way}_{kind}_tokens", f"Tokens of {kind} that were {done}")
        for kind in ("text", "audio", "image")
        for way, done in (("input", "read"), ("input_cached", "read from the cache"), ("output", "written"))
    ),
)
_AMOUNT = (
    Column("amount", ColumnKind.NUMBER, "What was paid, in the currency."),
    Column("currency", ColumnKind.TEXT, "The currency of the amount, such as usd."),
    Column("quantity", ColumnKind.NUMBER, "How much the line of the bill is for, if the report is grouped by it."),
    Column("quantity_unit", ColumnKind.TEXT, "Unit of that quantity, such as tokens."),
)
_WHO = ("project_id", "user_id", "api_key_id")
_WHOSE = ("project_ids", "user_ids", "api_key_ids")


def _usage(name: str, columns: tuple[Column, ...], filters: Sequence[str] = (), groups: Sequence[str] = ()) -> Report:
    """Return a report on usage by project, user, API key and model, and by `filters` and `groups` beyond them."""
    path = f"/organization/usage/{name}"
    return Report(path, columns, (*_WHOSE, "models", *filters), (*_WHO, "model", *groups))


def _project_usage(name: str, columns: tuple[Column, ...]) -> Report:
    return Report(f"/organization/usage/{name}", columns, ("project_ids",), ("project_id",))


REPORTS = {
    "costs": Report(
        "/organization/costs",
        _AMOUNT,
        ("project_ids", "api_key_ids", "line_items"),
        (*_WHO, "line_item", "api_source"),
    ),
    "completions": _usage("completions", _TOKENS, ("batch",), ("batch", "service_tier", "api_source")),
    "embeddings": _usage("embeddings", _counts(_INPUT, _REQUESTS)),
    "moderations": _usage("moderations", _counts(_INPUT, _REQUESTS)),
    "images": _usage(
        "images", _counts(("images", "Images that were made"), _REQUESTS), ("sources", "sizes"), ("size", "source")
    ),
    "audio_speeches": _usage("audio_speeches", _counts(("characters", "Characters that were read aloud"), _REQUESTS)),
    "audio_transcriptions": _usage(
        "audio_transcriptions", _counts(("seconds", "Seconds that were transcribed"), _REQUESTS)
    ),
    "web_search_calls": _usage(
        "web_search_calls",
        _counts(("num_requests", "Searches of the web"), _REQUESTS),
        ("context_levels",),
        ("context_level", "api_source"),
    ),
    "file_search_calls": Report(
        "/organization/usage/file_search_calls",
        _counts(("num_requests", "Searches of files")),
        (*_WHOSE, "vector_store_ids"),
        (*_WHO, "vector_store_id"),
    ),
    "vector_stores": _project_usage("vector_stores", _counts(("usage_bytes", "Bytes that vector stores hold"))),
    "code_interpreter_sessions": _project_usage(
        "code_interpreter_sessions", _counts(("num_sessions", "Sessions of the code interpreter"))
    ),
}
"""The reports by name."""


class UsageBuckets(JsonResultSchema):
    """Buckets of time, with one result for each group.

    Args:
        report: what they are of.
    """

    structured_columns = _PAGE

    def __init__(self, report: Report) -> None:
        self._report = report

    def simplified(self) -> tuple[Column, ...]:
        return self._report.result_columns

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return [
            extract_columns({**bucket, **result, **_amount(result)}, self._report.result_columns)
            for bucket in _records(parse_object(response), "data")
            for result in _records(bucket, "results")
        ]


def _records(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadResponse(f"the service answered without a list of {name} ({name} is {preview(found)})")
    return found


def _amount(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the amount of a cost in columns of its own; the service has sent it as text, too."""
    amount = result.get("amount")
    if not isinstance(amount, dict):
        return {}
    value = amount.get("value")
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    return {"amount": number, "currency": amount.get("currency")}
