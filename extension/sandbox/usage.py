"""GET /organization/costs and /organization/usage/…: made-up numbers, the same for the same bucket and group.

A period without an end is one page long, as the minutes until today would be many.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from starlette.responses import Response

from .errors import ApiError, json_response
from .operation import Call, Operation
from .paging import whole_number

__all__ = ["OPERATIONS"]

WIDTHS = {"1d": 86_400, "1h": 3600, "1m": 60}
PAGES = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)}
"""Buckets of a page, usual and at most, by their width."""
COST_PAGES = (7, 180)

WHO = {
    "project_id": ("proj_shop", "proj_search"),
    "user_id": ("user-ann", "user-bob"),
    "api_key_id": ("key_1", "key_2"),
}
MODEL = {"model": ("gpt-5.2", "gpt-image-2")}
TIER = {"batch": (False, True), "service_tier": ("default", "flex"), "api_source": ("api",)}
FILTERS = {
    "project_ids": "project_id",
    "user_ids": "user_id",
    "api_key_ids": "api_key_id",
    "models": "model",
    "line_items": "line_item",
    "batch": "batch",
    "sources": "source",
    "sizes": "size",
    "context_levels": "context_level",
    "vector_store_ids": "vector_store_id",
}
"""Filters and the groups that they choose from."""


@dataclass(frozen=True)
class Report:
    """One kind of report: what is counted, what it can be grouped by, and what only filters."""

    object: str
    counts: tuple[str, ...]
    groups: dict[str, tuple[Any, ...]]
    without: tuple[str, ...] = ()

    @property
    def parameters(self) -> set[str]:
        """Return the names that a query may have."""
        filters = {name for name, group in FILTERS.items() if group in self.groups and name not in self.without}
        return filters | {"start_time", "end_time", "bucket_width", "group_by", "limit", "page"}


TOKENS = ("input_tokens", "output_tokens", "input_cached_tokens", "input_uncached_tokens", "num_model_requests")
BY_MODEL = WHO | MODEL
PROJECTS = {"project_id": WHO["project_id"]}
REPORTS = {
    "/organization/usage/completions": Report("completions", TOKENS, BY_MODEL | TIER),
    "/organization/usage/embeddings": Report("embeddings", ("input_tokens", "num_model_requests"), BY_MODEL),
    "/organization/usage/moderations": Report("moderations", ("input_tokens", "num_model_requests"), BY_MODEL),
    "/organization/usage/images": Report(
        "images",
        ("images", "num_model_requests"),
        BY_MODEL | {"size": ("1024x1024", "512x512"), "source": ("image.generation", "image.edit")},
    ),
    "/organization/usage/audio_speeches": Report("audio_speeches", ("characters", "num_model_requests"), BY_MODEL),
    "/organization/usage/audio_transcriptions": Report(
        "audio_transcriptions", ("seconds", "num_model_requests"), BY_MODEL
    ),
    "/organization/usage/web_search_calls": Report(
        "web_searches",
        ("num_requests", "num_model_requests"),
        BY_MODEL | {"context_level": ("low", "high"), "api_source": ("api",)},
    ),
    "/organization/usage/file_search_calls": Report(
        "file_searches", ("num_requests",), WHO | {"vector_store_id": ("vs_sandbox",)}
    ),
    "/organization/usage/vector_stores": Report("vector_stores", ("usage_bytes",), PROJECTS),
    "/organization/usage/code_interpreter_sessions": Report("code_interpreter_sessions", ("num_sessions",), PROJECTS),
}
COSTS = Report(
    "costs",
    (),
    WHO | {"line_item": ("gpt-5.2, input", "gpt-5.2, output"), "api_source": ("api",)},
    without=("user_ids",),
)


def report_usage(report: Report, call: Call) -> Response:
    """Return the buckets of a period, page by page."""
    query = call.request.query_params
    if unknown := {name.removesuffix("[]") for name in query} - report.parameters:
        name = min(unknown)
        raise ApiError(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    width = query.get("bucket_width", "1d")
    if width not in WIDTHS or (report is COSTS and width != "1d"):
        raise _refusal("bucket_width", f"'{width}' is not a width of these buckets")
    usual, most = COST_PAGES if report is COSTS else PAGES[width]
    step, limit = WIDTHS[width], whole_number(call.request, "limit", usual, most)
    first = _time(call, "start_time") // step * step
    end = _time(call, "end_time") if "end_time" in query else first + step * limit
    begin = first + step * _page(query.get("page")) * limit
    starts = range(begin, end, step)
    results = partial(_results, report, call)
    data = [
        {"object": "bucket", "start_time": start, "end_time": start + step, "results": list(results(start))}
        for start in starts[:limit]
    ]
    more = len(starts) > limit
    following = f"page_{_page(query.get('page')) + 1}" if more else None
    return json_response({"object": "page", "data": data, "has_more": more, "next_page": following})


def _results(report: Report, call: Call, start: int) -> Iterator[dict[str, Any]]:
    groups = _listed(call, "group_by")
    if wrong := [name for name in groups if name not in report.groups]:
        raise _refusal("group_by", f"'{wrong[0]}' is not one of {', '.join(report.groups)}")
    chosen = {group: _listed(call, name) for name, group in FILTERS.items() if group in report.groups}
    for values in product(*(chosen.get(name) or report.groups[name] for name in groups)):
        named = dict(zip(groups, values, strict=True))
        number = zlib.crc32(f"{report.object} {start} {sorted(map(str, values))} {sorted(chosen.items())}".encode())
        result: dict[str, Any] = {"object": f"organization.{'' if report is COSTS else 'usage.'}{report.object}.result"}
        result |= dict.fromkeys(report.groups) | named
        if report is COSTS:
            by_line = "line_item" in named
            yield result | {
                "amount": {"value": number % 10_000 / 100, "currency": "usd"},
                "quantity": float(number % 5000) if by_line else None,
                "quantity_unit": "1000_tokens" if by_line else None,
            }
        else:
            yield result | {name: number // (at + 1) % 100_000 for at, name in enumerate(report.counts)}


def _listed(call: Call, name: str) -> list[str]:
    """Return the values of a list, whether its name was sent with brackets or without."""
    query = call.request.query_params
    return [*query.getlist(name), *query.getlist(f"{name}[]")]


def _time(call: Call, name: str) -> int:
    text = call.request.query_params.get(name)
    if text is None:
        raise ApiError(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    if not text.isdecimal() or len(text) > 11:
        raise _refusal(name, f"'{text}' is not a time in Unix seconds")
    return int(text)


def _page(token: str | None) -> int:
    if token is None:
        return 0
    if not token.removeprefix("page_").isdecimal():
        raise _refusal("page", f"'{token}' is not a page")
    return int(token.removeprefix("page_"))


def _refusal(name: str, problem: str) -> ApiError:
    return ApiError(f"Invalid value for '{name}': {problem}.", param=name, code="invalid_value")


OPERATIONS = (
    Operation("GET", "/organization/costs", partial(report_usage, COSTS)),
    *(Operation("GET", path, partial(report_usage, report)) for path, report in REPORTS.items()),
)
