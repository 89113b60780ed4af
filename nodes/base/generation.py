"""What nodes that have a model write have in common: how it chooses its words, and what the service does beside it."""

from typing import Any, Literal

from ...port_types.fields import optional
from .node import Node
from .safety import safety_identifier_field

__all__ = ["Generation"]


class Generation(Node):
    """The fields of Create Chat Completion and Create Response that say how an answer is made."""

    temperature: float | None = optional(
        "Temperature",
        "Randomness of the answers; at 0 the likeliest words are chosen.",
        minimum=0,
        maximum=2,
        example=1.0,
    )
    top_p: float | None = optional(
        "Top-p sampling",
        "Words are chosen from the likeliest ones that together have this probability.",
        minimum=0,
        maximum=1,
        example=0.9,
        initial=1.0,
        advanced=True,
    )
    top_logprobs: int | None = optional(
        "Top log probabilities",
        "How many of the likeliest tokens to list at each position.",
        minimum=0,
        maximum=20,
        advanced=True,
        example=5,
    )
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = optional(
        "Service tier",
        "Processing tier, which decides speed and price; flex is slower, at half the price.",
        advanced=True,
    )
    prompt_cache_key: str | None = optional(
        "Prompt cache key", "Requests with the same key share the service's cache.", advanced=True
    )
    prompt_cache_options: dict[str, Any] | None = optional(
        "Prompt cache options", "JSON object that says what the service caches and for how long.", advanced=True
    )
    moderation: dict[str, Any] | None = optional(
        "Moderation", "JSON object that makes the service moderate request and answer as well.", advanced=True
    )
    metadata: dict[str, Any] | None = optional(
        "Metadata", "JSON object of up to 16 texts that the service keeps with the answer.", advanced=True
    )
    store: bool | None = optional(
        "Store the answer", "Whether the service keeps the answer for its own tools.", advanced=True
    )
    safety_identifier: str | None = safety_identifier_field()
    user: str | None = optional("End user", "An id of your end user; Safety identifier replaces it.", advanced=True)
