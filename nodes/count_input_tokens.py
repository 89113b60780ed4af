"""Count Input Tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..port_types.errors import BadResponse
from ..port_types.fields.values import preview
from .base import Column, ColumnKind, JsonResultSchema, Response, Route
from .base.prompt_node import PROMPT_IMAGES
from .base.response_input import INPUT_RULES, ResponseInput
from .base.result_schema import extract_columns, parse_object

COUNT = (Column("input_tokens", ColumnKind.INTEGER, "Tokens that the model would read."),)


class TokenCounts(JsonResultSchema):
    """How long an input is."""

    structured_columns = COUNT
    headline = ("input_tokens",)

    def simplified(self) -> tuple[Column, ...]:
        return COUNT

    def items(self, response: Response, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        body = parse_object(response)
        row = extract_columns(body, COUNT)
        if row["input_tokens"] is None:
            raise BadResponse(
                f"the service answered without a count (input_tokens is {preview(body.get('input_tokens'))})"
            )
        return [row]


class CountInputTokens(ResponseInput):
    """Counts the tokens that Create Response would send for each row, without asking a model and without cost.

    Each row of the input table is one request and gives one row. Images, tools and answer columns count as well: give
    both nodes the same fields.
    """

    routes = (
        Route("input_tokens", "POST", "/responses/input_tokens", files={"images": PROMPT_IMAGES}, rules=INPUT_RULES),
    )
    response = TokenCounts()
    search_terms = ("token count", "tokenizer", "tiktoken", "prompt length", "context window")
