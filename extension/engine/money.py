"""What requests cost, by a price table that is looked up offline; a model without a price is unknown, never free."""

import importlib.util
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from ...nodes.base import Node
from ...port_types.configuration import Configuration
from ...port_types.errors import InvalidSetting

__all__ = ["CostMeter", "dollars", "price_of", "prices_installed", "require_prices", "tier_of"]

_NAMES = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "prompt_tokens_details.cached_tokens": "cache_read_tokens",
    "input_tokens_details.cached_tokens": "cache_read_tokens",
    "prompt_tokens_details.audio_tokens": "input_audio_tokens",
    "input_token_details.audio_tokens": "input_audio_tokens",
    "completion_tokens_details.audio_tokens": "output_audio_tokens",
    "input_tokens_details.image_tokens": "input_image_tokens",
    "output_tokens_details.image_tokens": "output_image_tokens",
}
"""The library's names of the tokens that services count under other names."""
_KINDS = {"input_tokens", "output_tokens", *_NAMES.values()}

SMALLEST = 0.0001
"""US dollars; less is not worth its digits."""

BATCH = "batch"
BATCH_SHARE = 0.5
"""What a batch costs of the usual price, at OpenAI and those who follow it (platform.openai.com/docs/guides/batch)."""


def prices_installed() -> bool:
    """Return whether the price table is there; it comes with ``endpoint-nodes[prices]``."""
    return importlib.util.find_spec("genai_prices") is not None


def require_prices(configuration: Configuration, node: Node) -> None:
    """Refuse a budget in money that could not be kept.

    Raises:
        InvalidSetting: there is no price table, or no price for the model that every row asks for.
    """
    if configuration.max_cost is None or configuration.is_sandbox:
        return
    if not prices_installed():
        raise InvalidSetting("`max_cost` needs a price table; install it with: pip install 'endpoint-nodes[prices]'")
    model = node.constants().get("model") if "model" not in node.columns else None
    if model and price_of(model, {"input_tokens": 1000, "output_tokens": 1000}, configuration.base_url) is None:
        raise InvalidSetting(
            f"The price of {model} is unknown, so that `max_cost` cannot be kept; use `max_total_tokens` instead."
        )


def tier_of(node: Node, configuration: Configuration) -> str:
    """Return the tier that a run asks for where it has prices of its own, "" for the usual one."""
    if configuration.delivery == BATCH:
        return BATCH
    tier = getattr(node, "service_tier", None)
    return tier if tier in ("flex", "priority") else ""


def price_of(model: str, usage: Mapping[str, int], base_url: str, tier: str = "") -> float | None:
    """Return the price of one response in US dollars, None if it is unknown.

    Args:
        model: the model that made it.
        usage: tokens by the service's own names; parts of a total as ``prompt_tokens_details.cached_tokens``.
        base_url: the service; one that is not in the table, such as a server of one's own, has no known prices.
        tier: the service tier, such as "flex" or "batch"; "" is the usual one.
    """
    tokens: Counter[str] = Counter()
    for name, number in usage.items():
        if (known := _NAMES.get(name, name)) in _KINDS:
            tokens[known] += number
    if not model or not tokens or not prices_installed():
        return None
    usual = _calculate(tokens, model, base_url, "")
    special = _calculate(tokens, model, base_url, tier) if tier else usual
    if usual is not None and tier == BATCH and special == usual:
        return usual * BATCH_SHARE
    return special


def _calculate(tokens: Mapping[str, int], model: str, base_url: str, tier: str) -> float | None:
    from genai_prices import Usage, calc_price

    context: dict[str, Any] = {"price_context": {"service_tier": tier}} if tier else {}
    try:
        found = calc_price(Usage(**tokens), model, provider_api_url=base_url, **context)
    except (LookupError, ValueError):
        return None
    # What is billed by the second or by the letter has no price for tokens.
    return float(found.total_price) or None


class CostMeter:
    """Adds up what the responses of a run cost.

    Args:
        configuration: says where requests go; the sandbox costs nothing.
        tier: the service tier of the whole run.

    Attributes:
        tier: the same.
    """

    def __init__(self, configuration: Configuration, tier: str = "") -> None:
        self._base_url, self._free, self.tier = configuration.base_url, configuration.is_sandbox, tier
        self._tokens: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._responses: Counter[str] = Counter()
        self._unpriced: set[str] = set()

    def price(self, model: str, usage: Mapping[str, int]) -> float | None:
        """Return what one response costs in US dollars, None if that is unknown."""
        if self._free:
            return 0.0
        if model in self._unpriced:
            return None
        price = price_of(model, usage, self._base_url, self.tier)
        if price is None and usage:
            self._unpriced.add(model)  # looking for it takes as long every time
        return price

    def add(self, model: str, usage: Mapping[str, int]) -> None:
        """Count a response that was paid for."""
        tokens = self._tokens[model]
        for name, number in usage.items():
            tokens[name] += number
        self._responses[model] += 1

    def by_model(self) -> dict[str, float | None]:
        """Return US dollars by model, None where the price is unknown.

        Prices that grow with the length of a request are those of the model's average response.
        """
        if self._free:
            return dict.fromkeys(self._tokens, 0.0)
        costs: dict[str, float | None] = {}
        for model, tokens in self._tokens.items():
            responses = self._responses[model]
            average = {name: round(number / responses) for name, number in tokens.items()}
            price = price_of(model, average, self._base_url, self.tier)
            costs[model] = None if price is None else price * responses
        return costs

    def unknown(self) -> list[str]:
        """Return the models whose price is unknown."""
        return [model for model, cost in self.by_model().items() if cost is None]

    def total(self) -> float | None:
        """Return US dollars, None if the price of a model is unknown."""
        costs = self.by_model()
        return None if None in costs.values() else sum(cost for cost in costs.values() if cost is not None)


def dollars(cost: float | None) -> str:
    """Return a cost as text: "$1.24", "$0.0021", "less than $0.0001", "unknown cost"."""
    if cost is None:
        return "unknown cost"
    if 0 < cost < SMALLEST:
        return f"less than ${SMALLEST:.4f}"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}" if cost < 0.01 else f"${cost:.3f}"
