"""Get Costs and Usage."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

from ..port_types.configuration import OPENAI, Configuration
from ..port_types.errors import InvalidInput
from .base import Node, Response, Route, optional, required, setting
from .base.usage_reports import REPORTS, UsageBuckets

_DAY_OR_TIME = r"\d{9,11}|\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_DAY_HELP = "a day such as 2026-11-01, or a time such as 2026-11-01T12:00Z"
ROUTES = {name: report.route(name) for name, report in REPORTS.items()}


class GetCostsAndUsage(Node):
    """Reads what an organization has paid and used, by day, hour or minute, and by project, user, key or model.

    The result has one row for each period and group in which there was anything. All pages are read. The key must be an
    admin key of the organization: OPENAI_ADMIN_KEY, where the Configuration names no other.
    """

    routes = tuple(ROUTES.values())
    response = UsageBuckets(REPORTS["costs"])
    openai = True
    search_terms = ("billing", "spend", "budget", "admin", "invoice", "tokens used")

    report: Literal[
        "costs",
        "completions",
        "embeddings",
        "moderations",
        "images",
        "audio_speeches",
        "audio_transcriptions",
        "web_search_calls",
        "file_search_calls",
        "vector_stores",
        "code_interpreter_sessions",
    ] = setting(
        "Report", "What to report: costs in money, or the usage of one kind of operation.", "costs", since="0.2.0"
    )
    start: str | None = required(
        "Start",
        "First day or time of the report; UTC unless it says otherwise.",
        pattern=_DAY_OR_TIME,
        pattern_help=_DAY_HELP,
        example="2026-11-01",
        since="0.2.0",
    )
    end: str | None = optional(
        "End",
        "Day or time at which the report ends, itself not included; now if it is off.",
        pattern=_DAY_OR_TIME,
        pattern_help=_DAY_HELP,
        example="2026-11-08",
        since="0.2.0",
    )
    bucket_width: Literal["1d", "1h", "1m"] | None = optional(
        "Length of a period", "A day, an hour or a minute. Costs are by day only.", since="0.2.0"
    )
    group_by: (
        list[
            Literal[
                "project_id",
                "api_key_id",
                "user_id",
                "model",
                "line_item",
                "api_source",
                "batch",
                "service_tier",
                "size",
                "source",
                "vector_store_id",
                "context_level",
            ]
        ]
        | None
    ) = optional("Group by", "What each period is divided by; the columns of these names are filled.", since="0.2.0")
    project_ids: list[str] | None = optional("Projects", "Counts only these projects.", since="0.2.0")
    user_ids: list[str] | None = optional("Users", "Counts only these users.", advanced=True, since="0.2.0")
    api_key_ids: list[str] | None = optional("API keys", "Counts only the keys with these ids.", since="0.2.0")
    models: list[str] | None = optional("Models", "Counts only these models.", since="0.2.0")
    line_items: list[str] | None = optional(
        "Line items", "Counts only these lines of the bill.", advanced=True, since="0.2.0"
    )
    batch: bool | None = optional(
        "Batches", "Counts only what was in batches (true), or only what was not (false).", advanced=True, since="0.2.0"
    )
    sources: list[Literal["image.generation", "image.edit", "image.variation"]] | None = optional(
        "Sources", "Counts only images that these operations made.", advanced=True, since="0.2.0"
    )
    sizes: list[Literal["256x256", "512x512", "1024x1024", "1792x1792", "1024x1792"]] | None = optional(
        "Sizes", "Counts only images of these sizes.", advanced=True, since="0.2.0"
    )
    context_levels: list[Literal["low", "medium", "high"]] | None = optional(
        "Context levels", "Counts only searches of the web with so much context.", advanced=True, since="0.2.0"
    )
    vector_store_ids: list[str] | None = optional(
        "Vector stores", "Counts only searches of these stores.", advanced=True, since="0.2.0"
    )
    limit: int | None = optional(
        "Periods per page",
        "How many periods one request asks for.",
        minimum=1,
        advanced=True,
        example=31,
        since="0.2.0",
    )

    @classmethod
    def label(cls) -> str:
        return "Get Costs and Usage"

    @classmethod
    def at_service(cls, configuration: Configuration) -> Configuration:
        if configuration.credential is None and configuration.base_url == OPENAI:
            return replace(configuration, credential="env:OPENAI_ADMIN_KEY")
        return configuration

    def choose_routes(self, values: Mapping[str, Any]) -> Sequence[Route]:
        return (ROUTES[self.report],)

    def result_schema(self) -> UsageBuckets:
        return self._buckets

    @cached_property
    def _buckets(self) -> UsageBuckets:
        return UsageBuckets(REPORTS[self.report])

    def payload(self, values: Mapping[str, Any], route: Route) -> dict[str, Any]:
        payload = super().payload(values, route)
        period = {f"{name}_time": _seconds(name, payload.pop(name)) for name in ("start", "end") if name in payload}
        if "end_time" in period and period["end_time"] <= period["start_time"]:
            raise InvalidInput(f"`end` is {values['end']}, which is not after `start` ({values['start']}).")
        return {**period, **payload}

    def page_limit(self) -> int | None:
        return None

    def next_page(self, values: Mapping[str, Any], response: Response) -> Mapping[str, Any] | None:
        body = response.json
        token = body.get("next_page") if isinstance(body, dict) and body.get("has_more") is True else None
        return {**values, "page": str(token)} if token else None


def _seconds(name: str, text: str) -> int:
    """Return the Unix seconds of a day or time.

    Raises:
        InvalidInput: no calendar has it.
    """
    if text.isdecimal():
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"`{name}` is {text}, which is not in the calendar; write a day as 2026-11-01.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())
